// SPDX-License-Identifier: Apache-2.0
// libsodium must be initialised once before use; every file here that calls it calls this first. Thread-safe.
// Private to common/crypto: the only module that includes sodium.h.
#pragma once

namespace signalbox::crypto {

// Terminates when libsodium finds no source of randomness: nothing can be trusted then.
void require_sodium();

}  // namespace signalbox::crypto
