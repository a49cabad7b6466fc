// SPDX-License-Identifier: Apache-2.0
#include "controller/cli/exit_code.hpp"

namespace signalbox::cli {

int exit_code_of(Code code) {
    switch (code) {
        case Code::invalid_argument:
        case Code::not_found:
            return kUsage;
        case Code::permission_denied:
        case Code::unauthenticated:
        case Code::refused:
            return kRefused;
        case Code::unavailable:
            return kUnreachable;
        case Code::deadline_exceeded:
            return kTimedOut;
        case Code::already_exists:
        case Code::failed_precondition:
        case Code::conflict:
        case Code::resource_exhausted:
        case Code::data_loss:
        case Code::cancelled:
            return kFailed;
        case Code::internal:
            return kBug;
    }
    return kBug;
}

bool release_has_ended(std::string_view status) {
    return status == "succeeded" || status == "failed" || status == "undone" || status == "undone_partly" ||
           status == "aborted";
}

int exit_code_of_release(std::string_view status) {
    if (status == "failed" || status == "aborted") return kFailed;
    if (status == "undone") return kUndone;
    if (status == "undone_partly") return kUndonePartly;
    return kOk;
}

}  // namespace signalbox::cli
