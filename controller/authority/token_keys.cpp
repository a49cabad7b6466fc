// SPDX-License-Identifier: Apache-2.0
#include "controller/authority/token_keys.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <system_error>

#include "common/crypto/key_file.hpp"
#include "common/os/private_directory.hpp"

namespace signalbox::authority {
namespace {

namespace fs = std::filesystem;
constexpr std::string_view kSuffix = ".key";

// The n of <role>-<n>.key.
std::optional<int> number_of(const std::string& role, const std::string& name) {
    const std::string prefix = role + "-";
    if (!name.starts_with(prefix) || !name.ends_with(kSuffix) ||
        name.size() <= prefix.size() + kSuffix.size())
        return {};
    const char* from = name.data() + prefix.size();
    const char* to = name.data() + name.size() - kSuffix.size();
    int number = 0;
    const auto [stop, bad] = std::from_chars(from, to, number);
    if (bad != std::errc() || stop != to) return {};
    return number;
}

std::string file_of(const std::string& role, int number) {
    return fmt::format("{}-{}{}", role, number, kSuffix);
}

std::vector<int> numbers_in(const std::string& role, const std::string& directory) {
    std::vector<int> found;
    std::error_code failure;
    for (const auto& entry : fs::directory_iterator(directory, failure)) {
        if (const auto number = number_of(role, entry.path().filename().string())) found.push_back(*number);
    }
    std::sort(found.begin(), found.end());
    return found;
}

}  // namespace

std::optional<crypto::KeyId> choose_token_key(const std::map<crypto::KeyId, Instant>& listed, Instant now) {
    std::optional<crypto::KeyId> newest, oldest;
    for (const auto& [id, since] : listed) {
        if (now - since >= kPublishedBeforeUse && (!newest || since > listed.at(*newest))) newest = id;
        if (!oldest || since < listed.at(*oldest)) oldest = id;
    }
    return newest ? newest : oldest;
}

Result<TokenKeys> TokenKeys::load(const std::string& directory, const std::string& role) {
    SB_CHECK(os::check_private_directory(directory));
    TokenKeys out(directory, role);
    std::vector<std::string> files{role + std::string(kSuffix)};
    for (const int number : numbers_in(role, directory)) files.push_back(file_of(role, number));
    std::error_code failure;
    // The first one may have been removed after a rotation.
    if (files.size() > 1 && !fs::exists(directory + "/" + files.front(), failure)) files.erase(files.begin());
    for (const std::string& file : files) {
        SB_TRY(auto key, crypto::load_service_key(directory + "/" + file));
        out.keys_.push_back({file, std::move(key)});
    }
    return out;
}

void TokenKeys::set_listed(const trust::TrustFile& current, const std::map<crypto::KeyId, Instant>& since) {
    listed_.clear();
    for (const Key& each : keys_) {
        const crypto::KeyId id = each.key.public_key().id();
        const auto known = since.find(id);
        if (known != since.end() && current.key_in_role(role_, id) != nullptr) listed_.emplace(*known);
    }
}

const crypto::SigningKey& TokenKeys::at(Instant now) const {
    const auto chosen = choose_token_key(listed_, now);
    for (const Key& each : keys_) {
        if (chosen && each.key.public_key().id() == *chosen) return each.key;
    }
    return keys_.back().key;
}

const crypto::SigningKey& TokenKeys::first_listed(const trust::TrustFile& trust) const {
    for (const Key& each : keys_) {
        if (trust.key_in_role(role_, each.key.public_key().id()) != nullptr) return each.key;
    }
    return keys_.back().key;
}

std::vector<const crypto::SigningKey*> TokenKeys::listed_besides(const crypto::KeyId& id) const {
    std::vector<const crypto::SigningKey*> out;
    for (const Key& each : keys_) {
        const crypto::KeyId other = each.key.public_key().id();
        if (other != id && listed_.contains(other)) out.push_back(&each.key);
    }
    return out;
}

Result<crypto::PublicKey> TokenKeys::prepare_next() {
    const Key& last = keys_.back();
    // The last one waits already: it was made and is not in force yet.
    if (keys_.size() > 1 && !listed_.contains(last.key.public_key().id()) && number_of(role_, last.file)) {
        return last.key.public_key();
    }
    const std::vector<int> numbers = numbers_in(role_, directory_);
    const std::string file = file_of(role_, numbers.empty() ? 2 : numbers.back() + 1);
    auto key = crypto::SigningKey::generate();
    SB_CHECK(crypto::write_secret_file(directory_ + "/" + file, key.paserk().expose()));
    keys_.push_back({file, std::move(key)});
    return keys_.back().key.public_key();
}

std::vector<TokenKeys::Held> TokenKeys::held(Instant now) const {
    std::vector<Held> out;
    const crypto::KeyId in_use = at(now).public_key().id();
    for (const Key& each : keys_) {
        const crypto::PublicKey& key = each.key.public_key();
        const auto known = listed_.find(key.id());
        out.push_back({key, each.file, known == listed_.end() ? std::nullopt : std::optional(known->second),
                       key.id() == in_use});
    }
    return out;
}

}  // namespace signalbox::authority
