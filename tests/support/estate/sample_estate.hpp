// SPDX-License-Identifier: Apache-2.0
// The estate of the quickstart's shape: staging in place, production with a blue-green cloud and a legacy
// host held together by a barrier. Tests change its texts to provoke problems.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "controller/estate/load.hpp"

namespace signalbox::support {

inline constexpr const char* kStaging = R"(kind: Environment
name: staging
tier: staging
approvals: {}
throttle: {max_in_flight: 2}
hosts:
  test: {site: on-premises, select: {role: test}}
)";

inline constexpr const char* kProduction = R"(kind: Environment
name: production
tier: production
promotes_from: staging
approvals: {security: 1, operations: 1}
throttle: {max_in_flight: 10}
hosts:
  dc1:   {site: on-premises, select: {role: legacy}}
  cloud: {site: cloud, select: {role: web}}
traffic:
  front:
    kind: haproxy
    socket: /run/haproxy/admin.sock
    backend: shop
    via: web-green
    servers: {blue: web-blue, green: web-green}
    live: blue
    drain: 2s
)";

inline constexpr const char* kService = R"(kind: Service
name: shop
owner: team-shop
support_group: shop-oncall
cost_center: "4711"
criticality: high
artifact: {format: tar, layout: releases/<digest> + current}
activate: {argv: [restart-shop, "${host.port}"], within: 20s}
health: {http: "http://127.0.0.1:${host.port}/healthz", expect: 200, contains: "shop ${release.version}", within: 10s}
)";

inline constexpr const char* kRelease = R"(kind: Release
service: shop
version: 1.1.0
commit: 5f3c0a1b
tickets: [SHOP-7]
artifacts: {app: {url: "blob:sha256:1111111111111111111111111111111111111111111111111111111111111111"}}
path: [staging, production]
strategy:
  test: {kind: in_place}
  cloud: {kind: blue_green, traffic: front}
  dc1: {kind: in_place, batch: 1}
  barrier: [cloud, dc1]
)";

// By path; change it, then files().
struct SampleEstate {
    std::map<std::string, std::string> texts{{"environments/staging.yaml", kStaging},
                                             {"environments/production.yaml", kProduction},
                                             {"services/shop.yaml", kService},
                                             {"releases/shop-1.1.0.yaml", kRelease}};

    // Replaces the first `from` in a file; terminates the test when it is not there.
    SampleEstate& edit(const std::string& path, const std::string& from, const std::string& to) {
        std::string& text = texts.at(path);
        text.replace(text.find(from) == std::string::npos ? throw from : text.find(from), from.size(), to);
        return *this;
    }
    [[nodiscard]] std::vector<estate::SourceFile> files() const {
        std::vector<estate::SourceFile> out;
        for (const auto& [path, text] : texts) out.push_back({path, text});
        return out;
    }
    [[nodiscard]] estate::Loaded load() const { return estate::load(files()); }
};

}  // namespace signalbox::support
