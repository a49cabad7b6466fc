// SPDX-License-Identifier: Apache-2.0
#include "controller/api/wire_error.hpp"

#include <nlohmann/json.hpp>

#include "common/base/bytes.hpp"
#include "common/base/utf8.hpp"
#include "common/crypto/encoding.hpp"
#include "signalbox/v1/error.pb.h"

namespace signalbox::api {
namespace {

// A message may quote what a stranger sent, in any bytes; they are escaped, never thrown about.
v1::ErrorDetail detail_of(const Error& error) {
    v1::ErrorDetail detail;
    detail.set_code(std::string(to_string(error.code())));
    detail.set_remedy(as_utf8(error.remedy()));
    return detail;
}

}  // namespace

WireCode wire_code(Code code) {
    switch (code) {
        case Code::invalid_argument:
            return {3, "invalid_argument", 400};
        case Code::not_found:
            return {5, "not_found", 404};
        case Code::already_exists:
            return {6, "already_exists", 409};
        case Code::permission_denied:
        case Code::refused:
            return {7, "permission_denied", 403};
        case Code::unauthenticated:
            return {16, "unauthenticated", 401};
        case Code::failed_precondition:
            return {9, "failed_precondition", 400};
        case Code::conflict:
            return {10, "aborted", 409};
        case Code::unavailable:
            return {14, "unavailable", 503};
        case Code::deadline_exceeded:
            return {4, "deadline_exceeded", 504};
        case Code::resource_exhausted:
            return {8, "resource_exhausted", 429};
        case Code::data_loss:
            return {15, "data_loss", 500};
        case Code::cancelled:
            return {1, "canceled", 499};
        case Code::internal:
            return {13, "internal", 500};
    }
    return {13, "internal", 500};
}

std::string connect_error_json(const Error& error) {
    const auto detail = detail_of(error);
    std::string value = crypto::to_base64(as_bytes(detail.SerializeAsString()));
    while (!value.empty() && value.back() == '=') value.pop_back();  // Connect wants it unpadded
    const nlohmann::json out{{"code", wire_code(error.code()).connect},
                             {"message", as_utf8(error.message())},
                             {"details",
                              {{{"type", v1::ErrorDetail::descriptor()->full_name()},
                                {"value", value},
                                {"debug", {{"code", detail.code()}, {"remedy", detail.remedy()}}}}}}};
    return out.dump();
}

std::string grpc_details(const Error& error) {
    v1::StatusDetails status;
    status.set_code(wire_code(error.code()).grpc);
    status.set_message(as_utf8(error.message()));
    status.add_details()->PackFrom(detail_of(error));
    return status.SerializeAsString();
}

}  // namespace signalbox::api
