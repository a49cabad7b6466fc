// SPDX-License-Identifier: Apache-2.0
// Frames over a connected AF_UNIX stream socket, with descriptors (SCM_RIGHTS). One reader and one writer at
// a time; reader and writer may be different threads. The socket must outlive the call.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "agent/ipc/descriptor.hpp"
#include "common/base/result.hpp"

namespace signalbox::ipc {

// Errors: resource_exhausted (frame or descriptor cap), unavailable (peer gone, or did not read in time).
[[nodiscard]] Status send_frame(const Descriptor& socket, std::string_view payload,
                                const std::vector<Descriptor>& descriptors = {});

struct Frame {
    std::string payload;
    std::vector<Descriptor> descriptors;
};
// Waits for a whole frame. Errors: cancelled (peer closed between frames), unavailable (closed inside one),
// resource_exhausted, invalid_argument: after any of them the connection cannot be used.
[[nodiscard]] Result<Frame> receive_frame(const Descriptor& socket);

// Connects to a listening path. Errors: not_found, permission_denied, unavailable, invalid_argument (path too
// long).
[[nodiscard]] Result<Descriptor> connect_unix(const std::string& path);

}  // namespace signalbox::ipc
