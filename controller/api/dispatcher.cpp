// SPDX-License-Identifier: Apache-2.0
#include "controller/api/dispatcher.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace signalbox::api {
namespace {

// RFC 6750 2.1: "Bearer" SP token; the scheme's case does not matter.
Result<std::string> bearer_token(std::string_view header) {
    constexpr std::string_view scheme = "bearer ";
    const auto same = [](char a, char b) { return (a >= 'A' && a <= 'Z' ? a + ('a' - 'A') : a) == b; };
    if (header.size() <= scheme.size() || !std::equal(scheme.begin(), scheme.end(), header.begin(),
                                                      [&](char a, char b) { return same(b, a); })) {
        return Error(Code::unauthenticated, "no API key was sent",
                     "Send the header \"Authorization: Bearer sbk_…\" with a key of yours.");
    }
    return std::string(header.substr(scheme.size()));
}

std::string names_of(const std::vector<access::Role>& roles) {
    std::string out;
    for (const auto role : roles) {
        if (!out.empty()) out += " or ";
        out += to_string(role);
    }
    return out;
}

Status check_role(const Method& method, const access::Caller& caller) {
    if (caller.holds_any(method.needs.any_of)) return {};
    return Error(Code::permission_denied,
                 fmt::format("\"{}\" may not call {}: it needs the role {}", caller.name, method.name,
                             names_of(method.needs.any_of)),
                 "Use a key that holds the role, or ask an administrator for one.");
}

}  // namespace

Dispatcher::Dispatcher(MethodTable table, Authenticator authenticate, async::Strand& strand,
                       telemetry::Metrics& metrics, telemetry::Logger log, OnDenied on_denied)
    : strand_(strand) {
    const auto counter = [&metrics](const char* outcome) -> telemetry::Counter& {
        return metrics.counter("signalbox_api_calls_total", "Calls of the operator API by their outcome.",
                               {{"outcome", outcome}});
    };
    shared_.reset(new Shared{std::move(table), std::move(authenticate), std::move(log), std::move(on_denied),
                             counter("ok"), counter("failed"), counter("unauthenticated"),
                             counter("denied")});
}

void Dispatcher::call(std::string_view method_name, std::string_view bearer, std::string body,
                      Encoding encoding, Finish finish) const {
    auto key = bearer_token(bearer);
    if (!key) {
        shared_->unauthenticated.add();
        return finish(std::move(key).error());
    }
    strand_.post([shared = shared_, name = std::string(method_name), secret = *std::move(key),
                  content = std::move(body), encoding, finish = std::move(finish)] {
        // The key comes first: a stranger learns neither which methods exist nor how requests parse.
        const auto caller = shared->authenticate(secret);
        if (!caller) {
            shared->unauthenticated.add();
            return finish(Error(caller.error()));
        }
        const auto found = shared->table.find(name);
        if (found == shared->table.end()) {
            shared->failed.add();
            return finish(Error(Code::not_found, fmt::format("there is no method {}", name),
                                "Compare the program's version with the controller's."));
        }
        const Method& method = found->second;
        if (auto allowed = check_role(method, *caller); !allowed) {
            shared->denied.add();
            shared->log.warning("a call was denied", {{"caller", caller->name}, {"method", name}});
            if (shared->on_denied) shared->on_denied(*caller, name);
            return finish(std::move(allowed).error());
        }
        const MessagePtr request(method.request_prototype->New());
        if (auto parsed = decode(content, encoding, *request); !parsed) {
            shared->failed.add();
            return finish(std::move(parsed).error());
        }
        method.handler(*caller, *request, [shared, encoding, finish](Result<MessagePtr> answer) {
            (answer ? shared->ok : shared->failed).add();
            if (!answer) return finish(std::move(answer).error());
            finish(encode(**answer, encoding));
        });
    });
}

void Dispatcher::authenticate(std::string_view bearer,
                              std::function<void(Result<access::Caller>)> finish) const {
    auto key = bearer_token(bearer);
    if (!key) return finish(std::move(key).error());
    strand_.post([shared = shared_, secret = *std::move(key), finish = std::move(finish)] {
        finish(shared->authenticate(secret));
    });
}

}  // namespace signalbox::api
