// SPDX-License-Identifier: Apache-2.0
// References between the documents of an estate: every name that is used exists, and nothing goes in circles.
// Pure.
#pragma once

#include "controller/estate/model.hpp"

namespace signalbox::estate {

// The kinds of document of which a file could not be read: any name of that kind may be in it.
struct Unread {
    bool environments = false;
    bool services = false;
    bool calendars = false;
};

// Adds every problem found; of those that a file of `unread` may be the reason of, only the count. Returns
// it.
std::size_t check_references(const Estate& estate, const Unread& unread, Problems& problems);

}  // namespace signalbox::estate
