// SPDX-License-Identifier: Apache-2.0
#include "controller/cli/expiry.hpp"

#include <fmt/format.h>

#include "controller/cli/words.hpp"

namespace signalbox::cli {

Expiry judge_expiry(Instant expires, Instant now) {
    if (expires <= now) {
        return {fmt::format("EXPIRED {} ago: nothing can be released", elapsed(now - expires)), Tone::bad};
    }
    return {fmt::format("expires in {}", elapsed(expires - now)),
            expires - now < kExpiryWarning ? Tone::warning : Tone::plain};
}

Expiry judge_expiry(std::string_view rfc3339, Instant now) {
    const auto expires = parse_rfc3339(rfc3339);
    if (!expires) return {fmt::format("has no readable expiry ('{}')", rfc3339), Tone::bad};
    return judge_expiry(*expires, now);
}

}  // namespace signalbox::cli
