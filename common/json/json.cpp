// SPDX-License-Identifier: Apache-2.0
#include "common/json/json.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

namespace signalbox::json {
namespace {

// Builds the value while refusing what plain JSON parsers let pass.
class StrictBuilder final : public nlohmann::json_sax<Json> {
  public:
    explicit StrictBuilder(const Limits& limits) : limits_(limits) {}

    bool null() override { return put(nullptr); }
    bool boolean(bool value) override { return put(value); }
    bool number_integer(number_integer_t value) override { return put(value); }
    bool number_unsigned(number_unsigned_t value) override { return put(value); }
    bool number_float(number_float_t value, const string_t& text) override {
        if (!limits_.allow_floats)
            return refuse(fmt::format("number '{:.40}' is not an integer in range", text));
        return put(value);
    }
    bool string(string_t& value) override { return put(std::move(value)); }
    bool binary(binary_t&) override { return refuse("binary value"); }
    bool start_object(std::size_t) override { return open(Json::object()); }
    bool start_array(std::size_t) override { return open(Json::array()); }
    bool end_object() override { return close(); }
    bool end_array() override { return close(); }
    bool key(string_t& name) override {
        if (stack_.back()->contains(name)) return refuse(fmt::format("duplicate key '{:.60}'", name));
        key_ = std::move(name);
        return true;
    }
    bool parse_error(std::size_t offset, const std::string&,
                     const nlohmann::detail::exception& error) override {
        // The library's text is "[json.exception.parse_error.101] parse error at …: what": keep the what.
        const std::string_view what = error.what();
        const auto at = what.rfind("; ");
        return refuse(
            fmt::format("not valid JSON at byte {}{}", offset,
                        at == std::string_view::npos ? "" : fmt::format(" ({})", what.substr(at + 2))));
    }

    Json result;
    std::string problem;

  private:
    bool refuse(std::string why) {
        problem = std::move(why);
        return false;
    }
    Json* place(Json value) {
        if (stack_.empty()) {
            result = std::move(value);
            return &result;
        }
        Json& parent = *stack_.back();
        if (parent.is_array()) {
            parent.push_back(std::move(value));
            return &parent.back();
        }
        Json& member = parent[key_];
        member = std::move(value);
        return &member;
    }
    bool put(Json value) {
        place(std::move(value));
        return true;
    }
    bool open(Json container) {
        if (stack_.size() >= limits_.max_depth)
            return refuse(fmt::format("nested deeper than {}", limits_.max_depth));
        stack_.push_back(place(std::move(container)));
        return true;
    }
    bool close() {
        stack_.pop_back();
        return true;
    }

    const Limits& limits_;
    std::vector<Json*> stack_;
    std::string key_;
};

Error wrong(const std::string& path, std::string_view expected) {
    return {Code::invalid_argument, fmt::format("{} must be {}", path, expected)};
}

}  // namespace

Result<Json> parse(std::string_view text, const Limits& limits) {
    if (text.size() > limits.max_bytes) {
        return Error{Code::resource_exhausted, fmt::format("JSON of {} bytes is larger than the {} allowed",
                                                           text.size(), limits.max_bytes)};
    }
    StrictBuilder builder(limits);
    if (!Json::sax_parse(text.begin(), text.end(), &builder)) {
        return Error{Code::invalid_argument, builder.problem.empty() ? "not valid JSON" : builder.problem};
    }
    return std::move(builder.result);
}

std::string canonical(const Json& value) {
    // Text that is not UTF-8 gets the replacement character: output of a process may end up in a value.
    return value.dump(-1, ' ', false, Json::error_handler_t::replace);
}

Result<ObjectReader> ObjectReader::open(const Json& value, std::string path) {
    if (!value.is_object()) return wrong(path, "an object");
    return ObjectReader(value, std::move(path));
}

Result<const Json*> ObjectReader::raw(std::string_view key) {
    const Json* member = optional(key);
    if (member == nullptr) return Error{Code::invalid_argument, path_of(key) + " is missing"};
    return member;
}

const Json* ObjectReader::optional(std::string_view key) {
    seen_.emplace_back(key);
    const auto it = value_->find(std::string(key));
    return it == value_->end() ? nullptr : &*it;
}

Result<std::string> ObjectReader::string(std::string_view key) {
    SB_TRY(const Json* member, raw(key));
    if (!member->is_string()) return wrong(path_of(key), "a string");
    return member->get<std::string>();
}

Result<std::int64_t> ObjectReader::integer(std::string_view key) {
    SB_TRY(const Json* member, raw(key));
    const bool fits = member->is_number_integer() &&
                      !(member->is_number_unsigned() && member->get<std::uint64_t>() > INT64_MAX);
    if (!fits) return wrong(path_of(key), "an integer");
    return member->get<std::int64_t>();
}

Result<bool> ObjectReader::boolean(std::string_view key) {
    SB_TRY(const Json* member, raw(key));
    if (!member->is_boolean()) return wrong(path_of(key), "true or false");
    return member->get<bool>();
}

Result<std::vector<std::string>> ObjectReader::strings(std::string_view key) {
    SB_TRY(const Json::array_t* elements, array(key));
    std::vector<std::string> out;
    for (std::size_t i = 0; i < elements->size(); ++i) {
        if (!(*elements)[i].is_string()) return wrong(path_of(key, i), "a string");
        out.push_back((*elements)[i].get<std::string>());
    }
    return out;
}

Result<ObjectReader> ObjectReader::object(std::string_view key) {
    SB_TRY(const Json* member, raw(key));
    return open(*member, path_of(key));
}

Result<const Json::array_t*> ObjectReader::array(std::string_view key) {
    SB_TRY(const Json* member, raw(key));
    if (!member->is_array()) return wrong(path_of(key), "an array");
    return member->get_ptr<const Json::array_t*>();
}

std::string ObjectReader::path_of(std::string_view key) const {
    return fmt::format("{}.{}", path_, key);
}
std::string ObjectReader::path_of(std::string_view key, std::size_t index) const {
    return fmt::format("{}.{}[{}]", path_, key, index);
}

Status ObjectReader::finish() const {
    for (const auto& [key, member] : value_->items()) {
        if (std::find(seen_.begin(), seen_.end(), key) == seen_.end()) {
            return Error{Code::invalid_argument, fmt::format("{} is not known here", path_of(key))};
        }
    }
    return {};
}

}  // namespace signalbox::json
