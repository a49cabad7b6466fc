// SPDX-License-Identifier: Apache-2.0
// What a release names must be there, in every environment of its path. Pure.
#pragma once

#include "controller/estate/model.hpp"

namespace signalbox::estate {

// Where problems go; references, so that what they name must outlive it. Those about names that are nowhere
// go by the kind of document that would have them.
struct Found {
    Problems& problems;
    Problems& of_services;
    Problems& of_environments;
};

void check_release(const Estate& estate, const Release& release, const Found& found);

}  // namespace signalbox::estate
