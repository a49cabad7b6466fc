// SPDX-License-Identifier: Apache-2.0
#include "controller/cli/output.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>

namespace signalbox::cli {

Status DescriptorOutput::write(std::string_view text) {
    while (!text.empty()) {
        const ssize_t n = ::write(descriptor_, text.data(), text.size());
        if (n >= 0) {
            text.remove_prefix(static_cast<std::size_t>(n));
            continue;
        }
        if (errno == EINTR) continue;
        const int why = errno;
        if (why == EPIPE) return Error(Code::cancelled, fmt::format("{}: the reader has gone", name_));
        return Error(
            why == ENOSPC || why == EDQUOT || why == EFBIG ? Code::resource_exhausted
                                                           : Code::failed_precondition,
            fmt::format("writing to {}: {}", name_, std::strerror(why)),
            fmt::format("open {} for writing, or free the space it needs, and run the command again", name_));
    }
    return {};
}

void reserve_standard_descriptors() {
    for (int fd = 0; fd <= 2; ++fd) {
        if (::fcntl(fd, F_GETFD) != -1 || errno != EBADF) continue;
        // open() returns the lowest free number, which is fd, because those below are taken.
        if (::open("/dev/null", fd == 0 ? O_WRONLY : O_RDONLY) != fd) std::abort();
    }
}

}  // namespace signalbox::cli
