// SPDX-License-Identifier: Apache-2.0
// What a command works with. The references outlive every command; one thread.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/result.hpp"
#include "common/base/time.hpp"
#include "common/crypto/random.hpp"
#include "controller/cli/api_port.hpp"
#include "controller/cli/credentials.hpp"
#include "controller/cli/output.hpp"
#include "controller/cli/prompt.hpp"
#include "controller/cli/terminal.hpp"

namespace signalbox::cli {

using Variables = std::map<std::string, std::string>;  // of the environment
using Connect = std::function<Result<std::unique_ptr<ApiPort>>(const Credentials&)>;

struct Context {
    Output& out;  // results, for people and pipes
    Output& err;  // remarks, progress and errors
    Prompt& prompt;
    const Clock& clock;
    crypto::Random& random;
    Connect connect;
    Variables variables;
    Terminal terminal;      // of out
    Terminal err_terminal;  // of err
    std::function<void(Duration)> pause;

    // The options that every command has.
    bool json = false;
    std::string credentials_path;  // empty: from the environment or the default place

    [[nodiscard]] std::string variable(std::string_view name) const;
    // $XDG_CONFIG_HOME/signalbox or ~/.config/signalbox. Errors: failed_precondition (no HOME).
    [[nodiscard]] Result<std::string> config_folder() const;
    [[nodiscard]] Result<std::string> credentials_file() const;
    [[nodiscard]] Result<Credentials> credentials() const;
    // A client for the controller that the credentials name.
    [[nodiscard]] Result<std::unique_ptr<ApiPort>> api() const;

    Status print(const std::vector<std::string>& lines) const { return out.write(join_lines(lines)); }
    Status print(std::string_view line) const { return out.write(std::string(line) + "\n"); }
    // A remark on err, for people; nothing when the output is for machines.
    Status remark(std::string_view line) const {
        return json ? Status() : err.write(std::string(line) + "\n");
    }
};

}  // namespace signalbox::cli
