// SPDX-License-Identifier: Apache-2.0
// What a fuzz target is: one function that takes any bytes, feeds them to a parser and aborts when something
// that must always hold does not. libFuzzer calls it with what it invents (entry.cpp, clang), and every build
// calls it with the seeds and with all that was ever found (replay.cpp).
#pragma once

#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

namespace signalbox::fuzz {

// Each target defines it. `input` lies in memory of exactly its size and lives during the call.
void one(std::string_view input);

// Aborts with words unless it holds.
inline void require(bool holds, const char* what) {
    if (holds) return;
    std::fprintf(stderr, "broken: %s\n", what);
    std::abort();
}

// The text of a file that editors end with a newline, which is no part of the format.
inline std::string_view text_of(std::string_view input) {
    if (input.ends_with('\n')) input.remove_suffix(1);
    return input;
}

// The golden vector of this name (tests/vectors).
inline std::string vector_text(const std::string& name) {
    const std::string path = std::string(SIGNALBOX_SOURCE_DIR) + "/tests/vectors/" + name;
    std::FILE* file = std::fopen(path.c_str(), "rb");
    require(file != nullptr, "a golden vector is missing: run this from where it was built");
    std::string text(1U << 20, '\0');
    text.resize(std::fread(text.data(), 1, text.size(), file));
    std::fclose(file);
    return std::string(text_of(text));
}

}  // namespace signalbox::fuzz
