// SPDX-License-Identifier: Apache-2.0
// What a log line may contain: one line, no control or direction-changing character, no secret of ours. Pure.
#pragma once

#include <string>
#include <string_view>

namespace signalbox::telemetry {

// The inside of a JSON string: quotes, backslashes, control characters (C0, DEL, C1) and Unicode's
// bidirectional controls escaped, bytes that are not UTF-8 replaced by U+FFFD.
[[nodiscard]] std::string escape(std::string_view text);

// With everything that has the shape of a secret of ours (private keys, join lines, API keys, deployment
// tokens, password of a URL) replaced by "[redacted]".
[[nodiscard]] std::string redact(std::string_view text);

// True when a field of this name is never shown ("password", "api_key", "join_secret").
[[nodiscard]] bool is_secret_name(std::string_view key);

}  // namespace signalbox::telemetry
