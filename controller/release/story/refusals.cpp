// SPDX-License-Identifier: Apache-2.0
#include "controller/release/story/refusals.hpp"

#include <array>
#include <utility>

namespace signalbox::story {
namespace {

constexpr std::array<std::pair<std::string_view, std::string_view>, 25> kMeanings{{
    {"R_SIZE", "the token, the action or the approval is too large"},
    {"R_FORMAT", "what came is no token"},
    {"R_KID", "the token is signed by a key that may not sign tokens"},
    {"R_SIG", "the token's signature does not hold for these bytes and this host"},
    {"R_PARSE", "the token does not say what a token must say"},
    {"R_ISS", "the token is of another cluster"},
    {"R_AUD", "the token is for another host"},
    {"R_AKP", "the token is for another record key than this host's"},
    {"R_NONCE", "its executor was restarted after the token had been made"},
    {"R_EARLY", "by its clock the token is not valid yet"},
    {"R_EXPIRED", "the token had expired"},
    {"R_TTL", "the token lives longer than the trust file allows"},
    {"R_CLOCK", "its clock went back"},
    {"R_DIGEST", "the action is not the one that the token names"},
    {"R_APPROVAL", "people did not sign this step for this host, or not any more"},
    {"R_WINDOW", "it is outside the times that people approved"},
    {"R_ROLLBACK", "it has seen a newer release or trust file already"},
    {"R_REPLAY", "this token was used before"},
    {"R_ATTEMPTS", "the attempts that people approved are used up"},
    {"R_BUSY", "it is at work on this step, or has no room for one more"},
    {"R_DONE", "this step has succeeded there before"},
    {"R_TRUST", "its trust file is missing, expired or too old"},
    {"R_STATE", "its journal cannot promise to remember"},
    {"R_UNKNOWN_ACTION", "its executor does not know this action"},
    {"R_ARTIFACT", "the artifacts are not those that the token names"},
}};

}  // namespace

std::string_view meaning_of(std::string_view code) {
    for (const auto& [known, meaning] : kMeanings) {
        if (known == code) return meaning;
    }
    return {};
}

}  // namespace signalbox::story
