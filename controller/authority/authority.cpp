// SPDX-License-Identifier: Apache-2.0
#include "controller/authority/authority.hpp"

#include <fmt/format.h>

#include "common/crypto/digest.hpp"
#include "common/os/file.hpp"

namespace signalbox::authority {
namespace {

std::string in_force_path(const std::string& directory) {
    return directory + "/trust.json";
}

std::string history_path(const std::string& directory, std::int64_t version) {
    return fmt::format("{}/{}.json", directory, version);
}

}  // namespace

Result<std::unique_ptr<Authority>> Authority::open(const std::string& directory, const ClusterId& cluster,
                                                   const Clock& clock) {
    const auto path = in_force_path(directory);
    SB_TRY(auto text, os::read_file(path, trust::kMaxTrustBytes));
    auto file = trust::verify_initial(text);
    if (!file) {
        return std::move(file).error().with_context(path).with_remedy(
            "Restore the file from a backup, or from a host that holds the same version.");
    }
    if (file->cluster_id != cluster) {
        return Error(
            Code::refused,
            fmt::format("{} is for cluster \"{}\", not \"{}\"", path, file->cluster_id.str(), cluster.str()),
            "Restore this cluster's own trust file.");
    }
    return std::unique_ptr<Authority>(new Authority(directory, clock, std::move(*file), std::move(text)));
}

Result<std::string> Authority::text(std::int64_t version) const {
    if (version == current_.version) return text_;
    if (version < 1 || version > current_.version) {
        return Error(Code::not_found, fmt::format("there is no trust file version {}", version),
                     fmt::format("The one in force is version {}.", current_.version));
    }
    return os::read_file(history_path(directory_, version), trust::kMaxTrustBytes);
}

bool Authority::is_approver(const crypto::KeyId& kid) const {
    for (const auto& role : current_.roles) {
        if (role.first.rfind("approve/", 0) == 0 && current_.key_in_role(role.first, kid) != nullptr)
            return true;
    }
    return false;
}

Status Authority::publish(const std::string& dsse_text, const std::string& by, ledger::Ledger& ledger) {
    if (dsse_text == text_) {
        return Error(Code::conflict,
                     fmt::format("trust file version {} is in force already", current_.version));
    }
    SB_TRY(auto next, trust::verify_update(current_, dsse_text));
    const auto now = clock_.now();
    if (next.expires <= now) {
        return Error(Code::refused, fmt::format("the trust file expired at {}", to_rfc3339(next.expires)),
                     "Sign one that expires in the future.");
    }
    // Everything that can fail for want of space or permission comes before the ledger entry.
    SB_CHECK(os::write_file_atomically(history_path(directory_, current_.version), text_));
    SB_CHECK(os::write_file_atomically(history_path(directory_, next.version), dsse_text));
    SB_CHECK(ledger.append("trust_published", {{"version", next.version},
                                               {"sha256", crypto::sha256(dsse_text).hex()},
                                               {"expires", to_rfc3339(next.expires)},
                                               {"by", by}}));
    SB_CHECK(os::write_file_atomically(in_force_path(directory_), dsse_text));
    current_ = std::move(next);
    text_ = dsse_text;
    for (const auto& listener : listeners_) listener();
    return {};
}

std::optional<std::string> Authority::warning(Instant now) const {
    const auto left = current_.expires - now;
    if (left <= Duration::zero()) {
        return fmt::format(
            "trust file version {} expired at {}: hosts refuse every step. Publish the next version.",
            current_.version, to_rfc3339(current_.expires));
    }
    const auto days = std::chrono::duration_cast<std::chrono::hours>(left).count() / 24;
    if (days >= 30) return std::nullopt;
    return fmt::format("trust file version {} expires in {} days, at {}. Publish the next version before.",
                       current_.version, days, to_rfc3339(current_.expires));
}

}  // namespace signalbox::authority
