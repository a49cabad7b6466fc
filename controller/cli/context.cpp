// SPDX-License-Identifier: Apache-2.0
#include "controller/cli/context.hpp"

namespace signalbox::cli {

std::string Context::variable(std::string_view name) const {
    const auto found = variables.find(std::string(name));
    return found == variables.end() ? std::string() : found->second;
}

Result<std::string> Context::config_folder() const {
    if (const std::string xdg = variable("XDG_CONFIG_HOME"); xdg.starts_with('/')) return xdg + "/signalbox";
    if (const std::string home = variable("HOME"); home.starts_with('/')) return home + "/.config/signalbox";
    return Error(Code::failed_precondition, "neither XDG_CONFIG_HOME nor HOME names a folder",
                 "set HOME, or name the files with --credentials and --dir");
}

Result<std::string> Context::credentials_file() const {
    if (!credentials_path.empty()) return credentials_path;
    if (std::string named = variable("SIGNALBOX_CREDENTIALS"); !named.empty()) return named;
    SB_TRY(const std::string folder, config_folder());
    return folder + "/credentials.json";
}

Result<Credentials> Context::credentials() const {
    SB_TRY(const std::string path, credentials_file());
    return load_credentials(path);
}

Result<std::unique_ptr<ApiPort>> Context::api() const {
    SB_TRY(const Credentials found, credentials());
    return connect(found);
}

}  // namespace signalbox::cli
