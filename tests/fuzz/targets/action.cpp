// SPDX-License-Identifier: Apache-2.0
// Action bytes, as the executor reads them before it does anything.
#include "agent/executor/actions/schema/action.hpp"

#include "common/json/json.hpp"
#include "tests/fuzz/fuzz.hpp"

namespace signalbox::fuzz {

void one(std::string_view input) {
    const std::string_view text = text_of(input);
    const auto action = actions::parse(text);
    if (!action) {
        require(!action.error().message().empty(), "a refusal says why");
        return;
    }
    require(action->deadline.count() >= 1, "every action has a deadline");
    const auto same = actions::parse(json::canonical(json::parse(text).value()));
    require(same && same->kind == action->kind && same->body.index() == action->body.index(),
            "an action means the same however it is written");
}

}  // namespace signalbox::fuzz
