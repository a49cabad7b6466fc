// SPDX-License-Identifier: Apache-2.0
// Trust files: as payload, as first file and as update. What parses is read back the same, and nothing is
// taken but what the roots signed.
#include "common/trust/trust_file.hpp"

#include "tests/fakes/trust_fixture.hpp"
#include "tests/fuzz/fuzz.hpp"

namespace signalbox::fuzz {
namespace {

struct Golden {
    fakes::TrustFixture cluster;
    std::string first = trust::serialize(cluster.file);
    std::string second = make_second();

  private:
    [[nodiscard]] std::string make_second() const {
        trust::TrustFile next = cluster.file;
        next.version = 2;
        return trust::serialize(next);
    }
};

void payload_reads_back(std::string_view text) {
    const auto file = trust::parse_payload(text);
    if (!file) return;
    const std::string canonical = trust::serialize(*file);
    const auto again = trust::parse_payload(canonical);
    require(again && trust::serialize(*again) == canonical, "a trust file that parses is read back the same");
    for (const auto& [name, role] : file->roles) {
        for (const auto& id : role.keyids) {
            require(file->key_in_role(name, id) != nullptr, "every role's key is listed");
        }
    }
}

}  // namespace

void one(std::string_view input) {
    static const Golden golden;
    const std::string_view text = text_of(input);
    payload_reads_back(text);
    const auto envelope = dsse::parse(text, trust::kMaxTrustBytes);
    if (envelope) payload_reads_back(envelope->payload);
    if (trust::verify_initial(text)) {
        require(envelope && (envelope->payload == golden.first || envelope->payload == golden.second),
                "no first trust file is taken but one that its roots signed");
    }
    if (trust::verify_update(golden.cluster.file, text)) {
        require(envelope && envelope->payload == golden.second,
                "no update is taken but the one that the roots signed");
    }
}

}  // namespace signalbox::fuzz
