// SPDX-License-Identifier: Apache-2.0
// Which network addresses an outgoing request may reach: the guard against server-side request forgery. It
// judges the address that is about to be connected to, never a name. Pure.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/result.hpp"

struct sockaddr;

namespace signalbox::http {

// An IPv4 or IPv6 network such as 10.20.0.0/16 or fd00:1::/48.
class Network {
  public:
    // A plain address is a network of one. Errors: invalid_argument (also when bits below the prefix are
    // set).
    [[nodiscard]] static Result<Network> parse(std::string_view text);
    [[nodiscard]] bool contains(const std::array<std::uint8_t, 16>& address) const;

  private:
    std::array<std::uint8_t, 16> base_{};  // IPv4 as ::ffff:a.b.c.d
    unsigned prefix_ = 128;
};

class AddressRule {
  public:
    // For a peer that an administrator named in a configuration: everything but nonsense is allowed.
    [[nodiscard]] static AddressRule any();
    // For a URL that comes from a document: public unicast addresses only, and the networks listed here
    // (an artifact server inside the estate). Loopback, private, link-local, metadata, multicast, carrier
    // NAT, documentation, 6to4, NAT64, Teredo and mapped forms of them are not public.
    [[nodiscard]] static AddressRule public_only(std::vector<Network> also_allowed = {});

    [[nodiscard]] bool allows(const sockaddr* address) const;

  private:
    bool public_only_ = false;
    std::vector<Network> also_allowed_;
};

// "192.0.2.7" or "2001:db8::1", for messages.
[[nodiscard]] std::string describe_address(const sockaddr* address);

}  // namespace signalbox::http
