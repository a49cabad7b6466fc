// SPDX-License-Identifier: Apache-2.0
// A release manifest in an estate that is good.
#include "tests/fuzz/targets/estate_files.hpp"
#include "tests/support/estate/sample_estate.hpp"

namespace signalbox::fuzz {

void one(std::string_view input) {
    static const std::string path = "releases/shop-1.1.0.yaml";
    support::SampleEstate sample;
    sample.texts[path] = std::string(input);
    const auto loaded = load_and_check(sample.files());
    for (const auto& problem : loaded.problems) {
        require(problem.at.file == path, "the fault is where the change is");
    }
    const auto found = loaded.estate.releases.find(path);
    if (found == loaded.estate.releases.end() || estate::has_errors(loaded.problems)) return;
    require(!found->second.path.empty() && !found->second.services.empty() && !found->second.version.empty(),
            "a release without problems has a version, a path and a service");
    require(found->second.sha256 == crypto::sha256(input), "a release is known by its file's digest");
}

}  // namespace signalbox::fuzz
