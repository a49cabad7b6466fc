// SPDX-License-Identifier: Apache-2.0
#include "common/http/address_rule.hpp"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <charconv>
#include <cstring>
#include <optional>

namespace signalbox::http {
namespace {

using Address = std::array<std::uint8_t, 16>;
constexpr Address kMappedPrefix{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 0, 0, 0, 0};

Address from_v4(const std::uint8_t* four) {
    Address out = kMappedPrefix;
    std::copy(four, four + 4, out.begin() + 12);
    return out;
}

std::optional<Address> address_of(const sockaddr* address) {
    if (address == nullptr) return std::nullopt;
    if (address->sa_family == AF_INET) {
        sockaddr_in in{};
        std::memcpy(&in, address, sizeof in);
        std::array<std::uint8_t, 4> four{};
        std::memcpy(four.data(), &in.sin_addr, 4);
        return from_v4(four.data());
    }
    if (address->sa_family == AF_INET6) {
        sockaddr_in6 in{};
        std::memcpy(&in, address, sizeof in);
        Address out{};
        std::memcpy(out.data(), &in.sin6_addr, 16);
        return out;
    }
    return std::nullopt;
}

// IANA special-purpose registries (RFC 6890 and its updates), plus the ranges that carry an IPv4 address
// inside an IPv6 one and so could smuggle a private one.
const std::vector<Network>& not_public() {
    static const std::vector<Network> networks = [] {
        std::vector<Network> out;
        for (const char* text :
             {"0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12",
              "192.0.0.0/24", "192.0.2.0/24", "192.31.196.0/24", "192.52.193.0/24", "192.88.99.0/24",
              "192.168.0.0/16", "192.175.48.0/24", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24",
              "224.0.0.0/4", "240.0.0.0/4"}) {
            out.push_back(*Network::parse(text));
        }
        return out;
    }();
    return networks;
}

bool is_public(const Address& address) {
    if (std::equal(kMappedPrefix.begin(), kMappedPrefix.begin() + 12, address.begin())) {
        return std::none_of(not_public().begin(), not_public().end(),
                            [&](const Network& network) { return network.contains(address); });
    }
    // Only global unicast 2000::/3, without the parts of it that are tunnels or documentation.
    if ((address[0] & 0xe0) != 0x20) return false;
    static const std::vector<Network> excluded{*Network::parse("2001::/23"), *Network::parse("2001:db8::/32"),
                                               *Network::parse("2002::/16"), *Network::parse("3fff::/20")};
    return std::none_of(excluded.begin(), excluded.end(),
                        [&](const Network& network) { return network.contains(address); });
}

}  // namespace

Result<Network> Network::parse(std::string_view text) {
    const auto bad = [&](std::string_view why) {
        return Error(Code::invalid_argument, fmt::format("\"{}\" is not a network: {}", text, why),
                     "Write it as 10.20.0.0/16 or fd00:1::/48.");
    };
    const auto slash = text.find('/');
    const std::string host(text.substr(0, slash));
    Network out;
    std::array<std::uint8_t, 4> four{};
    unsigned width = 128;
    if (inet_pton(AF_INET, host.c_str(), four.data()) == 1) {
        out.base_ = from_v4(four.data());
        width = 32;
    } else if (inet_pton(AF_INET6, host.c_str(), out.base_.data()) != 1) {
        return bad("the address does not parse");
    }
    unsigned prefix = width;
    if (slash != std::string_view::npos) {
        const auto digits = text.substr(slash + 1);
        const auto* end = digits.data() + digits.size();
        const auto [stop, failure] = std::from_chars(digits.data(), end, prefix);
        if (failure != std::errc() || stop != end || prefix > width) return bad("the prefix length is wrong");
    }
    out.prefix_ = prefix + (128 - width);
    for (unsigned bit = out.prefix_; bit < 128; ++bit) {
        if ((out.base_[bit / 8] & (0x80U >> (bit % 8))) != 0) return bad("bits below the prefix are set");
    }
    return out;
}

bool Network::contains(const std::array<std::uint8_t, 16>& address) const {
    for (unsigned bit = 0; bit < prefix_; ++bit) {
        const unsigned mask = 0x80U >> (bit % 8);
        if ((base_[bit / 8] & mask) != (address[bit / 8] & mask)) return false;
    }
    return true;
}

AddressRule AddressRule::any() {
    return {};
}

AddressRule AddressRule::public_only(std::vector<Network> also_allowed) {
    AddressRule out;
    out.public_only_ = true;
    out.also_allowed_ = std::move(also_allowed);
    return out;
}

bool AddressRule::allows(const sockaddr* address) const {
    const auto bytes = address_of(address);
    if (!bytes) return false;
    if (!public_only_) return true;
    if (is_public(*bytes)) return true;
    return std::any_of(also_allowed_.begin(), also_allowed_.end(),
                       [&](const Network& network) { return network.contains(*bytes); });
}

std::string describe_address(const sockaddr* address) {
    std::array<char, INET6_ADDRSTRLEN> text{};
    if (address != nullptr && address->sa_family == AF_INET) {
        sockaddr_in in{};
        std::memcpy(&in, address, sizeof in);
        if (inet_ntop(AF_INET, &in.sin_addr, text.data(), text.size()) != nullptr) return text.data();
    }
    if (address != nullptr && address->sa_family == AF_INET6) {
        sockaddr_in6 in{};
        std::memcpy(&in, address, sizeof in);
        if (inet_ntop(AF_INET6, &in.sin6_addr, text.data(), text.size()) != nullptr) return text.data();
    }
    return "an address of an unknown family";
}

}  // namespace signalbox::http
