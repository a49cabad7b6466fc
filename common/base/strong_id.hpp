// SPDX-License-Identifier: Apache-2.0
// StrongId<Tag>: a string that cannot be passed where another kind of id is due.
#pragma once

#include <compare>
#include <functional>
#include <ostream>
#include <string>
#include <utility>

namespace signalbox {

template <class Tag>
class StrongId {
  public:
    StrongId() = default;
    explicit StrongId(std::string value) : value_(std::move(value)) {}

    [[nodiscard]] const std::string& str() const { return value_; }
    [[nodiscard]] bool empty() const { return value_.empty(); }

    friend bool operator==(const StrongId&, const StrongId&) = default;
    friend auto operator<=>(const StrongId&, const StrongId&) = default;
    friend std::ostream& operator<<(std::ostream& out, const StrongId& id) { return out << id.value_; }

  private:
    std::string value_;
};

}  // namespace signalbox

template <class Tag>
struct std::hash<signalbox::StrongId<Tag>> {
    std::size_t operator()(const signalbox::StrongId<Tag>& id) const {
        return std::hash<std::string>{}(id.str());
    }
};
