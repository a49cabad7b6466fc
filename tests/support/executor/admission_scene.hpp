// SPDX-License-Identifier: Apache-2.0
// One host and one approved command, for the admission's tests.
#pragma once

#include "agent/executor/admission/admission.hpp"
#include "tests/support/executor/deployment_fixture.hpp"

namespace signalbox::admission {

struct Scene : support::DeploymentFixture {
    std::string action = add_step(
        "production/web-1/run",
        {{"kind", "command.run"}, {"service", "web"}, {"deadline_s", 60}, {"argv", {"/bin/echo", "a", "b"}}},
        {}, 3);
    std::string step = "production/web-1/run";

    [[nodiscard]] Host host() const {
        return {trust.file, ClusterId{"demo"}, agent, "production", host_name, record_key.id(), nonce, {}};
    }
    [[nodiscard]] Verdict<Verified> present(const std::string& token_text, const std::string& action_bytes,
                                            const std::string& approval_dsse) const {
        return verify(host(), {token_text, action_bytes, approval_dsse, 0}, now);
    }
    [[nodiscard]] Verdict<Verified> present(const std::string& token_text) const {
        return present(token_text, action, approval_text());
    }
    [[nodiscard]] Verdict<Verified> present_claims(const std::function<void(token::Claims&)>& change) const {
        return present(token(step, 1, change));
    }
};

// "R_…", or "admitted".
inline std::string answer(const Verdict<Verified>& verdict) {
    const auto* no = std::get_if<Refusal>(&verdict);
    return no == nullptr ? "admitted" : std::string(name_of(no->code));
}
inline std::string answer(const std::optional<Refusal>& refusal) {
    return refusal ? std::string(name_of(refusal->code)) : "admitted";
}

}  // namespace signalbox::admission
