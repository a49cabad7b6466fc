// SPDX-License-Identifier: Apache-2.0
#include "agent/executor/actions/artifact_stage/private_copy.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>
#include <vector>

namespace signalbox::actions {
namespace {

constexpr std::size_t kBlock = 256 * 1024;

Error failed_io(std::string_view doing) {
    const int why = errno;
    return Error(why == ENOSPC || why == EDQUOT ? Code::resource_exhausted : Code::unavailable,
                 fmt::format("{}: {}", doing, std::generic_category().message(why)),
                 why == ENOSPC ? "Free space in the executor's state folder." : "");
}

Status write_block(int file, ByteView block) {
    while (!block.empty()) {
        const ssize_t put = ::write(file, block.data(), block.size());
        if (put < 0 && errno == EINTR) continue;
        if (put < 0) return failed_io("writing the private copy of the artifact");
        block = block.subspan(static_cast<std::size_t>(put));
    }
    return {};
}

}  // namespace

Result<os::UniqueFd> copy_verified(const os::UniqueFd& source, const crypto::Digest& sha256,
                                   std::int64_t size, const std::string& folder) {
    os::UniqueFd copy(::open(folder.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600));
    if (!copy.valid()) return failed_io(fmt::format("making a private file in {}", folder));
    crypto::Sha256 hash;
    std::vector<std::uint8_t> block(kBlock);
    std::int64_t total = 0;
    for (;;) {
        // By position: where the sender left the file's offset does not matter.
        const ssize_t got = ::pread(source.get(), block.data(), block.size(), total);
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return failed_io("reading the artifact that was passed");
        if (got == 0) break;
        const ByteView part = ByteView(block).first(static_cast<std::size_t>(got));
        total += got;
        if (total > size)
            return Error(Code::data_loss,
                         fmt::format("the artifact is longer than the approved {} bytes", size));
        hash.update(part);
        SB_CHECK(write_block(copy.get(), part));
    }
    if (total != size)
        return Error(Code::data_loss, fmt::format("the artifact has {} bytes, approved are {}", total, size));
    const crypto::Digest found = hash.finish();
    if (found != sha256)
        return Error(Code::data_loss,
                     fmt::format("the artifact's digest is {}, approved is {}", found.hex(), sha256.hex()));
    if (::lseek(copy.get(), 0, SEEK_SET) != 0) return failed_io("rewinding the private copy");
    return copy;
}

}  // namespace signalbox::actions
