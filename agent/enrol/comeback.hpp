// SPDX-License-Identifier: Apache-2.0
// Comes back after an absence in which our certificate expired: the controller gives a challenge, the
// executor signs it with the record key, and we get a new certificate for the identity that we have. No join
// token is needed. Blocks; one at a time.
#pragma once

#include "agent/enrol/identity.hpp"
#include "agent/ipc/client.hpp"
#include "common/base/time.hpp"

namespace signalbox::enrol {

// Verifies the controller by the authorities of the last certificate. Errors: unavailable, unauthenticated or
// permission_denied (the controller says no: why), refused (the certificate is not for us), the executor's.
[[nodiscard]] Status come_back(const IdentityStore& store, const Identity& identity, ipc::Client& executor,
                               const Clock& clock);

// Whether the controller answers somebody who shows no certificate; blocks. Errors: as above.
[[nodiscard]] Status answers(const IdentityStore& store, const Identity& identity, const Clock& clock);

}  // namespace signalbox::enrol
