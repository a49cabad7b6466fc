// SPDX-License-Identifier: Apache-2.0
#include "agent/executor/admission/refusal.hpp"

#include <array>

namespace signalbox::admission {

std::string_view name_of(RefusalCode code) {
    static constexpr std::array<std::string_view, kRefusalCodes> kNames = {
        "R_SIZE",     "R_FORMAT", "R_KID",      "R_SIG",    "R_PARSE",    "R_ISS",
        "R_AUD",      "R_AKP",    "R_NONCE",    "R_EARLY",  "R_EXPIRED",  "R_TTL",
        "R_CLOCK",    "R_DIGEST", "R_APPROVAL", "R_WINDOW", "R_ROLLBACK", "R_REPLAY",
        "R_ATTEMPTS", "R_BUSY",   "R_DONE",     "R_TRUST",  "R_STATE",    "R_UNKNOWN_ACTION",
        "R_ARTIFACT"};
    return kNames.at(static_cast<std::size_t>(number_of(code)) - 1);
}

}  // namespace signalbox::admission
