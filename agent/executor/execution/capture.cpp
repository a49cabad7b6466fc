// SPDX-License-Identifier: Apache-2.0
#include "agent/executor/execution/capture.hpp"

#include <algorithm>

namespace signalbox::execution {

void Capture::add(ByteView bytes) {
    hash_.update(bytes);
    length_ += static_cast<std::int64_t>(bytes.size());
    kept_ += to_text(bytes.first(std::min(bytes.size(), kMaxKeptOutput - kept_.size())));
}

Captured Capture::finish() {
    return {std::move(kept_), hash_.finish(), length_};
}

}  // namespace signalbox::execution
