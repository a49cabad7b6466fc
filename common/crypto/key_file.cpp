// SPDX-License-Identifier: Apache-2.0
#include "common/crypto/key_file.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>

namespace signalbox::crypto {
namespace {

constexpr off_t kMaxSecretFile = 64 * 1024;

class Descriptor {
  public:
    explicit Descriptor(int fd) : fd_(fd) {}
    ~Descriptor() {
        if (fd_ >= 0) ::close(fd_);
    }
    Descriptor(const Descriptor&) = delete;
    Descriptor& operator=(const Descriptor&) = delete;
    [[nodiscard]] int get() const { return fd_; }

  private:
    int fd_;
};

Error failed(std::string_view doing, const std::string& path, int error) {
    const Code code = error == ENOENT                      ? Code::not_found
                      : error == EEXIST                    ? Code::already_exists
                      : error == EACCES || error == EPERM  ? Code::permission_denied
                      : error == ENOSPC || error == EDQUOT ? Code::resource_exhausted
                                                           : Code::unavailable;
    return {code, fmt::format("{} {}: {}", doing, path, std::strerror(error))};
}

Error not_written(int error) {
    const bool full = error == ENOSPC || error == EDQUOT;
    return {full ? Code::resource_exhausted : Code::unavailable, std::strerror(error),
            full ? "Free space on that disk, then try again." : ""};
}

Status write_all(int fd, ByteView content) {
    while (!content.empty()) {
        const ssize_t wrote = ::write(fd, content.data(), content.size());
        if (wrote < 0 && errno == EINTR) continue;
        if (wrote < 0) return not_written(errno);
        content = content.subspan(static_cast<std::size_t>(wrote));
    }
    if (::fsync(fd) != 0) return not_written(errno);
    return {};
}

Status sync_parent(const std::string& path) {
    const std::string parent = std::filesystem::path(path).parent_path().string();
    const Descriptor dir(::open(parent.empty() ? "." : parent.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (dir.get() < 0 || ::fsync(dir.get()) != 0) return failed("syncing the folder of", path, errno);
    return {};
}

}  // namespace

Status write_secret_file(const std::string& path, ByteView content) {
    const Descriptor file(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
    if (file.get() < 0) {
        const int error = errno;
        return failed("creating secret file", path, error)
            .with_remedy(error == EEXIST ? "Move the existing file away first; it is never overwritten."
                                         : "Check that the folder exists and that you may write to it.");
    }
    if (auto written = write_all(file.get(), content); !written) {
        ::unlink(path.c_str());  // half a key is worse than none
        return std::move(written).error().with_context("writing secret file " + path);
    }
    return sync_parent(path);
}

Result<SecretBytes> read_secret_file(const std::string& path) {
    // Not blocking, so that a pipe in its place cannot hold us up.
    const Descriptor file(::open(path.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
    if (file.get() < 0 && errno == ELOOP) {
        return Error{Code::permission_denied, fmt::format("secret file {} is a symbolic link", path),
                     "Name the file itself."};
    }
    if (file.get() < 0) return failed("opening secret file", path, errno);
    struct stat info {};
    if (::fstat(file.get(), &info) != 0) return failed("reading secret file", path, errno);
    if (!S_ISREG(info.st_mode) || info.st_size > kMaxSecretFile) {
        return Error{Code::invalid_argument,
                     fmt::format("secret file {} is not a regular file of at most 64 KiB", path)};
    }
    if ((info.st_mode & 077) != 0) {
        return Error{
            Code::permission_denied,
            fmt::format("secret file {} has mode {:04o}: others can reach it", path, info.st_mode & 07777),
            fmt::format("Run: chmod 600 {}", path)};
    }
    if ((info.st_uid != ::geteuid() && info.st_uid != 0) || info.st_nlink != 1) {
        return Error{Code::permission_denied,
                     fmt::format("secret file {} belongs to another user or has a second name", path),
                     "Make a file of your own with mode 0600 and no hard links."};
    }
    SecretBytes content(static_cast<std::size_t>(info.st_size));
    auto rest = content.expose_mutable();
    while (!rest.empty()) {
        const ssize_t got = ::read(file.get(), rest.data(), rest.size());
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return failed("reading secret file", path, errno);
        if (got == 0) return Error{Code::data_loss, fmt::format("secret file {} shrank while read", path)};
        rest = rest.subspan(static_cast<std::size_t>(got));
    }
    return content;
}

Result<SigningKey> load_service_key(const std::string& path) {
    auto read = read_secret_file(path);
    if (!read) {
        Error error = std::move(read).error();
        if (error.code() != Code::not_found) return error;
        return std::move(error).with_remedy(
            "Put it back from a backup (docs/operating.md): another key is not listed.");
    }
    const SecretBytes content = *std::move(read);
    std::string_view text(reinterpret_cast<const char*>(content.expose().data()), content.size());
    while (text.ends_with('\n')) text.remove_suffix(1);
    if (is_password_wrapped(text)) {
        return Error{
            Code::invalid_argument,
            fmt::format("key file {} is protected by a passphrase; a service has nobody to ask", path),
            "Give the service a key of its own; keep people's keys with people."};
    }
    return SigningKey::from_paserk(text).with_context("key file " + path);
}

}  // namespace signalbox::crypto
