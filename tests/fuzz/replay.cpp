// SPDX-License-Identifier: Apache-2.0
// Runs a target over the files that it is given, and those in folders: the seeds and tests/regress, in any
// build and without libFuzzer. The last name that it prints is the input that ended it.
#include <algorithm>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <vector>

#include "tests/fuzz/fuzz.hpp"

namespace {

namespace fs = std::filesystem;

void run(const fs::path& path) {
    std::printf("%s\n", path.c_str());
    std::fflush(stdout);
    std::ifstream in(path, std::ios::binary);
    const std::string bytes{std::istreambuf_iterator<char>(in), {}};
    // Exactly its size, so that a sanitizer sees the first byte behind it.
    const auto exact = std::make_unique<char[]>(bytes.size());
    std::copy(bytes.begin(), bytes.end(), exact.get());
    signalbox::fuzz::one({exact.get(), bytes.size()});
}

}  // namespace

int main(int argc, char** argv) {
    std::vector<fs::path> files;
    for (int i = 1; i < argc; ++i) {
        if (!fs::exists(argv[i])) continue;  // nothing was ever found in this one
        if (!fs::is_directory(argv[i]))
            files.emplace_back(argv[i]);
        else
            for (const auto& entry : fs::directory_iterator(argv[i])) files.push_back(entry.path());
    }
    std::sort(files.begin(), files.end());
    signalbox::fuzz::one({});
    for (const auto& file : files) run(file);
    std::printf("%zu inputs\n", files.size());
    return files.empty() ? 1 : 0;
}
