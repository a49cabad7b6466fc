// SPDX-License-Identifier: Apache-2.0
#include "controller/cli/bootstrap.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <system_error>

#include "common/crypto/digest.hpp"
#include "common/crypto/encoding.hpp"
#include "common/dsse/dsse.hpp"
#include "common/json/json.hpp"
#include "common/pki/authority.hpp"
#include "common/trust/trust_file.hpp"
#include "controller/cli/credentials.hpp"
#include "controller/cli/file.hpp"
#include "controller/cli/keyring.hpp"

namespace signalbox::cli {
namespace {

// Remembers what was made, to take it back unless it is kept.
class Undo {
  public:
    Undo() = default;
    ~Undo() {
        for (auto path = made_.rbegin(); path != made_.rend(); ++path) {
            std::error_code ignored;  // nothing better can be done about it here
            std::filesystem::remove(*path, ignored);
        }
    }
    Undo(const Undo&) = delete;
    Undo& operator=(const Undo&) = delete;
    void keep() { made_.clear(); }

    Status folder(const std::string& path) {
        const bool there = path_exists(path);
        SB_CHECK(make_private_folder(path));
        if (!there) made_.push_back(path);
        return {};
    }
    Status secret(const std::string& path, ByteView content) {
        SB_CHECK(create_secret_file(path, content));
        made_.push_back(path);
        return {};
    }
    Status file(const std::string& path, std::string_view content, unsigned mode) {
        SB_CHECK(create_file(path, content, mode));
        made_.push_back(path);
        return {};
    }

  private:
    std::vector<std::string> made_;
};

Status absent_or_empty(const std::string& path, std::string_view what) {
    if (!path_exists(path)) return {};
    std::error_code failed;
    const bool empty = std::filesystem::is_directory(path, failed) && std::filesystem::is_empty(path, failed);
    if (!failed && empty) return {};
    return Error(Code::already_exists,
                 fmt::format("{} {} is there and not empty, and init never writes over anything", what, path),
                 "choose another path; or, if it is the rest of an attempt, remove it yourself");
}

std::string inside_out(const std::string& path) {
    std::error_code failed;
    const auto whole = std::filesystem::weakly_canonical(std::filesystem::absolute(path), failed);
    return (failed ? path : whole.string()) + "/";
}

struct ServiceKeys {
    crypto::SigningKey token = crypto::SigningKey::generate();
    crypto::SigningKey ledger = crypto::SigningKey::generate();
};

std::string first_trust_file(const BootstrapRequest& request, const std::vector<crypto::SigningKey>& roots,
                             const ServiceKeys& service, Instant expires) {
    trust::TrustFile file;
    file.cluster_id = ClusterId(request.cluster);
    file.version = 1;
    file.expires = expires;
    const auto add = [&](const std::string& role, int threshold, const crypto::PublicKey& key,
                         const std::string& label) {
        file.keys.emplace(key.id(), trust::TrustedKey{key, label});
        file.roles[role].keyids.insert(key.id());
        file.roles[role].threshold = threshold;
    };
    for (std::size_t i = 0; i < roots.size(); ++i) {
        add("root", kRootThreshold, roots[i].public_key(), fmt::format("root-{}", i + 1));
    }
    add("token", 1, service.token.public_key(), "token");
    add("ledger", 1, service.ledger.public_key(), "ledger");
    file.roles["witness"] = trust::Role{};
    dsse::Envelope envelope{std::string(trust::kTrustPayloadType), trust::serialize(file), {}};
    for (const crypto::SigningKey& root : roots) {
        const std::string covered = dsse::pae(envelope.payload_type, envelope.payload);
        envelope.signatures.push_back({root.public_key().id(), root.sign_now(as_bytes(covered))});
    }
    return dsse::serialize(envelope);
}

Result<std::vector<std::string>> write_root_keys(const BootstrapRequest& request,
                                                 const std::vector<crypto::SigningKey>& roots,
                                                 const crypto::SecretBytes& passphrase,
                                                 crypto::Random& random, Undo& undo) {
    SB_CHECK(undo.folder(request.root_keys));
    std::vector<std::string> paths;
    for (std::size_t i = 0; i < roots.size(); ++i) {
        const std::string stem = fmt::format("{}/root-{}", request.root_keys, i + 1);
        SB_TRY(const std::string wrapped,
               crypto::wrap_with_password(roots[i], passphrase, random, request.cost));
        SB_CHECK(undo.secret(stem + ".key", as_bytes(wrapped + "\n")));
        SB_CHECK(undo.file(stem + ".pub", roots[i].public_key().paserk() + "\n", 0644));
        paths.push_back(stem + ".key");
    }
    return paths;
}

Status write_service_key(const std::string& path, const crypto::SigningKey& key, Undo& undo) {
    crypto::SecretBytes line(key.paserk().size() + 1);
    const crypto::SecretBytes text = key.paserk();
    std::copy(text.expose().begin(), text.expose().end(), line.expose_mutable().begin());
    line.expose_mutable().back() = '\n';
    return undo.secret(path, line.expose());
}

}  // namespace

Status check_bootstrap(const BootstrapRequest& request) {
    const bool named = !request.cluster.empty() && request.cluster.size() <= 40 &&
                       std::all_of(request.cluster.begin(), request.cluster.end(), [](char c) {
                           return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
                       });
    if (!named) {
        return Error(
            Code::invalid_argument,
            fmt::format("--cluster '{}': a cluster's name is 1 to 40 of a-z, 0-9 and '-'", request.cluster));
    }
    if (!is_controller_url(request.url)) {
        return Error(
            Code::invalid_argument, fmt::format("--url '{}': must be https://host:port", request.url),
            "give the address at which people reach the controller, such as https://ctl.example.net:8443");
    }
    if (request.trust_life < std::chrono::hours(24)) {
        return Error(Code::invalid_argument,
                     "--trust-expires: the first trust file must last at least a day");
    }
    SB_CHECK(absent_or_empty(request.data, "the data directory"));
    SB_CHECK(absent_or_empty(request.root_keys, "the folder of root keys"));
    if (inside_out(request.root_keys).starts_with(inside_out(request.data))) {
        return Error(Code::invalid_argument,
                     "the root keys must not be kept inside the controller's data directory",
                     "name another folder with --root-keys, best on a removable disk");
    }
    if (path_exists(request.credentials_file)) {
        return Error(Code::already_exists,
                     fmt::format("the credentials file {} is there, and init never writes over anything",
                                 request.credentials_file),
                     "name another with --credentials");
    }
    return {};
}

Result<Bootstrapped> bootstrap(const BootstrapRequest& request, const crypto::SecretBytes& passphrase,
                               crypto::Random& random, Instant now) {
    SB_CHECK(check_bootstrap(request));
    std::vector<crypto::SigningKey> roots;
    roots.reserve(kRootKeys);
    for (int i = 0; i < kRootKeys; ++i) roots.push_back(crypto::SigningKey::generate());
    const ServiceKeys service;
    SB_TRY(const pki::AuthorityFiles ca, pki::create_authority(request.cluster, now, random));
    Bootstrapped made;
    made.trust_expires = std::chrono::floor<std::chrono::seconds>(now + request.trust_life);
    const std::string trust_text = first_trust_file(request, roots, service, made.trust_expires);
    if (auto judged = trust::verify_initial(trust_text); !judged) {
        return Error(Code::internal, "the first trust file does not verify: " + judged.error().message());
    }
    made.trust_sha256 = crypto::sha256(trust_text).hex();
    const std::string id = crypto::to_hex(random.bytes(6));
    const std::string secret = crypto::to_base64url(random.bytes(32));

    Undo undo;
    SB_TRY(made.root_key_files, write_root_keys(request, roots, passphrase, random, undo));
    SB_CHECK(undo.folder(request.data));
    for (const char* inner : {"/trust", "/keys", "/pki", "/access"})
        SB_CHECK(undo.folder(request.data + inner));
    SB_CHECK(undo.file(request.data + "/trust/1.json", trust_text, 0600));
    SB_CHECK(undo.file(request.data + "/trust/trust.json", trust_text, 0600));
    SB_CHECK(write_service_key(request.data + "/keys/token.key", service.token, undo));
    SB_CHECK(write_service_key(request.data + "/keys/ledger.key", service.ledger, undo));
    SB_CHECK(undo.file(request.data + "/pki/ca.crt", ca.certificate_pem, 0600));
    SB_CHECK(undo.secret(request.data + "/pki/ca.key", ca.key_pem.expose()));
    const json::Json access = {{"id", id},
                               {"name", "admin"},
                               {"role", "administrator"},
                               {"key_sha256", crypto::sha256(secret).hex()}};
    SB_CHECK(undo.file(request.data + "/access/bootstrap.json", json::canonical(access) + "\n", 0600));

    const std::string folder = folder_of(request.credentials_file);
    if (!path_exists(folder)) SB_CHECK(undo.folder(folder));
    const Credentials credentials{request.url, ca.certificate_pem, fmt::format("sbk_{}_{}", id, secret)};
    SB_CHECK(undo.secret(request.credentials_file, as_bytes(serialize(credentials))));
    const json::Json cluster = {{"cluster_id", request.cluster},
                                {"created", to_rfc3339(std::chrono::floor<std::chrono::seconds>(now))}};
    SB_CHECK(undo.file(request.data + "/cluster.json", json::canonical(cluster) + "\n", 0600));
    undo.keep();
    return made;
}

}  // namespace signalbox::cli
