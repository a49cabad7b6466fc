// SPDX-License-Identifier: Apache-2.0
#include "controller/app/cluster_ca.hpp"

#include <filesystem>
#include <system_error>

#include "common/crypto/key_file.hpp"
#include "common/json/json.hpp"
#include "common/os/failpoint.hpp"
#include "common/os/file.hpp"
#include "common/os/private_directory.hpp"
#include "common/pki/certificate.hpp"

namespace signalbox::app {
namespace {

namespace fs = std::filesystem;
constexpr std::size_t kMaxPemBytes = 64 * 1024;

bool there(const std::string& path) {
    std::error_code failure;
    return fs::exists(path, failure);
}

Status move_file(const std::string& from, const std::string& to) {
    std::error_code failure;
    fs::rename(from, to, failure);
    if (!failure) return {};
    return Error(Code::unavailable, "cannot move " + from + " to " + to + ": " + failure.message(),
                 "Look at the disk, then start the controller again: it finishes the change.");
}

Result<pki::Authority> load_authority(const std::string& directory) {
    SB_CHECK(os::check_private_directory(directory));
    SB_TRY(const auto certificate, os::read_file(directory + "/ca.crt", kMaxPemBytes));
    SB_TRY(const auto key, crypto::read_secret_file(directory + "/ca.key"));
    auto authority = pki::Authority::load(certificate, key);
    if (!authority) {
        return std::move(authority).error().with_context(directory).with_remedy(
            "Restore ca.crt and ca.key from a backup: every enrolled host trusts this authority.");
    }
    return std::move(*authority);
}

// The subject of every authority names the cluster: "signalbox <cluster>".
Result<std::string> cluster_of(const std::string& directory) {
    SB_TRY(const auto text, os::read_file(directory + "/../cluster.json", kMaxPemBytes));
    SB_TRY(const auto document, json::parse(text));
    SB_TRY(auto reader, json::ObjectReader::open(document));
    return reader.string("cluster_id");
}

}  // namespace

Status ClusterCa::finish_move(const std::string& directory) {
    const std::string next = directory + "/next";
    std::error_code ignored;
    if (!there(next + "/ca.crt")) {
        fs::remove_all(next, ignored);  // never complete, so nobody was told of it
        return {};
    }
    if (there(next + "/ca.key")) return {};
    // The key has moved already; the certificate did not get so far.
    SB_CHECK(move_file(next + "/ca.crt", directory + "/ca.crt"));
    SB_CHECK(os::sync_directory(directory));
    fs::remove_all(next, ignored);
    return {};
}

Result<std::unique_ptr<ClusterCa>> ClusterCa::load(const std::string& directory, crypto::Random& random,
                                                   Instant now) {
    SB_CHECK(os::check_private_directory(directory));
    SB_CHECK(finish_move(directory));
    SB_TRY(pki::Authority present, load_authority(directory));
    std::unique_ptr<ClusterCa> out(new ClusterCa(directory, random, std::move(present)));
    if (there(directory + "/next")) {
        SB_TRY(out->next_, load_authority(directory + "/next"));
    }
    SB_CHECK(out->read_succession(now));
    SB_CHECK(out->write_bundle());
    return out;
}

// Without those that no clock accepts any more.
Status ClusterCa::read_succession(Instant now) {
    succession_.clear();
    if (!there(directory_ + "/succession.crt")) return {};
    SB_TRY(const auto text, os::read_file(directory_ + "/succession.crt", kMaxPemBytes));
    for (const std::string& each : pki::split_pem(text)) {
        SB_TRY(const auto info, pki::parse_certificate(each));
        if (info.not_after > now) succession_ += each;
    }
    return {};
}

Status ClusterCa::write_bundle() const {
    return os::write_file_atomically(bundle_path(), bundle_pem());
}

std::string ClusterCa::bundle_pem() const {
    return present_.certificate_pem() + (next_ ? next_->certificate_pem() : std::string());
}

const pki::Authority& ClusterCa::issuing(Instant now) const {
    const bool settled = !prepared_ || now >= *prepared_ + kSettled;
    return next_ && settled ? *next_ : present_;
}

Status ClusterCa::prepare(Instant now) {
    if (next_)
        return Error(Code::already_exists, "a certificate authority is prepared already",
                     "`signalbox ca show` tells how far the change is");
    SB_TRY(const std::string cluster, cluster_of(directory_));
    SB_TRY(const pki::AuthorityFiles files, pki::create_authority(cluster, now, random_));
    SB_TRY(pki::Authority made, pki::Authority::load(files.certificate_pem, files.key_pem));
    SB_TRY(const std::string cross, present_.endorse(made, now, random_));
    const std::string next = directory_ + "/next";
    std::error_code ignored;  // of an earlier try
    fs::remove_all(next, ignored);
    SB_CHECK(os::make_private_directory(next));
    SB_CHECK(crypto::write_secret_file(next + "/ca.key", files.key_pem.expose()));
    SB_CHECK(os::write_file_atomically(next + "/cross.crt", cross));
    os::failpoint("controller.ca_half_prepared");
    SB_CHECK(os::write_file_atomically(next + "/ca.crt", files.certificate_pem));
    SB_CHECK(os::sync_directory(directory_));
    next_ = std::move(made);
    prepared_ = now;
    Status written = write_bundle();
    if (!written) {
        // Our ports would refuse what it issues: it was not prepared.
        next_.reset();
        prepared_.reset();
        fs::remove_all(next, ignored);
    }
    return written;
}

Status ClusterCa::retire() {
    if (!next_)
        return Error(Code::failed_precondition, "no certificate authority is prepared to take the place",
                     "Begin with `signalbox ca prepare`");
    const std::string next = directory_ + "/next";
    // First what lets sleeping hosts know us: with it there, the rest may be cut short anywhere.
    SB_TRY(const auto cross, os::read_file(next + "/cross.crt", kMaxPemBytes));
    if (succession_.find(cross) == std::string::npos) succession_ += cross;
    SB_CHECK(os::write_file_atomically(directory_ + "/succession.crt", succession_));
    os::failpoint("controller.ca_endorsed");
    SB_CHECK(move_file(next + "/ca.key", directory_ + "/ca.key"));
    os::failpoint("controller.ca_half_moved");
    SB_CHECK(os::sync_directory(directory_));
    SB_CHECK(finish_move(directory_));
    retired_pem_ = present_.certificate_pem();
    present_ = *std::move(next_);
    next_.reset();
    prepared_.reset();
    return write_bundle();
}

}  // namespace signalbox::app
