// SPDX-License-Identifier: Apache-2.0
// The lines of a ledger export: a header, then one line for each entry. Pure. Format: docs/formats/ledger.md.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

#include "common/base/result.hpp"
#include "common/model/ids.hpp"

namespace signalbox::evidence {

inline constexpr std::string_view kExportFormat = "signalbox-ledger-export/v1";

struct Header {
    ClusterId cluster_id;
    std::uint64_t size = 0;
    std::string checkpoint;  // the signed note over the whole export
};

struct Entry {
    std::uint64_t index = 0;
    std::string leaf;
    std::string envelope;
};

// A checkpoint that was signed when the ledger had as many entries as stand before this line. Optional: with
// them a verifier narrows down where a change lies.
struct PastCheckpoint {
    std::string checkpoint;
};

using Line = std::variant<Entry, PastCheckpoint>;

// Without the newline.
[[nodiscard]] std::string to_line(const Header& header);
[[nodiscard]] std::string to_line(const Entry& entry);
[[nodiscard]] std::string to_line(const PastCheckpoint& past);

// Strict. Errors: invalid_argument.
[[nodiscard]] Result<Header> parse_header(std::string_view line);
[[nodiscard]] Result<Line> parse_line(std::string_view line);

}  // namespace signalbox::evidence
