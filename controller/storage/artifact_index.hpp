// SPDX-License-Identifier: Apache-2.0
// ArtifactIndex over SQLite. On the domain strand.
#pragma once

#include "controller/artifact/index.hpp"
#include "controller/storage/session.hpp"

namespace signalbox::storage {

class ArtifactIndex final : public artifact::ArtifactIndex {
  public:
    // The session must outlive it.
    explicit ArtifactIndex(Session& session) : session_(session) {}

    Status add(const artifact::ArtifactRecord& record) override;
    Result<std::optional<artifact::ArtifactRecord>> find(const crypto::Digest& sha256) const override;
    Result<std::optional<artifact::ArtifactRecord>> find_source(std::string_view source) const override;
    Result<std::vector<artifact::ArtifactRecord>> list(std::size_t limit) const override;

  private:
    Session& session_;
};

}  // namespace signalbox::storage
