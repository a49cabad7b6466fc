// SPDX-License-Identifier: Apache-2.0
// A ledger entry as a line for people: read from its envelope, not verified (signalbox ledger verify does
// that). Pure.
#pragma once

#include <string>
#include <string_view>

#include "common/json/json.hpp"

namespace signalbox::cli {

struct EntryView {
    std::string time;    // RFC 3339
    std::string who;     // "controller", or an agent id
    std::string what;    // "decision:token_minted", "action:finished"
    std::string about;   // the most telling details
    std::string signer;  // k4.pid
};
// An envelope that cannot be read is shown as what it is, never left out.
[[nodiscard]] EntryView view_entry(std::string_view envelope);
[[nodiscard]] json::Json entry_json(const EntryView& view);

}  // namespace signalbox::cli
