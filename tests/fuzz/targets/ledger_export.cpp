// SPDX-License-Identifier: Apache-2.0
// An export of the ledger, as a stranger verifies it offline: nothing verifies but what was exported.
#include "common/evidence/throttle_audit.hpp"
#include "common/evidence/verify.hpp"
#include "tests/fakes/trust_fixture.hpp"
#include "tests/fuzz/fuzz.hpp"

namespace signalbox::fuzz {

void one(std::string_view input) {
    static const trust::TrustFile trust = fakes::TrustFixture{}.file;
    evidence::ThrottleAudit audit;
    std::uint64_t entries = 0;
    const evidence::Report report =
        evidence::verify_export(evidence::lines_of(input), trust, [&](const evidence::Entry& entry) {
            ++entries;
            const auto line = evidence::parse_line(evidence::to_line(entry));
            require(line && std::get<evidence::Entry>(*line).envelope == entry.envelope,
                    "a line is read back the same");
            static_cast<void>(audit.add(entry.index, entry.envelope));
        });
    static_cast<void>(audit.report());
    require(report.ok == report.what.empty(), "a report that is not ok says what is wrong");
    require(report.size <= entries, "what counts was read");
    if (report.ok) require(report.checkpoint && report.checkpoint->size == report.size, "sizes agree");
    // The vector's two entries are all that these keys ever signed a checkpoint of.
    if (report.ok) require(report.size == 2, "nothing else verifies");
}

}  // namespace signalbox::fuzz
