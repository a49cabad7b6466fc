// SPDX-License-Identifier: Apache-2.0
// What must hold of any estate that was loaded, whatever its texts. For the targets estate and manifest.
#pragma once

#include <algorithm>
#include <string>
#include <vector>

#include "controller/estate/load.hpp"
#include "tests/fuzz/fuzz.hpp"

namespace signalbox::fuzz {

// "=== path" begins a file; what comes before the first such line is dropped.
inline std::vector<estate::SourceFile> split_files(std::string_view text) {
    std::vector<estate::SourceFile> out;
    while (!text.empty()) {
        const std::size_t end = std::min(text.find('\n'), text.size() - 1) + 1;
        const std::string_view line = text.substr(0, end);
        if (line.starts_with("=== ")) {
            out.push_back({std::string(text_of(line.substr(4))), ""});
        } else if (!out.empty()) {
            out.back().text += line;
        }
        text.remove_prefix(end);
    }
    return out;
}

inline estate::Loaded load_and_check(std::vector<estate::SourceFile> files) {
    estate::Loaded loaded = estate::load(files);
    const auto of_read_files = std::is_sorted_until(loaded.problems.begin(), loaded.problems.end());
    require(std::is_sorted(of_read_files, loaded.problems.end()),
            "problems of files that cannot be read come first, and both kinds are sorted by place");
    for (const auto& problem : loaded.problems) {
        require(!problem.message.empty(), "a problem says what is wrong");
        require(!problem.at.file.empty(), "a problem says in which file");
        require(problem.at.line >= 0 && problem.at.column >= 0, "and where");
    }
    std::reverse(files.begin(), files.end());
    if (files.size() == 2 && files.front().path == files.back().path) return loaded;
    require(estate::load(files).problems == loaded.problems, "the order of the files does not matter");
    return loaded;
}

}  // namespace signalbox::fuzz
