// SPDX-License-Identifier: Apache-2.0
#include "controller/cli/ledger_export.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "common/evidence/export_bundle.hpp"
#include "common/os/file.hpp"
#include "common/os/unique_fd.hpp"
#include "controller/cli/file.hpp"
#include "signalbox/v1/operator.pb.h"

namespace signalbox::cli {
namespace {

constexpr std::uint32_t kPage = 500;

Status write_entries(ApiPort& api, const os::UniqueFd& file, const std::string& name, std::uint64_t size,
                     const std::function<void(std::uint64_t, std::uint64_t)>& on_progress) {
    for (std::uint64_t next = 0; next < size;) {
        on_progress(next, size);
        v1::ListEntriesRequest request;
        request.set_from(next);
        request.set_limit(static_cast<std::uint32_t>(std::min<std::uint64_t>(kPage, size - next)));
        SB_TRY(const auto page, ask<v1::ListEntriesResponse>(api, "LedgerService/ListEntries", request));
        std::string text;
        for (const v1::LedgerEntry& entry : page.entries()) {
            if (entry.index() != next || next >= size) {
                return Error(Code::data_loss,
                             fmt::format("the controller sent entry {} when {} was due", entry.index(), next),
                             "do not trust this export; compare with one from a backup");
            }
            text += evidence::to_line(evidence::Entry{entry.index(), entry.leaf(), entry.envelope()}) + "\n";
            ++next;
        }
        if (page.entries().empty()) {
            return Error(
                Code::data_loss,
                fmt::format("the controller has no entry {} although its checkpoint covers {}", next, size),
                "do not trust this ledger: look at the controller's log");
        }
        SB_CHECK(os::write_all(file.get(), text, name));
    }
    return {};
}

}  // namespace

Result<Exported> export_ledger(ApiPort& api, const std::string& cluster_id, const std::string& path,
                               const std::function<void(std::uint64_t, std::uint64_t)>& on_progress) {
    if (path_exists(path)) {
        return Error(Code::already_exists,
                     fmt::format("{} exists, and an export is never written over anything", path),
                     "choose another path");
    }
    SB_TRY(const auto checkpoint,
           ask<v1::GetCheckpointResponse>(api, "LedgerService/GetCheckpoint", v1::GetCheckpointRequest()));
    const std::string temporary = fmt::format("{}.part-{}", path, ::getpid());
    const os::UniqueFd file(::open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644));
    if (!file) return file_error("creating", path, errno);
    const evidence::Header header{ClusterId(cluster_id), checkpoint.size(), checkpoint.checkpoint()};
    Status written = os::write_all(file.get(), evidence::to_line(header) + "\n", path);
    if (written) written = write_entries(api, file, path, checkpoint.size(), on_progress);
    if (written && (::fsync(file.get()) != 0 || ::link(temporary.c_str(), path.c_str()) != 0))
        written = file_error("writing", path, errno);
    ::unlink(temporary.c_str());
    if (!written) return std::move(written).error();
    return Exported{checkpoint.size(), checkpoint.checkpoint()};
}

}  // namespace signalbox::cli
