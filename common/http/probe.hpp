// SPDX-License-Identifier: Apache-2.0
// One plain HTTP or HTTPS GET for a health check. The URL is part of an action that people signed, so
// loopback and the local network are allowed; redirects are not followed, no proxy is used, nothing is sent
// along, and size and time are capped. HTTPS certificates are verified against the system's CAs.
#pragma once

#include <chrono>
#include <string>

#include "common/base/result.hpp"

namespace signalbox::http {

struct ProbeAnswer {
    int status = 0;
    std::string body;  // cut at the cap
};

struct ProbeLimits {
    std::chrono::milliseconds deadline{5000};
    std::size_t max_body_bytes = 64 * 1024;
};

// Blocks. Any HTTP status is an answer. Errors: invalid_argument (URL), unavailable, deadline_exceeded.
[[nodiscard]] Result<ProbeAnswer> probe(const std::string& url, const ProbeLimits& limits = {});

}  // namespace signalbox::http
