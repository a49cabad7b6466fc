// SPDX-License-Identifier: Apache-2.0
// The files of a commit into an Estate, with every problem. Pure.
#pragma once

#include <string>
#include <vector>

#include "controller/estate/model.hpp"

namespace signalbox::estate {

inline constexpr std::size_t kMaxFiles = 5'000;
inline constexpr std::size_t kMaxTotalBytes = 32 << 20;

struct SourceFile {
    std::string path;  // environments/x.yaml, services/…, calendars/…, throttles/…, releases/…/x.yaml
    std::string text;
};

struct Loaded {
    Estate estate;
    Problems problems;  // those of files that could not be read first, then by place
};

// Whether the loader wants this file of the repository.
[[nodiscard]] bool is_estate_file(std::string_view path);

// `not_read`: what is known already to be wrong with whole files. While a file of a kind cannot be read,
// names of that kind that are in no file are no problems, but counted.
[[nodiscard]] Loaded load(const std::vector<SourceFile>& files, Problems not_read = {});

}  // namespace signalbox::estate
