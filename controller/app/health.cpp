// SPDX-License-Identifier: Apache-2.0
#include "controller/app/health.hpp"

#include <fmt/format.h>

#include "common/os/file.hpp"

namespace signalbox::app {

Status Health::works() const {
    if (replaced_) {
        return Error(Code::unavailable, "another controller has taken over this one's store",
                     "Use that one, and stop this one.");
    }
    if (ledger_) {
        Error error = *ledger_;
        return std::move(error).with_context("the ledger cannot be continued");
    }
    return {};
}

Status Health::ready() const {
    SB_CHECK(works());
    SB_TRY(const auto free, os::free_space(data_));
    if (free < kLeastFreeBytes) {
        return Error(Code::resource_exhausted,
                     fmt::format("only {} MiB are free under {}", free >> 20, data_),
                     "Free space there; nothing is lost meanwhile.");
    }
    return {};
}

}  // namespace signalbox::app
