// SPDX-License-Identifier: Apache-2.0
#include "controller/estate/fields.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>

#include "common/base/time.hpp"
#include "controller/estate/suggest.hpp"

namespace signalbox::estate {

using std::chrono::milliseconds;

namespace {

std::optional<int> whole_number(std::string_view digits) {
    int value = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
    if (error != std::errc{} || end != digits.data() + digits.size() || digits.empty()) return std::nullopt;
    return value;
}

// `maximum` 0: a percentage only.
std::optional<Share> parse_share(const Node& node, int maximum) {
    std::string_view text = node.scalar;
    const bool percent = text.ends_with('%');
    if (percent) text.remove_suffix(1);
    const auto number = whole_number(text);
    if (node.kind != Node::Kind::scalar || !number || *number < 1) return std::nullopt;
    if (*number > (percent ? 100 : maximum)) return std::nullopt;
    return Share{*number, percent, node.at};
}

}  // namespace

Fields::Fields(const Node& node, std::string what, Problems& problems)
    : node_(node), what_(std::move(what)), problems_(problems) {
    if (node_.kind != Node::Kind::map) {
        problem(node_.at, fmt::format("{} must be a map, not {}", what_, to_string(node_.kind)),
                "Write it as 'key: value' lines");
    }
}

void Fields::problem(const Position& at, std::string message, std::string remedy, bool warning) {
    problems_.push_back({at, std::move(message), std::move(remedy), warning});
}

const Entry* Fields::find(std::string_view key) {
    if (std::find(known_.begin(), known_.end(), key) == known_.end()) known_.emplace_back(key);
    for (const auto& entry : node_.entries) {
        if (entry.key == key) return &entry;
    }
    return nullptr;
}

const Node* Fields::optional(std::string_view key) {
    const Entry* entry = find(key);
    if (entry == nullptr) return nullptr;
    if (entry->value.kind == Node::Kind::null) {
        problem(entry->at, fmt::format("'{}' of {} has no value", key, what_),
                "Give it a value, or remove it");
        return nullptr;
    }
    return &entry->value;
}

const Node* Fields::required(std::string_view key, std::string_view remedy) {
    const std::size_t before = problems_.size();
    const Node* node = optional(key);
    if (node == nullptr && problems_.size() == before && node_.kind == Node::Kind::map) {
        problem(node_.at, fmt::format("{} has no '{}'", what_, key),
                remedy.empty() ? fmt::format("Add '{}: …'", key) : std::string(remedy));
    }
    return node;
}

Located<std::string> Fields::scalar(const Node& node, std::string_view key) {
    if (node.kind != Node::Kind::scalar) {
        problem(node.at, fmt::format("'{}' of {} must be a text, not {}", key, what_, to_string(node.kind)),
                fmt::format("Write '{}: text'", key));
        return {{}, node.at};
    }
    const auto control = std::find_if(node.scalar.begin(), node.scalar.end(), [](char c) {
        return static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
    });
    if (node.scalar.empty() || control != node.scalar.end()) {
        problem(node.at,
                fmt::format("'{}' of {} is {}", key, what_,
                            node.scalar.empty() ? "empty" : "more than one line of plain text"),
                "Write one line of text");
        return {{}, node.at};
    }
    return {node.scalar, node.at};
}

Located<std::string> Fields::text(std::string_view key) {
    const Node* node = required(key);
    return node == nullptr ? Located<std::string>{{}, node_.at} : scalar(*node, key);
}

Located<std::string> Fields::optional_text(std::string_view key) {
    const Node* node = optional(key);
    return node == nullptr ? Located<std::string>{{}, node_.at} : scalar(*node, key);
}

bool Fields::known_word(const Located<std::string>& found, std::string_view key,
                        const std::vector<std::string>& words) {
    if (std::find(words.begin(), words.end(), found.value) != words.end()) return true;
    const std::string near = nearest(found.value, words);
    problem(found.at, fmt::format("'{}' of {} is '{:.60}', which is not known", key, what_, found.value),
            near.empty() ? fmt::format("Write one of: {}", fmt::join(words, ", "))
                         : fmt::format("Did you mean '{}'? It is one of: {}", near, fmt::join(words, ", ")));
    return false;
}

std::string Fields::choice(std::string_view key, const std::vector<std::string>& words) {
    const auto found = text(key);
    return !found.value.empty() && known_word(found, key, words) ? found.value : words.front();
}

std::string Fields::optional_choice(std::string_view key, const std::vector<std::string>& words) {
    const auto found = optional_text(key);
    return !found.value.empty() && known_word(found, key, words) ? found.value : words.front();
}

int Fields::integer(std::string_view key, int otherwise, int minimum, int maximum) {
    const Node* node = optional(key);
    if (node == nullptr) return otherwise;
    const auto value = whole_number(node->scalar);
    if (node->kind != Node::Kind::scalar || !value || *value < minimum || *value > maximum) {
        problem(node->at,
                fmt::format("'{}' of {} is {}", key, what_,
                            node->kind == Node::Kind::scalar ? fmt::format("'{:.40}'", node->scalar)
                                                             : std::string(to_string(node->kind))),
                fmt::format("Write a whole number from {} to {}", minimum, maximum));
        return otherwise;
    }
    return *value;
}

std::optional<Share> Fields::percent(std::string_view key) {
    const Node* node = optional(key);
    if (node == nullptr) return std::nullopt;
    auto share = parse_share(*node, 0);
    if (share) return share;
    problem(node->at, fmt::format("'{}' of {} is '{:.40}'", key, what_, node->scalar),
            "Write a percentage from 1% to 100%");
    return std::nullopt;
}

std::optional<Share> Fields::share(std::string_view key, int maximum) {
    const Node* node = optional(key);
    if (node == nullptr) return std::nullopt;
    auto share = parse_share(*node, maximum);
    if (share) return share;
    problem(node->at, fmt::format("'{}' of {} is '{:.40}'", key, what_, node->scalar),
            fmt::format("Write a whole number from 1 to {}, or a percentage from 1% to 100%", maximum));
    return std::nullopt;
}

bool Fields::boolean(std::string_view key, bool otherwise) {
    const Node* node = optional(key);
    if (node == nullptr) return otherwise;
    if (node->kind == Node::Kind::scalar && (node->scalar == "true" || node->scalar == "false")) {
        return node->scalar == "true";
    }
    problem(node->at, fmt::format("'{}' of {} is neither true nor false", key, what_), "Write true or false");
    return otherwise;
}

milliseconds Fields::duration(std::string_view key, milliseconds otherwise, milliseconds minimum,
                              milliseconds maximum) {
    const Node* node = optional(key);
    if (node == nullptr) return otherwise;
    const auto range = [&] {
        return fmt::format("from {} to {}", format_duration(minimum), format_duration(maximum));
    };
    const auto value = node->kind == Node::Kind::scalar
                           ? parse_duration(node->scalar)
                           : Result<Duration>(Error{Code::invalid_argument, "it is no text"});
    if (!value) {
        problem(node->at,
                fmt::format("'{}' of {} is '{:.40}', which is not a duration", key, what_, node->scalar),
                fmt::format("Write a number and a unit, such as 500ms, 30s, 15m or 2h, {}", range()));
        return otherwise;
    }
    const auto whole = std::chrono::duration_cast<milliseconds>(*value);
    if (whole < minimum || whole > maximum) {
        problem(node->at, fmt::format("'{}' of {} is {}, out of range", key, what_, node->scalar),
                fmt::format("Write a duration {}", range()));
        return otherwise;
    }
    return whole;
}

Seconds Fields::seconds(std::string_view key, Seconds otherwise, Seconds minimum, Seconds maximum) {
    return std::chrono::ceil<Seconds>(duration(key, otherwise, minimum, maximum));
}

std::vector<Located<std::string>> Fields::texts(std::string_view key) {
    std::vector<Located<std::string>> out;
    const Node* node = optional(key);
    if (node == nullptr) return out;
    if (node->kind != Node::Kind::sequence) {
        problem(node->at, fmt::format("'{}' of {} must be a list, not {}", key, what_, to_string(node->kind)),
                fmt::format("Write '{}: [one, two]'", key));
        return out;
    }
    for (const auto& item : node->items) {
        if (auto value = scalar(item, key); !value.value.empty()) out.push_back(std::move(value));
    }
    return out;
}

std::map<std::string, std::string> Fields::text_map(std::string_view key) {
    std::map<std::string, std::string> out;
    const Node* node = optional(key);
    if (node == nullptr) return out;
    if (node->kind != Node::Kind::map) {
        problem(node->at, fmt::format("'{}' of {} must be a map, not {}", key, what_, to_string(node->kind)),
                fmt::format("Write '{}: {{name: value}}'", key));
        return out;
    }
    for (const auto& entry : node->entries) {
        if (auto value = scalar(entry.value, entry.key); !value.value.empty()) out[entry.key] = value.value;
    }
    return out;
}

Argv Fields::argv(std::string_view key) {
    const Node* node = optional(key);
    if (node == nullptr) return {};
    if (node->kind == Node::Kind::scalar) {
        problem(node->at, fmt::format("'{}' of {} is one text; it must be a list of words", key, what_),
                "There is no shell: write each word apart, as [systemctl, restart, payments]");
        return {};
    }
    Argv out;
    if (node->kind == Node::Kind::sequence) {
        for (const auto& item : node->items) {
            // An argument may be empty or hold any character but NUL, which no document holds.
            if (item.kind != Node::Kind::scalar) {
                problem(item.at, fmt::format("a word of '{}' of {} is {}", key, what_, to_string(item.kind)),
                        "Write a text, in quotes when it is empty");
                continue;
            }
            out.push_back({item.scalar, item.at});
        }
    }
    if (out.empty() || out.front().value.empty()) {
        problem(node->at, fmt::format("'{}' of {} names no program", key, what_),
                "Write a list of words that begins with a program, as [systemctl, restart, payments]");
        return {};
    }
    if (out.front().value.front() == '-') {
        problem(out.front().at, fmt::format("the program of '{}' of {} begins with '-'", key, what_),
                "Begin with the program's name or absolute path");
    } else if (out.front().value.front() != '/' && out.front().value.find('/') != std::string::npos) {
        problem(out.front().at, fmt::format("'{:.80}' is a relative path", out.front().value),
                "Write an absolute path, or a name that is found in /usr/local/sbin:/usr/local/bin:/usr/sbin:"
                "/usr/bin:/sbin:/bin");
    }
    return out;
}

void Fields::finish() {
    for (const auto& entry : node_.entries) {
        if (std::find(known_.begin(), known_.end(), entry.key) != known_.end()) continue;
        problem(entry.at, fmt::format("'{:.60}' is not known in {}", entry.key, what_),
                suggest(entry.key, known_));
    }
}

}  // namespace signalbox::estate
