// SPDX-License-Identifier: Apache-2.0
// References between the documents of an estate: every name that is used exists, and nothing goes in circles.
// Pure.
#pragma once

#include "controller/estate/model.hpp"

namespace signalbox::estate {

// Adds every problem found.
void check_references(const Estate& estate, Problems& problems);

}  // namespace signalbox::estate
