// SPDX-License-Identifier: Apache-2.0
// The whole operator API in one table: method, who may call it, what answers. Deny by default: a method that
// is not here does not exist, and tests/unit/controller/api/method_table_test fails when one of the
// descriptors' methods is missing.
#pragma once

#include "controller/api/method.hpp"

namespace signalbox::access {
class AccessService;
}
namespace signalbox::artifact {
class ArtifactService;
}
namespace signalbox::authority {
class TrustApi;
}
namespace signalbox::dispatch {
class ReleaseApi;
}
namespace signalbox::estate {
class EstateService;
}
namespace signalbox::fleet {
class AuthorityChange;
class Service;
}  // namespace signalbox::fleet
namespace signalbox::ledger {
class LedgerApi;
}
namespace signalbox::secret {
class SecretService;
}

namespace signalbox::api {

class StatusApi;

// What the methods call; all must outlive the table's last call.
struct Services {
    StatusApi* status = nullptr;
    access::AccessService* access = nullptr;
    authority::TrustApi* trust = nullptr;
    fleet::Service* fleet = nullptr;
    fleet::AuthorityChange* authority_change = nullptr;
    estate::EstateService* estate = nullptr;
    artifact::ArtifactService* artifact = nullptr;
    dispatch::ReleaseApi* release = nullptr;
    ledger::LedgerApi* ledger = nullptr;
    secret::SecretService* secret = nullptr;
};

[[nodiscard]] MethodTable method_table(const Services& services);

}  // namespace signalbox::api
