// SPDX-License-Identifier: Apache-2.0
// SecretsPort: how the values that a step names get to its host, sealed. On the domain strand.
#pragma once

#include <string>

#include "common/base/result.hpp"
#include "common/crypto/sealed_box.hpp"
#include "common/secret/secret.hpp"

namespace signalbox::dispatch {

class SecretsPort {
  public:
    virtual ~SecretsPort() = default;
    // Each value, sealed to the host's key. Errors: unavailable (removed, or not what the reference says).
    [[nodiscard]] virtual Result<secret::Sealed> seal(const std::string& environment,
                                                      const secret::References& references,
                                                      const crypto::SealingPublic& to) = 0;
};

}  // namespace signalbox::dispatch
