// SPDX-License-Identifier: Apache-2.0
#include "controller/app/options.hpp"

#include <arpa/inet.h>
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <charconv>

#include "common/base/version.hpp"

namespace signalbox::app {

std::string ListenAddress::text() const {
    return host.find(':') == std::string::npos ? fmt::format("{}:{}", host, port)
                                               : fmt::format("[{}]:{}", host, port);
}

std::string ListenAddress::loopback_host() const {
    if (host == "0.0.0.0") return "127.0.0.1";
    if (host == "::") return "::1";
    return host;
}

Result<ListenAddress> parse_listen_address(const std::string& text) {
    const Error malformed(Code::invalid_argument, fmt::format("\"{}\" is not an address to listen on", text),
                          "Write an IP address and a port, such as 127.0.0.1:8443 or [::]:8443.");
    const auto colon = text.rfind(':');
    if (colon == std::string::npos) return malformed;
    ListenAddress out;
    out.host = text.substr(0, colon);
    std::array<unsigned char, 16> parsed{};
    if (out.host.size() > 2 && out.host.front() == '[' && out.host.back() == ']') {
        out.host = out.host.substr(1, out.host.size() - 2);
        if (inet_pton(AF_INET6, out.host.c_str(), parsed.data()) != 1) return malformed;
    } else if (inet_pton(AF_INET, out.host.c_str(), parsed.data()) != 1) {
        return malformed;
    }
    const char* const begin = text.data() + colon + 1;
    const char* const end = text.data() + text.size();
    const auto [stop, failure] = std::from_chars(begin, end, out.port);
    if (failure != std::errc() || stop != end || begin == end) return malformed;
    return out;
}

CommandLine parse_command_line(const std::vector<std::string>& arguments) {
    CommandLine out;
    std::string agent = out.options.agent.text();
    std::string operator_grpc = out.options.operator_grpc.text();
    std::string https = out.options.https.text();
    std::vector<std::string> networks;

    CLI::App app("The Signalbox controller: sequences releases, mints tokens, keeps the ledger.",
                 "signalboxd");
    app.set_version_flag("--version", std::string("signalboxd ") + std::string(program_version()));
    app.add_option("--data", out.options.data, "data directory, made by `signalbox init`")->required();
    app.add_option("--agent-listen", agent, "where agents connect (gRPC)")->capture_default_str();
    app.add_option("--operator-listen", operator_grpc, "operator API as gRPC")->capture_default_str();
    app.add_option("--https-listen", https, "operator API as HTTPS and JSON, health, metrics")
        ->capture_default_str();
    app.add_option("--advertise", out.options.advertise, "host name or address that agents are told to use");
    app.add_option(
        "--fetch-from", networks,
        "private network that artifacts may be fetched from, such as 10.20.0.0/16; again for more");
    app.add_option("--witness", out.options.witnesses,
                   "URL of a witness that cosigns checkpoints; again for more")
        ->check([](const std::string& url) {
            return url.starts_with("https://") ? std::string() : "a witness is reached by https:// only";
        });
    app.add_option("--witness-ca", out.options.witness_ca,
                   "file of the CA certificates of the witnesses, PEM [the system's]");
    app.add_option("--log-level", out.options.log_level, "how much to log")
        ->check(CLI::IsMember({"debug", "info", "warn", "error"}))
        ->capture_default_str();
    try {
        std::vector<std::string> reversed(arguments.rbegin(), arguments.rend());
        app.parse(reversed);
    } catch (const CLI::Success& asked) {
        const bool version = asked.get_name() == "CallForVersion";
        out.leave = Leave{
            0, version ? std::string("signalboxd ") + std::string(program_version()) + "\n" : app.help()};
        return out;
    } catch (const CLI::ParseError& wrong) {
        out.leave = Leave{2, fmt::format("signalboxd: {}. See signalboxd --help.\n", wrong.what())};
        return out;
    }
    struct Target {
        const char* flag;
        const std::string* text;
        ListenAddress* address;
    };
    for (const Target& target : {Target{"--agent-listen", &agent, &out.options.agent},
                                 Target{"--operator-listen", &operator_grpc, &out.options.operator_grpc},
                                 Target{"--https-listen", &https, &out.options.https}}) {
        auto parsed = parse_listen_address(*target.text);
        if (!parsed) {
            out.leave =
                Leave{2, fmt::format("signalboxd: {}: {}\n", target.flag, parsed.error().to_string())};
            return out;
        }
        *target.address = std::move(*parsed);
    }
    for (const auto& text : networks) {
        auto network = http::Network::parse(text);
        if (!network) {
            out.leave = Leave{2, fmt::format("signalboxd: --fetch-from: {}\n", network.error().to_string())};
            return out;
        }
        out.options.fetch_networks.push_back(*network);
    }
    return out;
}

}  // namespace signalbox::app
