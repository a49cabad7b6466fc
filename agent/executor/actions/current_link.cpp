// SPDX-License-Identifier: Apache-2.0
#include "agent/executor/actions/current_link.hpp"

#include <fmt/format.h>

#include <filesystem>

#include "common/os/file.hpp"

namespace signalbox::actions {

std::string releases_folder(const std::string& service_root) {
    return service_root + "/releases";
}

std::string release_folder(const std::string& service_root, const crypto::Digest& artifact) {
    return releases_folder(service_root) + "/" + artifact.hex();
}

std::string target_of(const crypto::Digest& artifact) {
    return "releases/" + artifact.hex();
}

Result<std::optional<std::string>> read_current(const std::string& service_root) {
    const std::string path = service_root + "/current";
    std::error_code error;
    const auto status = std::filesystem::symlink_status(path, error);
    if (status.type() == std::filesystem::file_type::not_found) return std::optional<std::string>();
    if (status.type() != std::filesystem::file_type::symlink)
        return Error(Code::failed_precondition, fmt::format("{} is not a symbolic link", path),
                     "Move it away: Signalbox makes this link itself.");
    const auto target = std::filesystem::read_symlink(path, error);
    if (error) return Error(Code::unavailable, fmt::format("reading {}: {}", path, error.message()));
    return std::optional<std::string>(target.string());
}

Status set_current(const std::string& service_root, const std::optional<std::string>& target) {
    const std::string path = service_root + "/current";
    if (target) return os::replace_link(*target, path);
    std::error_code error;
    std::filesystem::remove(path, error);
    if (error) return Error(Code::unavailable, fmt::format("removing {}: {}", path, error.message()));
    return os::sync_directory(service_root);
}

crypto::Digest digest_of(const std::optional<std::string>& target) {
    return crypto::sha256(target.value_or(""));
}

}  // namespace signalbox::actions
