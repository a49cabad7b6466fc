// SPDX-License-Identifier: Apache-2.0
#include "agent/executor/app/report_limit.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>
#include <vector>

namespace signalbox::executor {

bool ReportLimit::admit(const std::string& code, Duration now) {
    const std::lock_guard lock(mutex_);
    if (!refilled_) refilled_ = now;
    const std::int64_t more = (now - *refilled_) / Duration(kOneMoreEach);
    if (more > 0) {
        left_ = std::min(kBurst, left_ + more);
        *refilled_ += more * Duration(kOneMoreEach);
    }
    if (left_ > 0) {
        --left_;
        return true;
    }
    if (counts_.empty()) since_ = now;
    ++counts_[code];
    return false;
}

std::optional<ReportLimit::Counted> ReportLimit::take(Duration now, bool all) {
    const std::lock_guard lock(mutex_);
    if (counts_.empty() || (!all && now - since_ < Duration(kInterval))) return {};
    std::vector<std::pair<std::string, std::int64_t>> sorted(counts_.begin(), counts_.end());
    std::stable_sort(sorted.begin(), sorted.end(),
                     [](const auto& a, const auto& b) { return a.second > b.second; });
    std::int64_t total = 0;
    std::string by_code;
    for (const auto& [code, count] : sorted) {
        total += count;
        by_code += fmt::format("{}{} {}", by_code.empty() ? "" : ", ", code, count);
    }
    counts_.clear();
    return Counted{sorted.front().first, fmt::format("{} more were only counted: {}", total, by_code)};
}

}  // namespace signalbox::executor
