// SPDX-License-Identifier: Apache-2.0
#include "controller/cli/complete.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <map>

namespace signalbox::cli {
namespace {

// Values that options of these names take, wherever they stand.
const std::vector<std::string>* values_of(const std::string& option) {
    static const std::map<std::string, std::vector<std::string>> kValues = {
        {"--color", {"auto", "always", "never"}},
        {"--format", {"text", "paserk", "id", "pem", "ssh", "tar", "tar.gz", "tar.zst"}},
        {"--role", {"administrator", "operator", "coordinator", "approver", "auditor"}},
    };
    const auto found = kValues.find(option);
    return found == kValues.end() ? nullptr : &found->second;
}

const CLI::Option* option_called(const CLI::App& app, const std::string& name) {
    for (const CLI::App* at = &app; at != nullptr; at = at->get_parent()) {
        if (const CLI::Option* option = at->get_option_no_throw(name); option != nullptr) return option;
    }
    return nullptr;
}

bool takes_value(const CLI::App& app, const std::string& word) {
    if (!word.starts_with("--") || word.find('=') != std::string::npos) return false;
    const CLI::Option* option = option_called(app, word);
    return option != nullptr && option->get_items_expected_max() > 0;  // a flag expects none
}

}  // namespace

std::vector<std::string> complete(const CLI::App& root, const std::vector<std::string>& words) {
    const CLI::App* app = &root;
    const auto any = [](const CLI::App*) { return true; };
    for (std::size_t i = 0; i + 1 < words.size(); ++i) {
        if (takes_value(*app, words[i])) {
            ++i;
            continue;
        }
        for (const CLI::App* sub : app->get_subcommands(any)) {
            if (sub->get_name() == words[i]) {
                app = sub;
                break;
            }
        }
    }
    const std::string typed = words.empty() ? "" : words.back();
    std::vector<std::string> found;
    const auto offer = [&](const std::string& word) {
        if (word.starts_with(typed)) found.push_back(word);
    };
    if (words.size() >= 2 && takes_value(*app, words[words.size() - 2])) {
        const auto* values = values_of(words[words.size() - 2]);
        if (values != nullptr) std::for_each(values->begin(), values->end(), offer);
        return found;
    }
    if (typed.starts_with("-")) {
        for (const CLI::App* at = app; at != nullptr; at = at->get_parent()) {
            for (const CLI::Option* option : at->get_options()) {
                for (const std::string& name : option->get_lnames()) offer("--" + name);
            }
        }
    } else {
        for (const CLI::App* sub : app->get_subcommands(any)) {
            if (!sub->get_group().empty()) offer(sub->get_name());
        }
    }
    std::sort(found.begin(), found.end());
    found.erase(std::unique(found.begin(), found.end()), found.end());
    return found;
}

std::string completion_script(const std::string& shell) {
    if (shell == "zsh") {
        return R"(#compdef signalbox
_signalbox() {
    local -a found
    found=("${(@f)$(signalbox __complete -- "${(@)words[2,CURRENT]}" 2>/dev/null)}")
    found=("${(@)found:#}")
    if (( ${#found} )); then compadd -a found; else _files; fi
}
compdef _signalbox signalbox
)";
    }
    if (shell == "fish") {
        return R"(function __signalbox_complete
    set -l words (commandline -opc) (commandline -ct)
    signalbox __complete -- $words[2..-1] 2>/dev/null
end
complete -c signalbox -a '(__signalbox_complete)'
)";
    }
    return R"(_signalbox() {
    local IFS=$'\n'
    COMPREPLY=($(signalbox __complete -- "${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null))
}
complete -o default -F _signalbox signalbox
)";
}

}  // namespace signalbox::cli
