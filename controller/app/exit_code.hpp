// SPDX-License-Identifier: Apache-2.0
// Exit codes, the same for every Signalbox program.
#pragma once

#include "common/base/result.hpp"

namespace signalbox::app {

inline constexpr int kOk = 0;
inline constexpr int kFailed = 1;
inline constexpr int kBadUsage = 2;
inline constexpr int kRefused = 3;
inline constexpr int kNotReachable = 4;
inline constexpr int kBug = 70;

[[nodiscard]] inline int exit_code_of(Code code) {
    switch (code) {
        case Code::invalid_argument:
        case Code::not_found:
            return kBadUsage;
        case Code::permission_denied:
        case Code::unauthenticated:
        case Code::refused:
            return kRefused;
        case Code::internal:
            return kBug;
        default:
            return kFailed;
    }
}

}  // namespace signalbox::app
