// SPDX-License-Identifier: Apache-2.0
#include "common/base/result.hpp"

namespace signalbox {

std::string_view to_string(Code code) {
    switch (code) {
        case Code::invalid_argument:
            return "invalid_argument";
        case Code::not_found:
            return "not_found";
        case Code::already_exists:
            return "already_exists";
        case Code::permission_denied:
            return "permission_denied";
        case Code::unauthenticated:
            return "unauthenticated";
        case Code::failed_precondition:
            return "failed_precondition";
        case Code::conflict:
            return "conflict";
        case Code::refused:
            return "refused";
        case Code::unavailable:
            return "unavailable";
        case Code::deadline_exceeded:
            return "deadline_exceeded";
        case Code::resource_exhausted:
            return "resource_exhausted";
        case Code::data_loss:
            return "data_loss";
        case Code::cancelled:
            return "cancelled";
        case Code::internal:
            return "internal";
    }
    return "internal";
}

Error Error::with_context(std::string_view context) && {
    message_ = std::string(context) + ": " + message_;
    return std::move(*this);
}

Error Error::with_remedy(std::string remedy) && {
    remedy_ = std::move(remedy);
    return std::move(*this);
}

std::string Error::to_string() const {
    return remedy_.empty() ? message_ : message_ + ". " + remedy_;
}

}  // namespace signalbox
