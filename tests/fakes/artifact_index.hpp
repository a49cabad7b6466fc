// SPDX-License-Identifier: Apache-2.0
// ArtifactIndex in memory. One thread.
#pragma once

#include <algorithm>
#include <map>

#include "controller/artifact/index.hpp"

namespace signalbox::fakes {

class MemoryArtifactIndex final : public artifact::ArtifactIndex {
  public:
    [[nodiscard]] Status add(const artifact::ArtifactRecord& record) override {
        records_.try_emplace(record.sha256, record);
        return {};
    }
    [[nodiscard]] Result<std::optional<artifact::ArtifactRecord>> find(
        const crypto::Digest& sha256) const override {
        const auto it = records_.find(sha256);
        if (it == records_.end()) return std::optional<artifact::ArtifactRecord>{};
        return std::optional{it->second};
    }
    [[nodiscard]] Result<std::optional<artifact::ArtifactRecord>> find_source(
        std::string_view source) const override {
        for (const auto& record : sorted()) {
            if (record.source == source) return std::optional{record};
        }
        return std::optional<artifact::ArtifactRecord>{};
    }
    [[nodiscard]] Result<std::vector<artifact::ArtifactRecord>> list(std::size_t limit) const override {
        auto all = sorted();
        if (all.size() > limit) all.resize(limit);
        return all;
    }

  private:
    [[nodiscard]] std::vector<artifact::ArtifactRecord> sorted() const {
        std::vector<artifact::ArtifactRecord> all;
        for (const auto& [digest, record] : records_) all.push_back(record);
        std::stable_sort(all.begin(), all.end(),
                         [](const auto& a, const auto& b) { return a.added > b.added; });
        return all;
    }
    std::map<crypto::Digest, artifact::ArtifactRecord> records_;
};

}  // namespace signalbox::fakes
