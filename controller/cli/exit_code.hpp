// SPDX-License-Identifier: Apache-2.0
// The exit codes that every command promises (docs/cli.md). Pure.
#pragma once

#include <string_view>

#include "common/base/result.hpp"

namespace signalbox::cli {

inline constexpr int kOk = 0;
inline constexpr int kFailed = 1;        // the thing itself failed: a release, a verification
inline constexpr int kUsage = 2;         // bad usage or bad input
inline constexpr int kRefused = 3;       // not allowed: permission or trust
inline constexpr int kUnreachable = 4;   // the controller cannot be reached
inline constexpr int kUndone = 5;        // the release was undone completely
inline constexpr int kUndonePartly = 6;  // the release was undone, but not everywhere
inline constexpr int kTimedOut = 7;      // gave up waiting
inline constexpr int kForked = 8;        // ledger watch: not the ledger that was seen before
inline constexpr int kStale = 9;         // ledger watch: nothing new for too long
inline constexpr int kUnwitnessed = 10;  // ledger watch: too few cosignatures
inline constexpr int kBug = 70;

[[nodiscard]] int exit_code_of(Code code);
// Of a release's status; kOk for one that has not ended.
[[nodiscard]] int exit_code_of_release(std::string_view status);
[[nodiscard]] bool release_has_ended(std::string_view status);

// For --help.
inline constexpr std::string_view kExitCodesHelp =
    "Exit codes: 0 done; 1 the thing failed; 2 bad usage or input; 3 refused (permission, trust); "
    "4 controller not reachable; 5 release undone; 6 release undone, but not everywhere; "
    "7 timed out waiting; 8 to 10 alarms of ledger watch; 70 a bug in signalbox.";

}  // namespace signalbox::cli
