// SPDX-License-Identifier: Apache-2.0
// StatusService: one look at the whole controller. On the domain strand.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "common/base/result.hpp"
#include "controller/access/caller.hpp"
#include "controller/authority/authority.hpp"
#include "controller/ledger/ledger.hpp"
#include "signalbox/v1/operator.pb.h"

namespace signalbox::api {

// What other services know; each is called on the strand.
struct StatusSources {
    struct Agents {
        std::uint32_t online = 0;
        std::uint32_t total = 0;
    };
    struct Estate {
        std::string url;  // empty: not set yet
        std::string ref;
    };
    std::function<Result<Agents>()> agents;
    std::function<Result<std::uint32_t>()> active_releases;
    std::function<Result<Estate>()> estate;
};

class StatusApi {
  public:
    // Both must outlive it.
    StatusApi(authority::Authority& authority, ledger::Ledger& ledger, StatusSources sources)
        : authority_(authority), ledger_(ledger), sources_(std::move(sources)) {}

    [[nodiscard]] Result<v1::GetStatusResponse> get(const access::Caller& caller,
                                                    const v1::GetStatusRequest& request);

  private:
    authority::Authority& authority_;
    ledger::Ledger& ledger_;
    StatusSources sources_;
};

}  // namespace signalbox::api
