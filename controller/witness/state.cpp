// SPDX-License-Identifier: Apache-2.0
#include "controller/witness/state.hpp"

#include <fmt/format.h>

#include <filesystem>

#include "common/crypto/key_file.hpp"
#include "common/merkle/cosignature.hpp"
#include "common/merkle/signed_note.hpp"
#include "common/os/file.hpp"
#include "common/os/private_directory.hpp"
#include "common/pki/authority.hpp"

namespace signalbox::witness {
namespace {

constexpr std::size_t kMaxNameBytes = 200;
constexpr std::size_t kMaxEvidence = 100;

std::string seen_path(const std::string& folder, const std::string& origin) {
    return fmt::format("{}/seen/{}", folder, crypto::sha256(origin).hex());
}

}  // namespace

Status State::create(const std::string& folder, const std::string& name, Instant now,
                     crypto::Random& random) {
    if (!merkle::is_note_key_name(name) || name.size() > kMaxNameBytes) {
        return Error(Code::invalid_argument, fmt::format("'{:.100}' cannot be the name of a witness", name),
                     "use a name like witness.example.org/signalbox, without spaces and '+'");
    }
    std::error_code failure;
    if (std::filesystem::exists(folder, failure) && !std::filesystem::is_empty(folder, failure)) {
        return Error(Code::already_exists, fmt::format("{} is there already", folder),
                     "a witness must not forget what it has cosigned: choose another folder for another one");
    }
    for (const char* inner : {"", "/seen", "/suspicious"})
        SB_CHECK(os::make_private_directory(folder + inner));
    SB_TRY(const pki::AuthorityFiles ca, pki::create_authority("witness", now, random));
    SB_CHECK(os::write_file_atomically(folder + "/ca.crt", ca.certificate_pem));
    SB_CHECK(crypto::write_secret_file(folder + "/ca.key", ca.key_pem.expose()));
    SB_CHECK(
        crypto::write_secret_file(folder + "/witness.key", crypto::SigningKey::generate().paserk().expose()));
    return os::write_file_atomically(folder + "/name", name + "\n");  // last: the folder is whole now
}

Result<State> State::open(const std::string& folder) {
    auto name = os::read_file(folder + "/name", kMaxNameBytes + 1);
    if (!name) {
        return std::move(name)
            .error()
            .with_context("the witness's folder")
            .with_remedy("make one with signalbox witness init");
    }
    SB_CHECK(os::check_private_directory(folder));
    if (name->ends_with('\n')) name->pop_back();
    if (!merkle::is_note_key_name(*name))
        return Error(Code::data_loss, fmt::format("{}/name holds no name", folder));
    SB_TRY(auto lock, os::LockFile::acquire(folder + "/lock"));
    SB_TRY(auto key, crypto::load_service_key(folder + "/witness.key"));
    return State(folder, *std::move(name), std::move(key), std::move(lock));
}

Result<std::optional<merkle::Checkpoint>> State::seen(const std::string& origin) const {
    const std::string path = seen_path(folder_, origin);
    auto text = os::read_file(path, merkle::kMaxNoteBytes);
    if (!text) {
        if (text.error().code() == Code::not_found) return std::optional<merkle::Checkpoint>();
        return std::move(text).error();
    }
    const Error bent(Code::data_loss, fmt::format("{} is not what this witness wrote", path),
                     "restore it from a backup; without it this witness could cosign a fork");
    const auto note = merkle::parse_note(*text);
    if (!note) return bent;
    const auto at = merkle::cosigned_at(*note, {name_, key_.public_key()});
    auto checkpoint = merkle::parse_checkpoint_text(note->text);
    if (!at || !*at || !checkpoint || checkpoint->origin != origin) return bent;
    return std::optional(*std::move(checkpoint));
}

Status State::remember(const std::string& origin, std::string_view note) const {
    return os::write_file_atomically(seen_path(folder_, origin), note);
}

Result<std::string> State::keep_evidence(std::string_view request) const {
    const std::string folder = folder_ + "/suspicious";
    std::string path = fmt::format("{}/{}", folder, crypto::sha256(request).hex());
    std::error_code failure;
    if (std::filesystem::exists(path, failure)) return path;
    const auto kept = std::distance(std::filesystem::directory_iterator(folder, failure),
                                    std::filesystem::directory_iterator());
    if (static_cast<std::size_t>(kept) >= kMaxEvidence)
        return Error(Code::resource_exhausted, fmt::format("{} holds {} requests already", folder, kept));
    SB_CHECK(os::write_file_atomically(path, request));
    return path;
}

}  // namespace signalbox::witness
