// SPDX-License-Identifier: Apache-2.0
// Port: the bytes of an https URL, piece by piece. Called on the side strand.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "common/base/bytes.hpp"
#include "common/base/result.hpp"
#include "common/http/address_rule.hpp"

namespace signalbox::artifact {

class Fetcher {
  public:
    virtual ~Fetcher() = default;
    using Sink = std::function<Status(ByteView)>;
    // Errors: unavailable, refused (certificate, address, an answer other than 200), deadline_exceeded,
    // resource_exhausted (more than max_bytes), the sink's.
    [[nodiscard]] virtual Status fetch(const std::string& url, std::uint64_t max_bytes, const Sink& sink) = 0;
};

// Over TLS with the system's CAs, to public addresses and the networks given here only: a URL comes from a
// document that somebody wrote, and must not reach what only the controller can reach.
class HttpsFetcher final : public Fetcher {
  public:
    explicit HttpsFetcher(std::vector<http::Network> also_allowed = {})
        : also_allowed_(std::move(also_allowed)) {}
    [[nodiscard]] Status fetch(const std::string& url, std::uint64_t max_bytes, const Sink& sink) override;

  private:
    std::vector<http::Network> also_allowed_;
};

}  // namespace signalbox::artifact
