// SPDX-License-Identifier: Apache-2.0
#include "controller/estate/load.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "common/base/utf8.hpp"
#include "controller/estate/check.hpp"
#include "controller/estate/document.hpp"
#include "controller/estate/parse.hpp"

namespace signalbox::estate {
namespace {

std::string name_of(const auto& value) {
    return value.name;
}
std::string name_of(const Calendar& calendar) {
    return calendar.value.name;
}

template <class T>
void keep(std::map<std::string, T>& all, T value, std::string_view what, Problems& problems) {
    const std::string name = name_of(value);
    if (name.empty()) return;
    const Position at = value.at;
    const auto [it, fresh] = all.try_emplace(name, std::move(value));
    if (fresh) return;
    problems.push_back({at, fmt::format("{} '{}' is in {} already", what, name, it->second.at.file),
                        "Give one of them another name, or remove it"});
}

// Says why a file is not read, if it is not.
std::optional<Node> read_document(const SourceFile& file, Problems& problems) {
    if (file.path.ends_with(".yml")) {
        problems.push_back(
            {{file.path, 0, 0}, "the file ends in .yml and is not read", "Rename it to .yaml"});
        return std::nullopt;
    }
    if (as_utf8(file.path) != file.path) {
        problems.push_back({{file.path, 0, 0}, "the name of the file is not UTF-8", "Rename it"});
        return std::nullopt;
    }
    return parse_document(file.path, file.text, problems);
}

void note_unread(const std::string& path, Unread& unread) {
    unread.environments |= path.starts_with("environments/");
    unread.services |= path.starts_with("services/");
    unread.calendars |= path.starts_with("calendars/");
}

void read(const SourceFile& file, Loaded& out, Problems& not_read, Unread& unread) {
    const auto document = read_document(file, not_read);
    if (!document) return note_unread(file.path, unread);
    if (file.path.starts_with("environments/")) {
        keep(out.estate.environments, parse_environment(*document, out.problems), "environment",
             out.problems);
    } else if (file.path.starts_with("services/")) {
        keep(out.estate.services, parse_service(*document, out.problems), "service", out.problems);
    } else if (file.path.starts_with("calendars/")) {
        keep(out.estate.calendars, parse_calendar(*document, out.problems), "calendar", out.problems);
    } else if (file.path.starts_with("throttles/")) {
        Throttle throttle = parse_throttle(*document, out.problems);
        if (out.estate.throttle) {
            out.problems.push_back(
                {throttle.at, fmt::format("the throttle is in {} already", out.estate.throttle->at.file),
                 "Put both into one file: there is one throttle for the whole estate"});
        } else {
            out.estate.throttle = std::move(throttle);
        }
    } else {
        Release release = parse_release(*document, out.problems);
        release.path_in_estate = file.path;
        release.sha256 = crypto::sha256(file.text);
        out.estate.releases[file.path] = std::move(release);
    }
}

}  // namespace

bool is_estate_file(std::string_view path) {
    const auto in = [&](std::string_view folder) { return path.starts_with(folder); };
    const bool folder =
        in("environments/") || in("services/") || in("calendars/") || in("throttles/") || in("releases/");
    return folder && (path.ends_with(".yaml") || path.ends_with(".yml"));
}

Loaded load(const std::vector<SourceFile>& files, Problems not_read) {
    Loaded out;
    Unread unread;
    for (const Problem& problem : not_read) note_unread(problem.at.file, unread);
    // In the order of their paths, so that the answer does not depend on who listed them.
    std::vector<const SourceFile*> sorted;
    for (const auto& file : files) {
        if (is_estate_file(file.path)) sorted.push_back(&file);
    }
    std::sort(sorted.begin(), sorted.end(), [](auto* a, auto* b) { return a->path < b->path; });
    for (const auto* file : sorted) read(*file, out, not_read, unread);
    if (sorted.empty() && not_read.empty()) {
        out.problems.push_back({{"environments/", 0, 0},
                                "the estate is empty: no file was found",
                                "Add environments/*.yaml, services/*.yaml and releases/*.yaml"});
    }
    const std::size_t left_out = check_references(out.estate, unread, out.problems);
    const auto in_order = [](Problems& problems) {
        std::sort(problems.begin(), problems.end());
        problems.erase(std::unique(problems.begin(), problems.end()), problems.end());
    };
    in_order(out.problems);
    in_order(not_read);
    if (left_out > 0) {
        not_read.back().message += fmt::format(
            "; {} about names that are in no file {} left out until every file can be read",
            left_out == 1 ? "1 problem" : fmt::format("{} problems", left_out), left_out == 1 ? "is" : "are");
    }
    out.problems.insert(out.problems.begin(), not_read.begin(), not_read.end());
    return out;
}

}  // namespace signalbox::estate
