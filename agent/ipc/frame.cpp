// SPDX-License-Identifier: Apache-2.0
#include "agent/ipc/frame.hpp"

#include <fmt/format.h>

namespace signalbox::ipc {
namespace {

Status check_length(std::size_t length) {
    if (length == 0) return Error(Code::invalid_argument, "the frame is empty");
    if (length > kMaxFrameBytes)
        return Error(Code::resource_exhausted,
                     fmt::format("a frame of {} bytes is over the cap of {}", length, kMaxFrameBytes));
    return {};
}

}  // namespace

Result<std::string> encode_frame(std::string_view payload) {
    SB_CHECK(check_length(payload.size()));
    const auto length = static_cast<std::uint32_t>(payload.size());
    std::string frame;
    frame.reserve(kHeaderBytes + payload.size());
    for (int shift = 24; shift >= 0; shift -= 8) frame += static_cast<char>((length >> shift) & 0xFFU);
    frame += payload;
    return frame;
}

Result<std::size_t> decode_header(const std::array<std::uint8_t, kHeaderBytes>& header) {
    std::size_t length = 0;
    for (const std::uint8_t byte : header) length = (length << 8) | byte;
    SB_CHECK(check_length(length));
    return length;
}

}  // namespace signalbox::ipc
