// SPDX-License-Identifier: Apache-2.0
// signalbox: the command line. Everything real is put together here.
#include <poll.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstring>

#include "controller/cli/app.hpp"
#include "controller/cli/connect_api.hpp"

namespace {

using namespace signalbox;

cli::Variables read_variables() {
    cli::Variables variables;
    for (char** at = environ; at != nullptr && *at != nullptr; ++at) {
        const char* equals = std::strchr(*at, '=');
        if (equals != nullptr)
            variables.emplace(std::string(static_cast<const char*>(*at), equals), std::string(equals + 1));
    }
    return variables;
}

bool speaks_utf8(const cli::Variables& variables) {
    for (const char* name : {"LC_ALL", "LC_CTYPE", "LANG"}) {
        const auto found = variables.find(name);
        if (found == variables.end() || found->second.empty()) continue;
        return found->second.find("UTF-8") != std::string::npos ||
               found->second.find("utf8") != std::string::npos;
    }
    return false;
}

cli::Terminal terminal_at(int descriptor, const cli::Variables& variables) {
    cli::Terminal terminal;
    const auto term = variables.find("TERM");
    const bool dumb = term == variables.end() || term->second.empty() || term->second == "dumb";
    const auto no_color = variables.find("NO_COLOR");
    terminal.unicode = speaks_utf8(variables);
    if (::isatty(descriptor) == 0 || dumb) return terminal;
    terminal.interactive = true;
    terminal.color = no_color == variables.end() || no_color->second.empty();  // no-color.org
    winsize size{};
    if (::ioctl(descriptor, TIOCGWINSZ, &size) == 0 && size.ws_col > 20) terminal.width = size.ws_col;
    if (size.ws_row > 5) terminal.height = size.ws_row;
    return terminal;
}

void pause_for(Duration duration) {
    const auto ms = std::chrono::ceil<std::chrono::milliseconds>(duration).count();
    ::poll(nullptr, 0, static_cast<int>(std::min<std::int64_t>(ms, 60'000)));
}

}  // namespace

int main(int argc, char** argv) {
    cli::reserve_standard_descriptors();
    ::signal(SIGPIPE, SIG_IGN);  // a write says so instead
    ::signal(SIGXFSZ, SIG_IGN);  // likewise
    cli::DescriptorOutput out(STDOUT_FILENO, "standard output");
    cli::DescriptorOutput err(STDERR_FILENO, "standard error");
    cli::TerminalPrompt prompt;
    const SystemClock clock;
    crypto::SystemRandom random;
    const cli::Variables variables = read_variables();
    cli::Context context{out,
                         err,
                         prompt,
                         clock,
                         random,
                         [](const cli::Credentials& credentials) -> Result<std::unique_ptr<cli::ApiPort>> {
                             return cli::make_connect_api(credentials);
                         },
                         variables,
                         terminal_at(STDOUT_FILENO, variables),
                         terminal_at(STDERR_FILENO, variables),
                         pause_for,
                         false,
                         ""};
    return cli::run({argv + 1, argv + argc}, context);
}
