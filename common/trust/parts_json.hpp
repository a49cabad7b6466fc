// SPDX-License-Identifier: Apache-2.0
// Members that several of the documents that people sign have, read strictly. Pure. Errors: invalid_argument,
// naming the member.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "common/json/json.hpp"
#include "common/trust/approval.hpp"

namespace signalbox::trust::parts {

[[nodiscard]] Error wrong(std::string what);
// A text that is not empty.
[[nodiscard]] Result<std::string> filled(json::ObjectReader& reader, std::string_view key);
[[nodiscard]] Result<crypto::Digest> digest(json::ObjectReader& reader, std::string_view key);
[[nodiscard]] Result<Instant> instant(json::ObjectReader& reader, std::string_view key);
// Empty, or a key-id.
[[nodiscard]] Result<crypto::KeyId> optional_key_id(json::ObjectReader& reader, std::string_view key);
[[nodiscard]] Result<std::int64_t> in_range(json::ObjectReader& reader, std::string_view key,
                                            std::int64_t least, std::int64_t most);
[[nodiscard]] Result<std::string> overrun(json::ObjectReader& reader, std::string_view key);
// One reading for everybody: what is closed is given once, in the order of time, and lies in the window.
[[nodiscard]] Result<std::vector<ClosedTime>> closed(json::ObjectReader& reader, std::string_view key,
                                                     Instant not_before, Instant not_after);
[[nodiscard]] json::Json to_json(const std::vector<ClosedTime>& closed);

}  // namespace signalbox::trust::parts
