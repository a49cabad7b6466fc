// SPDX-License-Identifier: Apache-2.0
// TrustPort: whose signatures count now, and the key that signs tokens. Called on the domain strand only.
#pragma once

#include "common/crypto/keys.hpp"
#include "common/trust/trust_file.hpp"

namespace signalbox::dispatch {

class TrustPort {
  public:
    virtual ~TrustPort() = default;
    // The file in force; nullptr when there is none. Valid until the next publication.
    [[nodiscard]] virtual const trust::TrustFile* current() const = 0;
    [[nodiscard]] virtual const crypto::SigningKey& token_key() const = 0;
};

}  // namespace signalbox::dispatch
