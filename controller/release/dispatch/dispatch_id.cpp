// SPDX-License-Identifier: Apache-2.0
#include "controller/release/dispatch/dispatch_id.hpp"

#include <fmt/format.h>

#include <charconv>

namespace signalbox::dispatch {
namespace {

bool whole_number(std::string_view text, int& out) {
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
    return error == std::errc() && end == text.data() + text.size() && out >= 0;
}

}  // namespace

std::string to_string(const DispatchId& id) {
    std::string out = fmt::format("{}/{}/{}", id.release.str(), id.step.str(), id.attempt);
    return id.ask == 0 ? out : fmt::format("{}#{}", out, id.ask);
}

Result<DispatchId> parse_dispatch_id(std::string_view text) {
    const Error wrong(Code::invalid_argument, fmt::format("'{:.200}' is no dispatch id", text));
    DispatchId out;
    std::string_view rest = text;
    if (const auto hash = rest.rfind('#'); hash != std::string_view::npos) {
        if (!whole_number(rest.substr(hash + 1), out.ask)) return wrong;
        rest = rest.substr(0, hash);
    }
    const auto first = rest.find('/');
    const auto last = rest.rfind('/');
    if (first == std::string_view::npos || first == last) return wrong;
    if (!whole_number(rest.substr(last + 1), out.attempt)) return wrong;
    out.release = ReleaseId(std::string(rest.substr(0, first)));
    out.step = StepId(std::string(rest.substr(first + 1, last - first - 1)));
    return out;
}

}  // namespace signalbox::dispatch
