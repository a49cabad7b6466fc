// SPDX-License-Identifier: Apache-2.0
// Parts of reading a plan back. Strict, because a stored plan is what approvals were signed over. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "common/json/json.hpp"
#include "controller/release/plan/plan.hpp"

namespace signalbox::plan {

inline constexpr int kMostOfAnything = 1'000'000'000;

[[nodiscard]] Error wrong(const std::string& path, std::string_view what);
[[nodiscard]] Result<crypto::Digest> read_digest(json::ObjectReader& reader, std::string_view key);
[[nodiscard]] Result<int> read_number(json::ObjectReader& reader, std::string_view key, int minimum,
                                      int maximum = kMostOfAnything);
[[nodiscard]] Result<std::chrono::seconds> read_seconds(json::ObjectReader& reader, std::string_view key,
                                                        int minimum);
// Any of the plan's enumerations, by its own parse function.
template <class Enum>
[[nodiscard]] Result<Enum> read_word(json::ObjectReader& reader, std::string_view key,
                                     Result<Enum> (*parse)(std::string_view)) {
    SB_TRY(const std::string text, reader.string(key));
    return parse(text).with_context(reader.path_of(key));
}
// The elements of the array `key`, each by `parse(value, path)`.
template <class T>
[[nodiscard]] Result<std::vector<T>> read_list(json::ObjectReader& reader, std::string_view key,
                                               Result<T> (*parse)(const json::Json&, std::string)) {
    SB_TRY(const json::Json::array_t* values, reader.array(key));
    std::vector<T> out;
    out.reserve(values->size());
    for (std::size_t i = 0; i < values->size(); ++i) {
        SB_TRY(auto one, parse((*values)[i], reader.path_of(key, i)));
        out.push_back(std::move(one));
    }
    return out;
}

[[nodiscard]] Result<ArtifactRef> parse_artifact(const json::Json& value, std::string path);
[[nodiscard]] Result<PlanBreaker> read_breaker(json::ObjectReader& reader);

// `steps`, `joins`, `undo` and `undo_joins` of an environment, with every edge checked.
[[nodiscard]] Status read_steps(json::ObjectReader& reader, PlanEnvironment& out);
// `caps`, `breaker` and `calendar` of an environment.
[[nodiscard]] Status read_limits(json::ObjectReader& reader, PlanEnvironment& out);

}  // namespace signalbox::plan
