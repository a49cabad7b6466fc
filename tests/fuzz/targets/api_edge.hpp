// SPDX-License-Identifier: Apache-2.0
// The HTTPS edge over every method of the operator API, each of which answers with nothing: what a request
// meets before a handler of ours. For the targets http_request and connect_json.
#pragma once

#include <google/protobuf/descriptor.h>
#include <google/protobuf/message.h>
#include <google/protobuf/util/message_differencer.h>

#include <optional>
#include <string>

#include "controller/api/dispatcher.hpp"
#include "controller/api/https_edge.hpp"
#include "signalbox/v1/operator.pb.h"
#include "tests/fakes/manual_clock.hpp"
#include "tests/fakes/manual_strand.hpp"
#include "tests/fuzz/fuzz.hpp"

namespace signalbox::fuzz {

// A request that was taken is read back the same from either encoding.
inline void message_reads_back(const google::protobuf::Message& message) {
    for (const auto encoding : {api::Encoding::json, api::Encoding::protobuf}) {
        const auto text = api::encode(message, encoding);
        require(text.ok(), "a request that parses can be written");
        const api::MessagePtr again(message.New());
        require(api::decode(*text, encoding, *again).ok(), "and read back");
        require(google::protobuf::util::MessageDifferencer::Equals(message, *again), "the same");
    }
}

class ApiEdge {
  public:
    http::ServerResponse ask(http::ServerRequest request) {
        std::optional<http::ServerResponse> got;
        handler_(std::move(request), [&](http::ServerResponse response) {
            require(!got, "a request is answered once");
            got = std::move(response);
        });
        strand_.run_ready();
        require(got.has_value(), "a request is answered");
        require(got->status >= 200 && got->status < 600 && got->status != 500,
                "with a status that says what to do");
        for (const auto& [name, value] : got->headers) {
            require((name + value).find_first_of("\r\n") == std::string::npos, "a header is one line");
        }
        return *std::move(got);
    }

  private:
    static Result<access::Caller> who(std::string_view key) {
        if (key == "key") return access::Caller{"ann", "000000000001", {access::Role::administrator}, ""};
        return Error(Code::unauthenticated, "this API key is not valid", "Ask for one.");
    }

    static api::MethodTable table() {
        api::MethodTable out;
        const auto* file = v1::WhoAmIRequest::descriptor()->file();
        auto* factory = google::protobuf::MessageFactory::generated_factory();
        for (int s = 0; s < file->service_count(); ++s) {
            const auto* service = file->service(s);
            for (int m = 0; m < service->method_count(); ++m) {
                const auto* method = service->method(m);
                const auto* answer = factory->GetPrototype(method->output_type());
                const std::string name = service->full_name() + "/" + method->name();
                out.emplace(name, api::Method{name,
                                              {access::all_roles()},
                                              factory->GetPrototype(method->input_type()),
                                              [answer](const access::Caller&, const api::Message& request,
                                                       const api::Reply& reply) {
                                                  message_reads_back(request);
                                                  reply(api::MessagePtr(answer->New()));
                                              }});
            }
        }
        return out;
    }

    fakes::ManualClock clock_;
    fakes::ManualStrand strand_{clock_};
    telemetry::Metrics metrics_;
    api::Dispatcher dispatcher_{table(), who, strand_, metrics_, telemetry::Logger::silent()};
    http::RequestHandler handler_ = api::https_edge(
        dispatcher_, {[](auto reply) { reply(Status{}); }, [] { return std::string("up 1\n"); },
                      [](auto reply) { reply(std::string("signalbox.dev/test\n0\n")); },
                      [](auto, auto reply) { reply(std::string("a tile")); }});
};

}  // namespace signalbox::fuzz
