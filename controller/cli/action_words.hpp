// SPDX-License-Identifier: Apache-2.0
// What an action does to a host, in words, from its exact bytes. Pure.
#pragma once

#include <string>

#include "common/base/result.hpp"
#include "common/json/json.hpp"

namespace signalbox::cli {

// Whoever signs sees whole digests; who only looks at a plan, their beginnings.
enum class Digests { shortened, whole };

// Every member of the action, in words that no other action has: "run systemctl restart payments; as root;
// …". Texts that are not plain ASCII words are quoted and escaped as in JSON, so that none can pass for
// something else. Errors: refused (a kind or a member that this program has no words for, named),
// invalid_argument.
[[nodiscard]] Result<std::string> describe_action(const json::Json& action, Digests digests);

}  // namespace signalbox::cli
