// SPDX-License-Identifier: Apache-2.0
// The command line of signalboxd. Pure.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "common/base/result.hpp"
#include "common/http/address_rule.hpp"

namespace signalbox::app {

// "127.0.0.1:8443" or "[::1]:8443".
struct ListenAddress {
    std::string host;  // an IP address, without brackets
    std::uint16_t port = 0;

    [[nodiscard]] std::string text() const;
    // Where this process reaches it itself: the loopback address when it listens on all.
    [[nodiscard]] std::string loopback_host() const;
};
// Errors: invalid_argument, with the form that is due.
[[nodiscard]] Result<ListenAddress> parse_listen_address(const std::string& text);

struct Options {
    std::string data;
    ListenAddress agent{"127.0.0.1", 7443};
    ListenAddress operator_grpc{"127.0.0.1", 7444};
    ListenAddress https{"127.0.0.1", 8443};
    std::string advertise;  // host that agents are told to connect to; empty: the listening one
    // Networks that are not public, from which artifacts may be fetched all the same.
    std::vector<http::Network> fetch_networks;
    std::vector<std::string> witnesses;  // URLs, https
    std::string witness_ca;  // file of the CAs that their certificates are from; empty: the system's
    std::string log_level = "info";
};

// Either options, or what to print and leave with: help, the version, or what is wrong with the arguments.
struct Leave {
    int exit_code = 0;
    std::string text;  // to stdout when the code is 0, otherwise to stderr
};
struct CommandLine {
    Options options;
    std::optional<Leave> leave;
};
[[nodiscard]] CommandLine parse_command_line(const std::vector<std::string>& arguments);

}  // namespace signalbox::app
