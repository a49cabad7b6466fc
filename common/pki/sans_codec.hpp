// SPDX-License-Identifier: Apache-2.0
// SubjectNames to and from OpenSSL's structure. Inner to this module.
#pragma once

#include "common/pki/openssl.hpp"
#include "common/pki/sans.hpp"

namespace signalbox::pki {

// Built name by name, never from OpenSSL's configuration text: a name cannot smuggle in another.
// Errors: invalid_argument (no name, empty, not printable ASCII, not an IP address).
[[nodiscard]] Result<Names> encode(const SubjectNames& names);
// Errors: invalid_argument (a kind of name that we never issue, or a NUL in one).
[[nodiscard]] Result<SubjectNames> decode(X509* certificate);

}  // namespace signalbox::pki
