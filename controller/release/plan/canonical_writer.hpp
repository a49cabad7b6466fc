// SPDX-License-Identifier: Apache-2.0
// Writes canonical JSON (json::canonical's bytes) without building a document first: a plan of thousands of
// hosts has a million members. The caller names the members of an object in the order of their bytes.
#pragma once

#include <concepts>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace signalbox::plan {

class CanonicalWriter {
  public:
    void begin_object() { open('{'); }
    void end_object() { close('}'); }
    void begin_array() { open('['); }
    void end_array() { close(']'); }

    void key(std::string_view name);
    void value(std::string_view text);
    void value(const char* text) { value(std::string_view(text)); }
    void value(bool flag) { raw(flag ? "true" : "false"); }
    void value(std::integral auto number) { raw(std::to_string(number)); }
    // Ids.
    void value(const auto& id) requires requires { id.str(); }
    { value(std::string_view(id.str())); }
    template <class T>
    void value(const std::vector<T>& values) {
        begin_array();
        for (const auto& one : values) value(one);
        end_array();
    }
    template <class T>
    void value(const std::map<std::string, T>& members) {
        begin_object();
        for (const auto& [name, one] : members) member(name, one);
        end_object();
    }
    void member(std::string_view name, const auto& one) {
        key(name);
        value(one);
    }
    // Canonical JSON as it is.
    void raw(std::string_view json);

    [[nodiscard]] std::string take() && { return std::move(out_); }

  private:
    void open(char bracket);
    void close(char bracket);
    void separate();
    void text(std::string_view text);

    std::string out_;
    bool first_ = true;  // nothing stands before in this object or array, or a key does
};

}  // namespace signalbox::plan
