// SPDX-License-Identifier: Apache-2.0
// What one command may use of the host, as its action says: setrlimit(2) of the command and all that it
// starts. No core is ever written, whatever the action says. Values, pure.
#pragma once

#include <cstdint>
#include <optional>

namespace signalbox::execution {

// Absent: what the executor itself has.
struct Limits {
    std::optional<std::int64_t> cpu_seconds;    // of each process; it gets SIGXCPU, a second later SIGKILL
    std::optional<std::int64_t> open_files;     // absent: 1,024, which a program may raise to 65,536
    std::optional<std::int64_t> processes;      // of the command's user, all of them; root has no such limit
    std::optional<std::int64_t> file_bytes;     // of each file that is written
    std::optional<std::int64_t> address_bytes;  // of each process
    friend bool operator==(const Limits&, const Limits&) = default;
};

}  // namespace signalbox::execution
