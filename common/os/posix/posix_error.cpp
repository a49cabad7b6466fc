// SPDX-License-Identifier: Apache-2.0
#include "common/os/posix/posix_error.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <system_error>

namespace signalbox::os {
namespace {

struct Meaning {
    Code code;
    const char* remedy;
};

Meaning meaning_of(int error_number) {
    switch (error_number) {
        case ENOENT:
        case ENOTDIR:
            return {Code::not_found, "Check the path."};
        case EEXIST:
            return {Code::already_exists, "Choose another path, or remove it if it is not needed."};
        case EACCES:
        case EPERM:
            return {Code::permission_denied,
                    "Check its owner and mode, and the user that runs this program."};
        case EROFS:
            return {Code::permission_denied, "The file system is mounted read-only: remount or move it."};
        case ELOOP:
            return {Code::permission_denied, "A symbolic link is not followed here: use the real path."};
        case ENOSPC:
        case EDQUOT:
            return {Code::resource_exhausted, "Free space on that file system, then try again."};
        case EFBIG:
            return {Code::resource_exhausted, "Raise the limit of file sizes (LimitFSIZE=, ulimit -f)."};
        case EMFILE:
        case ENFILE:
            return {Code::resource_exhausted, "Raise the limit of open files (LimitNOFILE=)."};
        case ENOMEM:
            return {Code::resource_exhausted, "Free memory, then try again."};
        default:
            return {Code::unavailable, ""};
    }
}

}  // namespace

Error posix_error(int error_number, std::string_view doing, std::string_view what) {
    const Meaning meaning = meaning_of(error_number);
    return {meaning.code,
            fmt::format("{} {}: {}", doing, what, std::generic_category().message(error_number)),
            meaning.remedy};
}

}  // namespace signalbox::os
