// SPDX-License-Identifier: Apache-2.0
// Reads the members of one YAML map and collects every problem instead of stopping at the first. finish()
// reports members that nobody asked for. Pure.
#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "controller/estate/document.hpp"
#include "controller/estate/model.hpp"

namespace signalbox::estate {

// The node and the problems must outlive it. A member that is missing or wrong is reported and its default
// kept.
class Fields {
  public:
    // `what` names the map in messages: "the service", "hosts.web". A node that is no map is reported.
    Fields(const Node& node, std::string what, Problems& problems);

    // nullptr when absent or empty.
    [[nodiscard]] const Node* optional(std::string_view key);
    // The same, but absence is reported.
    const Node* required(std::string_view key, std::string_view remedy = {});

    [[nodiscard]] Located<std::string> text(std::string_view key);  // required
    [[nodiscard]] Located<std::string> optional_text(std::string_view key);
    // One of a fixed set of words; the first is returned when it is wrong.
    [[nodiscard]] std::string choice(std::string_view key, const std::vector<std::string>& words);
    // The same, but it may be absent: then the first.
    [[nodiscard]] std::string optional_choice(std::string_view key, const std::vector<std::string>& words);
    [[nodiscard]] int integer(std::string_view key, int otherwise, int minimum, int maximum);
    // "25%", from 1 to 100.
    [[nodiscard]] std::optional<Share> percent(std::string_view key);
    // "3" or "25%", from 1.
    [[nodiscard]] std::optional<Share> share(std::string_view key, int maximum);
    [[nodiscard]] bool boolean(std::string_view key, bool otherwise);
    [[nodiscard]] std::chrono::milliseconds duration(std::string_view key,
                                                     std::chrono::milliseconds otherwise,
                                                     std::chrono::milliseconds minimum,
                                                     std::chrono::milliseconds maximum);
    // The same, rounded up to whole seconds.
    [[nodiscard]] Seconds seconds(std::string_view key, Seconds otherwise, Seconds minimum, Seconds maximum);
    // A list of texts; a problem for an element that is none.
    [[nodiscard]] std::vector<Located<std::string>> texts(std::string_view key);
    [[nodiscard]] std::map<std::string, std::string> text_map(std::string_view key);
    [[nodiscard]] Argv argv(std::string_view key);

    void problem(const Position& at, std::string message, std::string remedy, bool warning = false);
    [[nodiscard]] const Position& at() const { return node_.at; }
    [[nodiscard]] const std::string& what() const { return what_; }
    [[nodiscard]] Problems& problems() { return problems_; }
    // Reports the members that were never asked for, with the nearest known one.
    void finish();

  private:
    [[nodiscard]] const Entry* find(std::string_view key);
    [[nodiscard]] bool known_word(const Located<std::string>& found, std::string_view key,
                                  const std::vector<std::string>& words);
    [[nodiscard]] Located<std::string> scalar(const Node& node, std::string_view key);

    const Node& node_;
    std::string what_;
    Problems& problems_;
    std::vector<std::string> known_;
};

}  // namespace signalbox::estate
