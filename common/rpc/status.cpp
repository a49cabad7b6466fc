// SPDX-License-Identifier: Apache-2.0
#include "common/rpc/status.hpp"

namespace signalbox::rpc {
namespace {

grpc::StatusCode code_of(Code code) {
    switch (code) {
        case Code::invalid_argument:
            return grpc::StatusCode::INVALID_ARGUMENT;
        case Code::not_found:
            return grpc::StatusCode::NOT_FOUND;
        case Code::already_exists:
            return grpc::StatusCode::ALREADY_EXISTS;
        case Code::permission_denied:
        case Code::refused:
            return grpc::StatusCode::PERMISSION_DENIED;
        case Code::unauthenticated:
            return grpc::StatusCode::UNAUTHENTICATED;
        case Code::failed_precondition:
            return grpc::StatusCode::FAILED_PRECONDITION;
        case Code::conflict:
            return grpc::StatusCode::ABORTED;
        case Code::unavailable:
            return grpc::StatusCode::UNAVAILABLE;
        case Code::deadline_exceeded:
            return grpc::StatusCode::DEADLINE_EXCEEDED;
        case Code::resource_exhausted:
            return grpc::StatusCode::RESOURCE_EXHAUSTED;
        case Code::data_loss:
            return grpc::StatusCode::DATA_LOSS;
        case Code::cancelled:
            return grpc::StatusCode::CANCELLED;
        case Code::internal:
            return grpc::StatusCode::INTERNAL;
    }
    return grpc::StatusCode::INTERNAL;
}

Code code_of(grpc::StatusCode code) {
    switch (code) {
        case grpc::StatusCode::INVALID_ARGUMENT:
        case grpc::StatusCode::OUT_OF_RANGE:
            return Code::invalid_argument;
        case grpc::StatusCode::NOT_FOUND:
            return Code::not_found;
        case grpc::StatusCode::ALREADY_EXISTS:
            return Code::already_exists;
        case grpc::StatusCode::PERMISSION_DENIED:
            return Code::permission_denied;
        case grpc::StatusCode::UNAUTHENTICATED:
            return Code::unauthenticated;
        case grpc::StatusCode::FAILED_PRECONDITION:
        case grpc::StatusCode::UNIMPLEMENTED:
            return Code::failed_precondition;
        case grpc::StatusCode::ABORTED:
            return Code::conflict;
        case grpc::StatusCode::UNAVAILABLE:
            return Code::unavailable;
        case grpc::StatusCode::DEADLINE_EXCEEDED:
            return Code::deadline_exceeded;
        case grpc::StatusCode::RESOURCE_EXHAUSTED:
            return Code::resource_exhausted;
        case grpc::StatusCode::DATA_LOSS:
            return Code::data_loss;
        case grpc::StatusCode::CANCELLED:
            return Code::cancelled;
        default:
            return Code::internal;
    }
}

}  // namespace

grpc::Status to_grpc(const Error& error) {
    return grpc::Status(code_of(error.code()), error.message(), error.remedy());
}

Error from_grpc(const grpc::Status& status) {
    return Error(code_of(status.error_code()), status.error_message(), status.error_details());
}

}  // namespace signalbox::rpc
