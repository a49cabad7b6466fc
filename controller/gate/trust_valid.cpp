// SPDX-License-Identifier: Apache-2.0
// A trust file is in force and has not expired: otherwise every host refuses.
#include <fmt/format.h>

#include "controller/gate/gates.hpp"

namespace signalbox::gate {
namespace {

class TrustValid final : public Gate {
  public:
    std::string_view name() const override { return "trust_valid"; }
    Judgement judge(const Inputs& in, Instant now) const override {
        if (in.trust == nullptr) {
            return {sequence::GateOutcome::block,
                    "no trust file is in force",
                    "Publish one: signalbox trust publish",
                    {{"version", 0}}};
        }
        const json::Json looked_at{{"version", in.trust->version},
                                   {"expires", to_rfc3339(in.trust->expires)}};
        if (now >= in.trust->expires) {
            return {sequence::GateOutcome::block,
                    fmt::format("trust file version {} expired at {}", in.trust->version,
                                to_rfc3339(in.trust->expires)),
                    "Have the root key holders sign the next version, and publish it", looked_at};
        }
        return {sequence::GateOutcome::pass,
                fmt::format("version {} is valid until {}", in.trust->version, to_rfc3339(in.trust->expires)),
                "", looked_at};
    }
};

}  // namespace

std::unique_ptr<Gate> trust_valid_gate() {
    return std::make_unique<TrustValid>();
}

}  // namespace signalbox::gate
