// SPDX-License-Identifier: Apache-2.0
#include "agent/executor/app/store_health.hpp"

#include <fmt/format.h>

#include <utility>

namespace signalbox::executor {

void StoreHealth::look(const Result<std::uint64_t>& free_bytes) {
    const std::lock_guard lock(mutex_);
    full_.clear();
    if (!free_bytes) {
        full_ = free_bytes.error().message();
    } else if (*free_bytes < kReserve) {
        full_ = fmt::format("the disk of the executor's state is full: {} KiB are free", *free_bytes >> 10);
    }
}

std::string StoreHealth::problem() const {
    const std::lock_guard lock(mutex_);
    return full_.empty() ? failed_ : full_;
}

bool StoreHealth::changed(const std::string& problem) {
    const std::lock_guard lock(mutex_);
    return std::exchange(told_, !problem.empty()) == problem.empty();
}

}  // namespace signalbox::executor
