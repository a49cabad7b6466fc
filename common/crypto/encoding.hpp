// SPDX-License-Identifier: Apache-2.0
// Hex, base64 and base64url (RFC 4648), strict when decoding: no white space, no missing or extra padding, no
// non-canonical trailing bits.
#pragma once

#include <string>
#include <string_view>

#include "common/base/bytes.hpp"
#include "common/base/result.hpp"

namespace signalbox::crypto {

[[nodiscard]] std::string to_hex(ByteView bytes);                // lower case
[[nodiscard]] Result<Bytes> from_hex(std::string_view text);     // either case
[[nodiscard]] std::string to_base64(ByteView bytes);             // standard alphabet, padded
[[nodiscard]] Result<Bytes> from_base64(std::string_view text);  // standard alphabet, padded
[[nodiscard]] std::string to_base64url(ByteView bytes);          // URL alphabet, unpadded
[[nodiscard]] Result<Bytes> from_base64url(std::string_view text);

// True when equal; the time does not depend on where they differ, only on the lengths.
[[nodiscard]] bool constant_time_equal(ByteView a, ByteView b);

}  // namespace signalbox::crypto
