// SPDX-License-Identifier: Apache-2.0
// A whole estate: several files in one input, each behind a line "=== path".
#include <set>

#include "tests/fuzz/targets/estate_files.hpp"

namespace signalbox::fuzz {

void one(std::string_view input) {
    auto files = split_files(input);
    // A repository has a path once.
    std::set<std::string> paths;
    std::erase_if(files, [&](const auto& file) { return !paths.insert(file.path).second; });
    static_cast<void>(load_and_check(std::move(files)));
}

}  // namespace signalbox::fuzz
