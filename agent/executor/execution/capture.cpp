// SPDX-License-Identifier: Apache-2.0
#include "agent/executor/execution/capture.hpp"

#include <algorithm>

namespace signalbox::execution {

Capture::Capture(const secret::Patterns* redact) {
    if (redact != nullptr) redactor_.emplace(*redact, [this](std::string_view piece) { take(piece); });
}

void Capture::add(ByteView bytes) {
    const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    if (redactor_)
        redactor_->add(text);
    else
        take(text);
}

void Capture::take(std::string_view text) {
    hash_.update(as_bytes(text));
    length_ += static_cast<std::int64_t>(text.size());
    kept_ += text.substr(0, std::min(text.size(), kMaxKeptOutput - kept_.size()));
}

Captured Capture::finish() {
    if (redactor_) redactor_->finish();
    return {std::move(kept_), hash_.finish(), length_};
}

}  // namespace signalbox::execution
