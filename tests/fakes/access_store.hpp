// SPDX-License-Identifier: Apache-2.0
// An AccessStore in memory, which counts the ledger entries that came with its changes.
#pragma once

#include <algorithm>

#include "controller/access/store.hpp"

namespace signalbox::fakes {

class FakeAccessStore final : public access::AccessStore {
  public:
    Status add(const access::ApiKey& key, const ledger::PendingEntry& /*entry*/) override {
        for (const auto& known : keys_) {
            if (known.id == key.id) return Error(Code::already_exists, "API key id " + key.id + " was used");
            if (known.name == key.name && !known.revoked) {
                return Error(Code::already_exists, "an API key named \"" + key.name + "\" exists");
            }
        }
        keys_.push_back(key);
        ++entries_;
        return {};
    }
    Result<std::optional<access::ApiKey>> find(const std::string& id) const override {
        for (const auto& key : keys_) {
            if (key.id == id) return std::optional(key);
        }
        return std::optional<access::ApiKey>();
    }
    Result<std::vector<access::ApiKey>> list() const override { return keys_; }
    Status revoke(const std::string& id, Instant when, const ledger::PendingEntry& /*entry*/) override {
        const auto found =
            std::find_if(keys_.begin(), keys_.end(), [&](const auto& key) { return key.id == id; });
        if (found == keys_.end()) return Error(Code::not_found, "there is no API key " + id);
        if (found->revoked) return Error(Code::failed_precondition, "API key " + id + " is revoked already");
        found->revoked = when;
        ++entries_;
        return {};
    }

    [[nodiscard]] int entries() const { return entries_; }

  private:
    std::vector<access::ApiKey> keys_;
    int entries_ = 0;
};

}  // namespace signalbox::fakes
