// SPDX-License-Identifier: Apache-2.0
// Domain values as columns and back. What cannot be read back is data_loss, never a default.
#pragma once

#include <map>
#include <optional>
#include <string>

#include "common/base/time.hpp"
#include "common/crypto/digest.hpp"
#include "common/sqlite/statement.hpp"

namespace signalbox::storage {

[[nodiscard]] std::int64_t to_column(Instant instant);
[[nodiscard]] std::optional<std::int64_t> to_column(const std::optional<Instant>& instant);
[[nodiscard]] Instant instant_at(const sqlite::Row& row, int column);
[[nodiscard]] std::optional<Instant> optional_instant_at(const sqlite::Row& row, int column);

// Errors: data_loss.
[[nodiscard]] Result<crypto::Digest> digest_at(const sqlite::Row& row, int column, std::string_view what);

[[nodiscard]] std::string to_column(const std::map<std::string, std::string>& labels);
[[nodiscard]] Result<std::map<std::string, std::string>> labels_at(const sqlite::Row& row, int column);

// An error of reading a stored value, as data_loss that names the row.
[[nodiscard]] Error damaged(std::string_view what, const Error& why);

}  // namespace signalbox::storage
