// SPDX-License-Identifier: Apache-2.0
// The frame of the agent's local protocol: u32 big-endian length, then that many bytes of JSON text. Pure.
// One frame is one message; descriptors travel beside its first byte (channel.hpp).
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "common/base/bytes.hpp"
#include "common/base/result.hpp"

namespace signalbox::ipc {

inline constexpr std::size_t kHeaderBytes = 4;
// An approval of a few thousand steps, in base64 twice, fits.
inline constexpr std::size_t kMaxFrameBytes = 16U << 20;
// Artifacts that one step may name.
inline constexpr std::size_t kMaxDescriptors = 16;

// Header and payload together. Errors: resource_exhausted (over kMaxFrameBytes), invalid_argument (empty).
[[nodiscard]] Result<std::string> encode_frame(std::string_view payload);
// The payload length that a header announces. Errors: resource_exhausted, invalid_argument (zero).
[[nodiscard]] Result<std::size_t> decode_header(const std::array<std::uint8_t, kHeaderBytes>& header);

}  // namespace signalbox::ipc
