// SPDX-License-Identifier: Apache-2.0
#include "controller/release/plan/canonical_writer.hpp"

#include <algorithm>

#include "common/json/json.hpp"

namespace signalbox::plan {
namespace {

bool is_plain(char c) {
    return c >= 0x20 && c < 0x7f && c != '"' && c != '\\';
}

}  // namespace

void CanonicalWriter::separate() {
    if (!first_) out_ += ',';
    first_ = false;
}

void CanonicalWriter::open(char bracket) {
    separate();
    out_ += bracket;
    first_ = true;
}

void CanonicalWriter::close(char bracket) {
    out_ += bracket;
    first_ = false;
}

void CanonicalWriter::text(std::string_view text) {
    if (std::all_of(text.begin(), text.end(), is_plain)) {
        out_ += '"';
        out_ += text;
        out_ += '"';
    } else {
        out_ += json::canonical(json::Json(std::string(text)));
    }
}

void CanonicalWriter::key(std::string_view name) {
    separate();
    text(name);
    out_ += ':';
    first_ = true;
}

void CanonicalWriter::value(std::string_view text_of_it) {
    separate();
    text(text_of_it);
}

void CanonicalWriter::raw(std::string_view json) {
    separate();
    out_ += json;
}

}  // namespace signalbox::plan
