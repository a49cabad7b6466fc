// SPDX-License-Identifier: Apache-2.0
// TrustSource: the published trust files, for hosts that lack the newest. Called on the domain strand only.
#pragma once

#include <cstdint>
#include <string>

#include "common/base/result.hpp"

namespace signalbox::fleet {

class TrustSource {
  public:
    virtual ~TrustSource() = default;
    // The version in force; 0 when none was published yet.
    [[nodiscard]] virtual std::int64_t current_version() const = 0;
    // The exact DSSE text of a published version. Errors: not_found, unavailable.
    [[nodiscard]] virtual Result<std::string> text(std::int64_t version) const = 0;
};

}  // namespace signalbox::fleet
