// SPDX-License-Identifier: Apache-2.0
// The key that secrets are sealed to is made at the first start; a lost one must not be made again, as no
// secret that is kept could be opened with it. Stateless.
#pragma once

#include <string>

#include "common/base/result.hpp"
#include "controller/secret/store.hpp"

namespace signalbox::app {

// To be asked before the key is loaded or made. Errors: data_loss (it is missing and secrets are kept), the
// store's.
[[nodiscard]] Status check_secrets_key(const std::string& keys, const secret::SecretStore& store);

}  // namespace signalbox::app
