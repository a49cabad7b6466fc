// SPDX-License-Identifier: Apache-2.0
#include "controller/app/server_certificate.hpp"

#include <arpa/inet.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <filesystem>

#include "common/crypto/key_file.hpp"
#include "common/os/file.hpp"
#include "common/os/private_directory.hpp"
#include "common/pki/certificate.hpp"
#include "common/pki/key.hpp"

namespace signalbox::app {
namespace {

constexpr std::size_t kMaxPemBytes = 64 * 1024;
constexpr std::size_t kKept = 2;  // generations: the live one, and the one that was open a moment ago

bool is_ip(const std::string& host) {
    std::array<unsigned char, 16> parsed{};
    return inet_pton(AF_INET, host.c_str(), parsed.data()) == 1 ||
           inet_pton(AF_INET6, host.c_str(), parsed.data()) == 1;
}

void add_once(std::vector<std::string>& list, const std::string& text) {
    if (std::find(list.begin(), list.end(), text) == list.end()) list.push_back(text);
}

// At half of its life, ten percent more or less by what the certificate is: the same whenever one asks.
Instant renewal_of(const pki::CertificateInfo& info) {
    const Duration half = (info.not_after - info.not_before) / 2;
    return info.not_before + half - half / 10 + half / 5 * info.sha256.view()[0] / 255;
}

}  // namespace

pki::SubjectNames controller_names(const std::string& cluster, const std::vector<std::string>& hosts) {
    pki::SubjectNames names;
    names.uris = {pki::controller_uri(cluster)};
    names.dns = {"localhost", "signalbox-controller"};
    names.ips = {"127.0.0.1", "::1"};
    for (const auto& host : hosts) {
        if (host.empty() || host == "0.0.0.0" || host == "::") continue;
        add_once(is_ip(host) ? names.ips : names.dns, host);
    }
    return names;
}

Result<LiveCertificate> ServerCertificate::ensure(Instant now) {
    if (auto live = load(now)) return std::move(*live);
    auto issued = issue(now);
    if (!issued) return std::move(issued).error().with_context("issuing the server certificate");
    return std::move(*issued);
}

Result<LiveCertificate> ServerCertificate::load(Instant now) const {
    LiveCertificate live;
    SB_TRY(live.chain_pem, os::read_file(certificate_path(), kMaxPemBytes));
    SB_TRY(const auto key, crypto::read_secret_file(key_path()));
    SB_CHECK(pki::check_pair(live.chain_pem, key));
    SB_CHECK(
        pki::check_issued_by(live.chain_pem, ca_.present().certificate_pem(), pki::Purpose::server, now));
    if (!live.chain_pem.ends_with(ca_.succession_pem()))
        return Error(Code::failed_precondition, "the authority was changed since");
    SB_TRY(const auto info, pki::parse_certificate(live.chain_pem));
    if (info.names != names_) return Error(Code::failed_precondition, "it is for other names");
    live.key_pem = to_text(key.expose());
    live.not_after = info.not_after;
    live.renew_at = renewal_of(info);
    if (live.renew_at <= now) return Error(Code::failed_precondition, "it is to be renewed");
    return live;
}

Result<LiveCertificate> ServerCertificate::issue(Instant now) {
    SB_TRY(const auto fresh, pki::make_key_and_request());
    pki::LeafProfile profile;
    profile.names = names_;
    profile.server = true;
    profile.life = life_;
    SB_TRY(const auto leaf, ca_.present().issue(fresh.csr_der, profile, now, random_));

    const std::string chain = leaf.certificate_pem + ca_.succession_pem();
    const auto existing = generations();
    const long next = existing.empty() ? 1 : existing.back() + 1;
    const auto home = fmt::format("{}/{}", directory_, next);
    SB_CHECK(os::make_private_directory(home));
    SB_CHECK(os::write_file_atomically(home + "/server.key", to_text(fresh.key_pem.expose())));
    SB_CHECK(os::write_file_atomically(home + "/server.crt", chain));
    SB_CHECK(os::replace_link(std::to_string(next), directory_ + "/live"));
    for (std::size_t i = 0; i + kKept <= existing.size(); ++i) {
        std::error_code ignored;  // an old generation that stays is harmless
        std::filesystem::remove_all(fmt::format("{}/{}", directory_, existing[i]), ignored);
    }
    LiveCertificate live;
    live.chain_pem = chain;
    live.key_pem = to_text(fresh.key_pem.expose());
    live.not_after = leaf.not_after;
    SB_TRY(const auto info, pki::parse_certificate(live.chain_pem));
    live.renew_at = renewal_of(info);
    live.renewed = true;
    return live;
}

std::vector<long> ServerCertificate::generations() const {
    std::vector<long> out;
    std::error_code failure;
    for (const auto& entry : std::filesystem::directory_iterator(directory_, failure)) {
        const auto name = entry.path().filename().string();
        long number = 0;
        const auto [stop, wrong] = std::from_chars(name.data(), name.data() + name.size(), number);
        if (wrong == std::errc() && stop == name.data() + name.size()) out.push_back(number);
    }
    std::sort(out.begin(), out.end());
    return out;
}

}  // namespace signalbox::app
