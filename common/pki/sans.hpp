// SPDX-License-Identifier: Apache-2.0
// Subject alternative names (RFC 5280 4.2.1.6). Values.
#pragma once

#include <string>
#include <vector>

namespace signalbox::pki {

struct SubjectNames {
    std::vector<std::string> uris;
    std::vector<std::string> dns;
    std::vector<std::string> ips;  // text: "127.0.0.1", "::1"

    friend bool operator==(const SubjectNames&, const SubjectNames&) = default;
};

}  // namespace signalbox::pki
