// SPDX-License-Identifier: Apache-2.0
#include "controller/cli/report.hpp"

#include "common/json/json.hpp"

namespace signalbox::cli {

std::string render_error(const Error& error, const Terminal& terminal) {
    std::string out = paint(terminal, Tone::bad, "error:") + " " + safe(error.message()) + "\n";
    if (!error.remedy().empty())
        out += paint(terminal, Tone::strong, "next:") + " " + safe(error.remedy()) + "\n";
    return out;
}

std::string error_json(const Error& error) {
    const json::Json inner = {
        {"code", to_string(error.code())}, {"message", error.message()}, {"next", error.remedy()}};
    return json::Json{{"error", inner}}.dump(-1, ' ', false, json::Json::error_handler_t::replace) + "\n";
}

}  // namespace signalbox::cli
