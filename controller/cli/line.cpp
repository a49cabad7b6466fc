// SPDX-License-Identifier: Apache-2.0
#include "controller/cli/line.hpp"

namespace signalbox::cli {

Line& Line::add(std::string_view text, Tone tone) {
    if (full_ || text.empty()) return *this;
    std::string piece = safe(text);
    std::size_t width = columns(piece);
    if (terminal_->interactive && used_ + width > terminal_->width) {
        piece = fit(piece, terminal_->width - used_);
        width = columns(piece);
        full_ = true;
    }
    text_ += paint(*terminal_, tone, piece);
    used_ += width;
    return *this;
}

Line& Line::to_column(std::size_t column) {
    const std::size_t blanks = used_ < column ? column - used_ : (used_ == 0 ? 0 : 1);
    return add(std::string(blanks, ' '));
}

}  // namespace signalbox::cli
