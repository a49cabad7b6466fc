// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <sstream>

#include "story.hpp"

namespace signalbox::scenario {
namespace {

using Words = std::vector<std::string>;

Error wrong(std::string what) {
    return {Code::invalid_argument, std::move(what), "tests/scenario/README.md has the words"};
}

Words split(const std::string& text) {
    std::istringstream in(text);
    Words out;
    for (std::string word; in >> word;) out.push_back(word);
    return out;
}

std::string trim(const std::string& text) {
    const auto begin = text.find_first_not_of(' ');
    return begin == std::string::npos ? "" : text.substr(begin, text.find_last_not_of(" \r") + 1 - begin);
}

// The value after a word, such as the 30m of "window 30m".
const std::string* after(const Words& words, std::string_view word) {
    const auto found = std::find(words.begin(), words.end(), word);
    return found == words.end() || found + 1 == words.end() ? nullptr : &*(found + 1);
}

Result<int> number(const std::string& text) {
    int value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || end != text.data() + text.size()) return wrong("'" + text + "' is no number");
    return value;
}

Result<std::chrono::minutes> whole_minutes(const std::string& text) {
    SB_TRY(const Duration value, parse_duration(text));
    return std::chrono::duration_cast<std::chrono::minutes>(value);
}

Result<Span> span_of(const Words& words) {
    const std::string* from = after(words, "from");
    const std::string* to = after(words, "to");
    if (from == nullptr || to == nullptr) return wrong("'from' and 'to' are needed");
    Span out;
    SB_TRY(out.from, whole_minutes(*from));
    SB_TRY(out.to, whole_minutes(*to));
    return out;
}

class Parser {
  public:
    Status line(int number, const std::string& text) {
        const std::size_t colon = text.find(": ");
        const Words words = split(text.substr(0, colon));
        const std::string rest = colon == std::string::npos ? "" : trim(text.substr(colon + 2));
        const std::string& first = words.front();
        if (first == "at" || first == "expect") return happening(number, text);
        if (first == "hosts") return hosts(words, rest);
        if (first == "limit") return limit(words);
        if (first == "breaker" && words.size() == 2) return breaker(words, rest);
        if (first == "closed") return closed(words);
        if (first == "service") return service(words);
        if (first == "lane") return lane(words, rest);
        if (first == "release") return release(words);
        if (first == "barrier") return barrier(words, rest);
        if (first == "manifest") return manifest(words, rest);
        return wrong("'" + first + "' begins no line");
    }
    Story take() && { return std::move(story_); }

  private:
    Status happening(int number, const std::string& text) {
        Line out;
        out.number = number;
        if (text.starts_with("expect never ")) {
            out.kind = Line::Kind::never;
            out.text = trim(text.substr(13));
        } else if (text.starts_with("expect ")) {
            const std::size_t by = text.rfind(" by ");
            if (by == std::string::npos) return wrong("'expect' needs 'by <time>' at its end, or 'never'");
            out.kind = Line::Kind::expect_by;
            out.text = trim(text.substr(7, by - 7));
            SB_TRY(out.at, parse_duration(trim(text.substr(by + 4))));
        } else {
            const std::size_t end = text.find(' ', 3);
            if (end == std::string::npos) return wrong("nothing happens there");
            SB_TRY(out.at, parse_duration(text.substr(3, end - 3)));
            out.text = trim(text.substr(end));
            if (out.text.starts_with("expect ")) {
                out.kind = Line::Kind::expect_at;
                out.text = trim(out.text.substr(7));
            }
        }
        story_.lines.push_back(std::move(out));
        return {};
    }

    EnvironmentDesign& environment(const std::string& name) {
        for (EnvironmentDesign& each : story_.design.environments) {
            if (each.name == name) return each;
        }
        story_.design.environments.push_back({name, {10, 10, 0, {}}, "", {}, {}});
        return story_.design.environments.back();
    }
    Result<ServiceDesign*> known_service(const std::string& name) {
        for (ServiceDesign& each : story_.design.services) {
            if (each.name == name) return &each;
        }
        return wrong("there is no service '" + name + "' above");
    }
    Result<ReleaseDesign*> known_release(const std::string& name) {
        for (ReleaseDesign& each : story_.design.releases) {
            if (each.name == name) return &each;
        }
        return wrong("there is no release '" + name + "' above");
    }

    Status hosts(const Words& words, const std::string& rest) {
        if (words.size() != 3 && words.size() != 5)
            return wrong("hosts <environment> <group> [at <site>]: <hosts>");
        std::vector<std::string> named;
        for (const std::string& word : split(rest)) SB_CHECK(name_hosts(word, named));
        environment(words[1]).groups.push_back(
            {words[2], words.size() == 5 ? words[4] : "cloud", std::move(named)});
        return {};
    }

    // "web-1", or "web-1..40" for the forty.
    Status name_hosts(const std::string& word, std::vector<std::string>& out) const {
        const std::size_t dots = word.find("..");
        if (dots == std::string::npos) {
            out.push_back(word);
            return {};
        }
        const std::size_t dash = word.rfind('-', dots);
        if (dash == std::string::npos) return wrong("a range of hosts is written web-1..40");
        SB_TRY(const auto first, number(word.substr(dash + 1, dots - dash - 1)));
        SB_TRY(const auto last, number(word.substr(dots + 2)));
        for (auto i = first; i <= last; ++i) out.push_back(word.substr(0, dash + 1) + std::to_string(i));
        return {};
    }

    Status limit(const Words& words) {
        const bool named = words.size() > 2 && (words[1] == "site" || words[1] == "service");
        const std::size_t at = named ? 3 : 2;
        if (words.size() <= at) return wrong("limit <environment>|global|site <s>|service <s> <n> …");
        LimitDesign out;
        SB_TRY(out.max, number(words[at]));
        out.hard = out.max;
        if (const std::string* hard = after(words, "hard")) {
            SB_TRY(out.hard, number(*hard));
        }
        if (const std::string* peak = after(words, "peak")) {
            SB_TRY(out.peak, number(*peak));
            SB_TRY(out.peak_hours, span_of(words));
        }
        if (words[1] == "global") {
            story_.design.global = out;
        } else if (words[1] == "site") {
            story_.design.sites[words[2]] = out;
        } else if (words[1] == "service") {
            SB_TRY(ServiceDesign* const service, known_service(words[2]));
            service->limit = out;
        } else {
            environment(words[1]).limit = out;
        }
        return {};
    }

    Status breaker(const Words& words, const std::string& rest) {
        environment(words[1]).breaker = "{" + rest + "}";
        return {};
    }

    Status closed(const Words& words) {
        if (words.size() < 3) return wrong("closed <environment> <name> from <time> to <time>");
        SB_TRY(const Span when, span_of(words));
        environment(words[1]).closed.push_back({words[2], when});
        return {};
    }

    Status service(const Words& words) {
        ServiceDesign out;
        if (words.size() < 2) return wrong("service <name> [needs <service>] [stops] [commands]");
        out.name = words[1];
        if (const std::string* needs = after(words, "needs")) out.depends_on.push_back(*needs);
        out.stops = std::find(words.begin(), words.end(), "stops") != words.end();
        out.commands = std::find(words.begin(), words.end(), "commands") != words.end();
        story_.design.services.push_back(std::move(out));
        return {};
    }

    Status lane(const Words& words, const std::string& rest) {
        if (words.size() < 3) return wrong("lane <service> <group> [balanced]: <strategy>");
        SB_TRY(ServiceDesign* const service, known_service(words[1]));
        service->lanes.push_back({words[2], rest, words.size() > 3 && words[3] == "balanced", 0});
        return {};
    }

    // release shop 1.1.0 of shop auth on staging production window 30m undo 10m opens 5m signed 20s
    Status release(const Words& words) {
        ReleaseDesign out;
        if (words.size() < 7)
            return wrong("release <name> <version> of <services> on <environments> window <time> …");
        out.name = words[1];
        out.version = words[2];
        std::vector<std::string>* list = nullptr;
        for (std::size_t i = 3; i < words.size(); ++i) {
            const std::string& word = words[i];
            Duration* time = word == "window"   ? &out.window
                             : word == "undo"   ? &out.undo_time
                             : word == "opens"  ? &out.opens
                             : word == "signed" ? &out.approved
                                                : nullptr;
            if (word == "of") {
                list = &out.services;
            } else if (word == "on") {
                list = &out.path;
            } else if (time != nullptr && i + 1 < words.size()) {
                SB_TRY(*time, parse_duration(words[++i]));
                list = nullptr;
            } else if (list != nullptr) {
                list->push_back(word);
            } else {
                return wrong("'" + word + "' has no meaning there");
            }
        }
        story_.design.releases.push_back(std::move(out));
        return {};
    }

    Status barrier(const Words& words, const std::string& rest) {
        if (words.size() != 2) return wrong("barrier <release>: <groups>");
        SB_TRY(ReleaseDesign* const release, known_release(words[1]));
        release->barrier = split(rest);
        return {};
    }

    Status manifest(const Words& words, const std::string& rest) {
        if (words.size() != 2) return wrong("manifest <release>: <line of its manifest>");
        SB_TRY(ReleaseDesign* const release, known_release(words[1]));
        release->more += rest + "\n";
        return {};
    }

    Story story_;
};

}  // namespace

Result<Story> parse_story(std::string_view text) {
    std::istringstream in{std::string(text)};
    Parser parser;
    int number = 0;
    for (std::string line; std::getline(in, line);) {
        ++number;
        line = trim(line.substr(0, line.find('#')));
        if (line.empty()) continue;
        SB_CHECK(parser.line(number, line).with_context(fmt::format("line {}", number)));
    }
    return std::move(parser).take();
}

}  // namespace signalbox::scenario
