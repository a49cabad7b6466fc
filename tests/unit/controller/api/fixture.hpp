// SPDX-License-Identifier: Apache-2.0
// A dispatcher over a small table and two keys, on a strand that runs when the test says so.
#pragma once

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <vector>

#include "controller/api/dispatcher.hpp"
#include "signalbox/v1/operator.pb.h"
#include "tests/fakes/manual_clock.hpp"
#include "tests/fakes/manual_strand.hpp"

namespace signalbox::api {

class ApiFixture : public testing::Test {
  protected:
    static Result<access::Caller> who(std::string_view key) {
        if (key == "admin-key")
            return access::Caller{"ann", "000000000001", {access::Role::administrator}, ""};
        if (key == "audit-key") return access::Caller{"bob", "000000000002", {access::Role::auditor}, ""};
        return Error(Code::unauthenticated, "this API key is not valid", "Ask for one.");
    }

    MethodTable table() {
        MethodTable out;
        const auto add = [&](Method method) {
            const std::string name = method.name;
            out.emplace(name, std::move(method));
        };
        add(unary<v1::WhoAmIRequest, v1::WhoAmIResponse>(
            "signalbox.v1.AccessService/WhoAmI", {access::all_roles()},
            [](const access::Caller& caller, const v1::WhoAmIRequest&) -> Result<v1::WhoAmIResponse> {
                v1::WhoAmIResponse answer;
                answer.set_name(caller.name);
                return answer;
            }));
        add(unary<v1::RevokeApiKeyRequest, v1::RevokeApiKeyResponse>(
            "signalbox.v1.AccessService/RevokeApiKey", {{access::Role::administrator}},
            [this](const access::Caller&,
                   const v1::RevokeApiKeyRequest& request) -> Result<v1::RevokeApiKeyResponse> {
                revoked = request.id();
                if (request.id() == "conflict")
                    return Error(Code::conflict, "changed meanwhile", "Look again.");
                return v1::RevokeApiKeyResponse();
            }));
        add(deferred<v1::GetReleaseRequest, v1::GetReleaseResponse>(
            "signalbox.v1.ReleaseService/Get", {access::all_roles()},
            [this](const access::Caller&, const v1::GetReleaseRequest&,
                   std::function<void(Result<v1::GetReleaseResponse>)> reply) {
                waiting = std::move(reply);
            }));
        return out;
    }

    fakes::ManualClock clock;
    fakes::ManualStrand strand{clock};
    std::string revoked;
    std::function<void(Result<v1::GetReleaseResponse>)> waiting;
    telemetry::Metrics metrics;
    std::vector<std::string> alarms;
    Dispatcher dispatcher{table(),
                          who,
                          strand,
                          metrics,
                          telemetry::Logger::silent(),
                          [this](const access::Caller& caller, const std::string& method) {
                              alarms.push_back(caller.name + " " + method);
                          }};

    [[nodiscard]] bool counted(const std::string& outcome, int times) const {
        return metrics.render().find("signalbox_api_calls_total{outcome=\"" + outcome + "\"} " +
                                     std::to_string(times) + "\n") != std::string::npos;
    }
};

}  // namespace signalbox::api
