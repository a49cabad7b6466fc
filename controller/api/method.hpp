// SPDX-License-Identifier: Apache-2.0
// One method of the operator API: its name, who may call it, and what answers it. The table of all of them is
// in method_table.cpp; the gRPC and the HTTPS edge both serve that table and nothing else.
#pragma once

#include <google/protobuf/message.h>

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "common/base/result.hpp"
#include "controller/access/caller.hpp"

namespace signalbox::api {

using Message = google::protobuf::Message;
using MessagePtr = std::unique_ptr<Message>;
// Replies once; from any thread.
using Reply = std::function<void(Result<MessagePtr>)>;

// Who may call a method. There is no "everybody": a key is needed for all of them.
struct Needs {
    std::vector<access::Role> any_of;
};

struct Method {
    std::string name;  // "signalbox.v1.ReleaseService/Start"
    Needs needs;
    const Message* request_prototype = nullptr;  // generated, lives for ever
    // On the domain strand. The request lives only during the call.
    std::function<void(const access::Caller&, const Message&, Reply)> handler;
};

// By name. Immutable once made; safe to share between threads.
using MethodTable = std::map<std::string, Method, std::less<>>;

// A method that answers at once. F: Result<Response>(const access::Caller&, const Request&).
template <class Request, class Response, class F>
Method unary(std::string name, Needs needs, F call) {
    return {std::move(name), std::move(needs), &Request::default_instance(),
            [call = std::move(call)](const access::Caller& caller, const Message& request, Reply reply) {
                Result<Response> answer = call(caller, static_cast<const Request&>(request));
                if (!answer) return reply(std::move(answer).error());
                reply(MessagePtr(std::make_unique<Response>(std::move(*answer))));
            }};
}

// A method that answers later: it waits for something, or works on a side thread.
// F: void(const access::Caller&, const Request&, std::function<void(Result<Response>)>).
template <class Request, class Response, class F>
Method deferred(std::string name, Needs needs, F call) {
    return {std::move(name), std::move(needs), &Request::default_instance(),
            [call = std::move(call)](const access::Caller& caller, const Message& request, Reply reply) {
                call(caller, static_cast<const Request&>(request),
                     [reply = std::move(reply)](Result<Response> answer) {
                         if (!answer) return reply(std::move(answer).error());
                         reply(MessagePtr(std::make_unique<Response>(std::move(*answer))));
                     });
            }};
}

}  // namespace signalbox::api
