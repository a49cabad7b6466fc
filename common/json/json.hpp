// SPDX-License-Identifier: Apache-2.0
// Strict JSON for everything that is signed, stored or received: duplicate keys, unknown keys, floats, deep
// nesting, over-long input and bad UTF-8 are refused (RFC 8259 leaves them open). Pure.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/result.hpp"

namespace signalbox::json {

// Object keys are kept sorted by their bytes.
using Json = nlohmann::json;

struct Limits {
    std::size_t max_bytes = 1 << 20;
    std::size_t max_depth = 32;
    bool allow_floats = false;
};

// Errors: invalid_argument (says which rule and the byte offset), resource_exhausted (too large).
[[nodiscard]] Result<Json> parse(std::string_view text, const Limits& limits = {});

// The canonical text of a value: keys sorted, no white space, integers only, UTF-8 as it is (RFC 8785 for
// documents whose keys are ASCII and whose numbers are integers, which all of ours are). Bytes that are not
// UTF-8 become U+FFFD, so it cannot fail.
[[nodiscard]] std::string canonical(const Json& value);

// Reads one object member by member; finish() refuses members that nobody asked for.
// Errors: invalid_argument, naming the path of the member ("$.steps[2].agent_id"). The Json must outlive the
// reader.
class ObjectReader {
  public:
    [[nodiscard]] static Result<ObjectReader> open(const Json& value, std::string path = "$");

    [[nodiscard]] Result<std::string> string(std::string_view key);
    [[nodiscard]] Result<std::int64_t> integer(std::string_view key);
    [[nodiscard]] Result<bool> boolean(std::string_view key);
    [[nodiscard]] Result<std::vector<std::string>> strings(std::string_view key);
    // A member of any type; `raw` when it must be there, `optional` (nullptr) when it may be absent.
    [[nodiscard]] Result<const Json*> raw(std::string_view key);
    [[nodiscard]] const Json* optional(std::string_view key);
    [[nodiscard]] Result<ObjectReader> object(std::string_view key);
    // The elements of an array member; `path_of(key, i)` names them in errors.
    [[nodiscard]] Result<const Json::array_t*> array(std::string_view key);

    [[nodiscard]] std::string path_of(std::string_view key) const;
    [[nodiscard]] std::string path_of(std::string_view key, std::size_t index) const;
    [[nodiscard]] const std::string& path() const { return path_; }

    // Errors: invalid_argument, naming the first member that was never asked for.
    [[nodiscard]] Status finish() const;

  private:
    ObjectReader(const Json& value, std::string path) : value_(&value), path_(std::move(path)) {}
    const Json* value_;
    std::string path_;
    std::vector<std::string> seen_;
};

}  // namespace signalbox::json
