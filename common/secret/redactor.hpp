// SPDX-License-Identifier: Apache-2.0
// Takes secrets out of a stream: the value itself, its lines, and what base64 (either alphabet, at any place
// of a longer text), hex, percent-encoding and JSON make of it. What is taken out becomes "[secret]". It
// finds no value that a program took apart, encrypted or packed. Not thread-safe; one object a stream.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "common/secret/secret.hpp"

namespace signalbox::secret {

// Every text that stands for one of the values; longest first. It holds secrets: never print it.
class Patterns {
  public:
    Patterns() = default;
    explicit Patterns(const Values& values);
    ~Patterns();
    Patterns(Patterns&&) = default;
    Patterns& operator=(Patterns&&) = default;
    [[nodiscard]] bool empty() const { return texts_.empty(); }
    [[nodiscard]] std::size_t longest() const { return texts_.empty() ? 0 : texts_.front().size(); }
    // The longest that stands at this place of the text; 0: none.
    [[nodiscard]] std::size_t length_at(std::string_view text, std::size_t place) const;
    [[nodiscard]] std::string redacted(std::string_view text) const;

  private:
    std::vector<std::string> texts_;
    // By their first bytes, longest first: a key of many lines has more than a thousand forms.
    std::unordered_map<std::uint64_t, std::vector<std::size_t>> by_beginning_;
};

class Redactor {
  public:
    // `out` gets the stream without secrets, in pieces; both outlive the redactor.
    Redactor(const Patterns& patterns, std::function<void(std::string_view)> out)
        : patterns_(&patterns), out_(std::move(out)) {}
    void add(std::string_view text);
    void finish();

  private:
    void pass(bool last);
    const Patterns* patterns_;
    std::function<void(std::string_view)> out_;
    std::string waiting_;     // what may be the beginning of a secret
    std::size_t hidden_ = 0;  // so much of its beginning belongs to a secret whose mark is out
};

}  // namespace signalbox::secret
