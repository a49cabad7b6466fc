// SPDX-License-Identifier: Apache-2.0
// Enrols this host: takes a join line, has the executor prove its record key, gets a certificate from the
// controller that the line authenticates, and gives the executor its identity and first trust file. Blocks.
#pragma once

#include <string>

#include "agent/enrol/identity.hpp"
#include "common/base/time.hpp"
#include "common/join/join_line.hpp"

namespace signalbox::enrol {

struct EnrolOptions {
    std::string state_directory;  // exists, private, locked by the caller
    std::string executor_socket;
    std::string agent_version;
};

// Errors: already_exists (enrolled; the remedy says how to start anew), failed_precondition (the executor is
// not initialised, or has an identity), refused (the controller is not the one of the line, or sent another
// trust file), unauthenticated (join token), unavailable. The token is used up only by success or by the
// errors that say so.
[[nodiscard]] Result<Identity> enrol(const join::JoinLine& line, const EnrolOptions& options,
                                     const Clock& clock);

}  // namespace signalbox::enrol
