// SPDX-License-Identifier: Apache-2.0
#include "controller/cli/keyring.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <system_error>

#include "controller/cli/file.hpp"
#include "controller/cli/passphrase.hpp"
#include "controller/cli/ssh_agent.hpp"

namespace signalbox::cli {
namespace {

constexpr std::size_t kLongestKeyFile = 4096;

std::string trimmed(std::string text) {
    while (!text.empty() && (text.back() == '\n' || text.back() == '\r' || text.back() == ' '))
        text.pop_back();
    return text;
}

// The path of a key file without its ending.
std::string stem_of(const std::string& folder, const std::string& spec) {
    std::string stem = spec.find('/') != std::string::npos ? spec : folder + "/" + spec;
    if (stem.ends_with(".key") || stem.ends_with(".pub")) stem.resize(stem.size() - 4);
    return stem;
}

Result<KeyEntry> read_public(const std::string& stem, const std::string& name) {
    const std::string path = stem + ".pub";
    SB_TRY(const std::string text, read_file(path, kLongestKeyFile));
    auto key = crypto::PublicKey::from_paserk(trimmed(text));
    if (!key) return std::move(key).error().with_context(path);
    return KeyEntry{name, *key, stem + ".key"};
}

Error no_such_key(const std::string& spec, const std::string& stem) {
    std::string remedy = "signalbox key list shows the keys; signalbox key new NAME makes one";
    if (spec.find('/') == std::string::npos && path_exists(spec))
        remedy = "for the file in this folder say ./" + spec;
    return {Code::not_found, fmt::format("no key '{}': {}.key does not exist", spec, stem), remedy};
}

}  // namespace

bool is_key_name(std::string_view name) {
    return !name.empty() && name.size() <= 64 && name[0] != '.' && name[0] != '-' &&
           std::all_of(name.begin(), name.end(), [](char c) {
               return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '.' || c == '_' || c == '-';
           });
}

Result<KeyEntry> Keyring::create(const std::string& name, const crypto::SecretBytes& passphrase,
                                 crypto::Random& random, const crypto::PasswordCost& cost) const {
    if (!is_key_name(name)) {
        return Error(Code::invalid_argument, fmt::format("'{}' cannot be the name of a key", name),
                     "use letters, digits, '.', '_' and '-', at most 64");
    }
    const std::string stem = folder + "/" + name;
    for (const char* ending : {".key", ".pub"}) {
        if (!path_exists(stem + ending)) continue;
        return Error(Code::already_exists,
                     fmt::format("{}{} exists, and a key is never written over", stem, ending),
                     "choose another name");
    }
    SB_CHECK(make_private_folder(folder));
    const crypto::SigningKey key = crypto::SigningKey::generate();
    SB_TRY(const std::string wrapped, crypto::wrap_with_password(key, passphrase, random, cost));
    SB_CHECK(create_secret_file(stem + ".key", as_bytes(wrapped + "\n")));
    SB_CHECK(create_file(stem + ".pub", key.public_key().paserk() + "\n", 0644));
    return KeyEntry{name, key.public_key(), stem + ".key"};
}

Result<std::vector<KeyEntry>> Keyring::list() const {
    std::vector<KeyEntry> entries;
    std::error_code failed;
    for (std::filesystem::directory_iterator it(folder, failed), end; !failed && it != end;
         it.increment(failed)) {
        const std::filesystem::path& path = it->path();
        if (path.extension() != ".key") continue;
        SB_TRY(KeyEntry entry, read_public(stem_of(folder, path.string()), path.stem().string()));
        entries.push_back(std::move(entry));
    }
    if (failed && failed != std::errc::no_such_file_or_directory) {
        return Error(Code::permission_denied, fmt::format("reading {}: {}", folder, failed.message()));
    }
    std::sort(entries.begin(), entries.end(), [](const auto& a, const auto& b) { return a.name < b.name; });
    if (agent_socket.empty()) return entries;
    auto identities = list_ssh_identities(agent_socket);
    if (!identities) return entries;  // a dead agent hides no file key
    for (const SshIdentity& identity : *identities) {
        const std::string& call = identity.comment.empty() ? identity.fingerprint : identity.comment;
        entries.push_back({std::string(kSshAgentPrefix) + call, identity.key, identity.fingerprint});
    }
    return entries;
}

Result<KeyEntry> Keyring::find(const std::string& spec) const {
    if (spec.starts_with(kSshAgentPrefix)) {
        SB_TRY(const SshIdentity identity,
               find_ssh_identity(agent_socket, spec.substr(kSshAgentPrefix.size())));
        return KeyEntry{spec, identity.key, identity.fingerprint};
    }
    if (spec.starts_with("k4.public.")) {
        SB_TRY(const crypto::PublicKey key, crypto::PublicKey::from_paserk(spec));
        return KeyEntry{spec, key, ""};
    }
    const std::string stem = stem_of(folder, spec);
    if (!path_exists(stem + ".pub")) return no_such_key(spec, stem);
    return read_public(stem, spec);
}

Result<std::unique_ptr<crypto::Signer>> Keyring::open(const std::string& spec, Prompt& prompt,
                                                      const std::string& passphrase_file) const {
    if (spec.starts_with(kSshAgentPrefix)) {
        SB_TRY(SshIdentity identity, find_ssh_identity(agent_socket, spec.substr(kSshAgentPrefix.size())));
        return std::unique_ptr<crypto::Signer>(
            std::make_unique<SshAgentSigner>(agent_socket, std::move(identity)));
    }
    const std::string stem = stem_of(folder, spec);
    const std::string path = stem + ".key";
    if (!path_exists(path)) return no_such_key(spec, stem);
    SB_TRY(const crypto::SecretBytes content, crypto::read_secret_file(path));
    const std::string wrapped = trimmed(to_text(content.expose()));
    if (!crypto::is_password_wrapped(wrapped)) {
        return Error(Code::invalid_argument, fmt::format("{} is not a key protected by a passphrase", path),
                     "people's keys are made with: signalbox key new NAME");
    }
    SB_TRY(const crypto::SecretBytes passphrase, passphrase_to_open(prompt, passphrase_file, path));
    auto key = crypto::unwrap_with_password(wrapped, passphrase);
    if (!key) return std::move(key).error().with_context(path);
    if (path_exists(stem + ".pub")) {
        SB_TRY(const KeyEntry shown, read_public(stem, spec));
        if (shown.key != key->public_key()) {
            return Error(Code::data_loss, fmt::format("{}.pub does not belong to {}", stem, path),
                         "find out who changed it; then remove the .pub file");
        }
    }
    return std::unique_ptr<crypto::Signer>(std::make_unique<crypto::SigningKey>(*std::move(key)));
}

}  // namespace signalbox::cli
