// SPDX-License-Identifier: Apache-2.0
// The estate for the rest of the controller: where it comes from, and what it holds at a commit. All methods
// are called on the domain strand; Git is read on the side strand, and replies come back on the domain
// strand, once.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "common/async/strand.hpp"
#include "controller/access/caller.hpp"
#include "controller/estate/git_repository.hpp"
#include "controller/estate/load.hpp"
#include "controller/estate/source.hpp"
#include "controller/ledger/sealer.hpp"
#include "signalbox/v1/operator.pb.h"

namespace signalbox::estate {

struct Snapshot {
    std::string commit;
    Estate estate;
    Problems problems;
};

// Everything that it is given must outlive it and what it posted.
class EstateService {
  public:
    struct Parts {
        async::Strand& domain;
        async::Strand& side;  // may block
        GitCache& git;
        SourceStore& store;
        const ledger::Sealer& sealer;
        const Clock& clock;
    };
    explicit EstateService(Parts parts) : parts_(parts) {}

    // Before the first call: how the configured server is known. Errors: the store's.
    [[nodiscard]] Status open();

    // The configured source; nothing when none was set. Errors: the store's.
    [[nodiscard]] Result<std::optional<Source>> source() const;

    // The estate at a ref (empty: the configured one) of the configured repository. Problems are no error:
    // they are in the snapshot. Errors: failed_precondition (no source is set), GitCache's.
    using SnapshotReply = std::function<void(Result<std::shared_ptr<const Snapshot>>)>;
    void snapshot(const std::string& ref, SnapshotReply reply);

    // EstateService of operator.proto.
    void set_source(const access::Caller& caller, const v1::SetEstateSourceRequest& request,
                    std::function<void(Result<v1::SetEstateSourceResponse>)> reply);
    void check(const access::Caller& caller, const v1::CheckEstateRequest& request,
               std::function<void(Result<v1::CheckEstateResponse>)> reply);

  private:
    Parts parts_;
};

// For every API that reports problems.
[[nodiscard]] v1::EstateProblem to_message(const Problem& problem);

}  // namespace signalbox::estate
