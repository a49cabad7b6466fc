// SPDX-License-Identifier: Apache-2.0
// What may follow the words typed so far, for a shell's completion. Pure.
#pragma once

#include <CLI/App.hpp>
#include <string>
#include <vector>

namespace signalbox::cli {

// `words` are those after the program's name; the last one is being typed and may be empty. Commands, options
// and the values of options that have a fixed set; nothing where a file name is due (the shell then offers
// files).
[[nodiscard]] std::vector<std::string> complete(const CLI::App& app, const std::vector<std::string>& words);

// The script to source. `shell` is bash, zsh or fish.
[[nodiscard]] std::string completion_script(const std::string& shell);

}  // namespace signalbox::cli
