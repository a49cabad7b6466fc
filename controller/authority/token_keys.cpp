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
constexpr std::string_view kFirst = "token.key";
constexpr std::string_view kPrefix = "token-";
constexpr std::string_view kSuffix = ".key";

// The n of token-<n>.key.
std::optional<int> number_of(const std::string& name) {
    if (!name.starts_with(kPrefix) || !name.ends_with(kSuffix) ||
        name.size() <= kPrefix.size() + kSuffix.size())
        return {};
    const char* from = name.data() + kPrefix.size();
    const char* to = name.data() + name.size() - kSuffix.size();
    int number = 0;
    const auto [stop, bad] = std::from_chars(from, to, number);
    if (bad != std::errc() || stop != to) return {};
    return number;
}

std::string file_of(int number) {
    return fmt::format("{}{}{}", kPrefix, number, kSuffix);
}

std::vector<int> numbers_in(const std::string& directory) {
    std::vector<int> found;
    std::error_code failure;
    for (const auto& entry : fs::directory_iterator(directory, failure)) {
        if (const auto number = number_of(entry.path().filename().string())) found.push_back(*number);
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

Result<TokenKeys> TokenKeys::load(const std::string& directory) {
    SB_CHECK(os::check_private_directory(directory));
    TokenKeys out(directory);
    std::vector<std::string> files{std::string(kFirst)};
    for (const int number : numbers_in(directory)) files.push_back(file_of(number));
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
        if (known != since.end() && current.key_in_role("token", id) != nullptr) listed_.emplace(*known);
    }
}

const crypto::SigningKey& TokenKeys::at(Instant now) const {
    const auto chosen = choose_token_key(listed_, now);
    for (const Key& each : keys_) {
        if (chosen && each.key.public_key().id() == *chosen) return each.key;
    }
    return keys_.back().key;
}

Result<crypto::PublicKey> TokenKeys::prepare_next() {
    const Key& last = keys_.back();
    // The last one waits already: it was made and is not in force yet.
    if (keys_.size() > 1 && !listed_.contains(last.key.public_key().id()) && number_of(last.file)) {
        return last.key.public_key();
    }
    const std::vector<int> numbers = numbers_in(directory_);
    const std::string file = file_of(numbers.empty() ? 2 : numbers.back() + 1);
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
