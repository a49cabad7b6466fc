// SPDX-License-Identifier: Apache-2.0
// What a release names must be there, in every environment of its path. Pure.
#pragma once

#include "controller/estate/model.hpp"

namespace signalbox::estate {

void check_release(const Estate& estate, const Release& release, Problems& problems);

}  // namespace signalbox::estate
