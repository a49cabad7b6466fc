// SPDX-License-Identifier: Apache-2.0
#include "agent/fetch/spool.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <system_error>
#include <vector>

#include "common/os/file.hpp"

namespace signalbox::fetch {
namespace {

namespace fs = std::filesystem;

struct Held {
    fs::path path;
    fs::file_time_type used;
    std::uint64_t size = 0;
};

// What lies in the spool, least recently used first.
std::vector<Held> held_in(const std::string& directory) {
    std::vector<Held> found;
    std::error_code problem;
    for (const auto& entry : fs::directory_iterator(directory, problem)) {
        std::error_code bad;
        const auto used = entry.last_write_time(bad);
        const auto size = bad ? 0 : entry.file_size(bad);
        if (!bad) found.push_back({entry.path(), used, size});
    }
    std::sort(found.begin(), found.end(), [](const Held& a, const Held& b) { return a.used < b.used; });
    return found;
}

Error cannot_write(const std::string& path) {
    return Error(Code::unavailable, fmt::format("cannot write {}", path),
                 "Check the disk and the permissions of the agent's state directory");
}

}  // namespace

std::string Spool::path_of(const crypto::Digest& sha256) const {
    return directory_ + "/" + sha256.hex();
}

Result<os::UniqueFd> Spool::open_complete(const Wanted& wanted) {
    const std::string path = path_of(wanted.sha256);
    std::error_code problem;
    const auto size = fs::file_size(path, problem);
    if (problem) return Error(Code::not_found, "not in the spool");
    if (size != wanted.size) {
        fs::remove(path, problem);
        return Error(Code::not_found, "not in the spool with this size");
    }
    fs::last_write_time(path, fs::file_time_type::clock::now(), problem);  // recently used
    return os::open_for_reading(path);
}

Result<os::UniqueFd> Spool::get(const Wanted& wanted, const Source& source) {
    if (auto complete = open_complete(wanted)) return complete;
    SB_CHECK(fetch(wanted, source).with_context(fmt::format("fetching artifact {}", wanted.sha256.hex())));
    return open_complete(wanted);
}

void Spool::drop(const crypto::Digest& sha256) {
    std::error_code ignored;
    fs::remove(path_of(sha256), ignored);
}

Status Spool::make_room(const Wanted& wanted, std::uint64_t missing) {
    if (wanted.size > limits_.max_bytes) {
        return Error(Code::resource_exhausted,
                     fmt::format("it has {} bytes and the spool may hold {}", wanted.size, limits_.max_bytes),
                     "Give the agent a larger spool");
    }
    std::vector<Held> held = held_in(directory_);
    const std::string partial = path_of(wanted.sha256) + ".part";
    std::erase_if(held, [&](const Held& h) { return h.path == partial; });
    std::uint64_t total = 0;
    for (const Held& h : held) total += h.size;
    auto next = held.begin();
    for (;;) {
        SB_TRY(const std::uint64_t free, os::free_space(directory_));
        const bool fits_disk = free >= missing + limits_.keep_free_bytes;
        if (fits_disk && total + wanted.size <= limits_.max_bytes) return {};
        if (next == held.end()) {
            return Error(Code::resource_exhausted,
                         fmt::format("{} bytes are missing and {} are free on the disk of {}", missing, free,
                                     directory_),
                         "Free disk space on this host");
        }
        std::error_code ignored;
        fs::remove(next->path, ignored);
        total -= next->size;
        ++next;
    }
}

Status Spool::fetch(const Wanted& wanted, const Source& source) {
    const std::string partial = path_of(wanted.sha256) + ".part";
    std::error_code problem;
    std::uint64_t have = fs::exists(partial, problem) ? fs::file_size(partial, problem) : 0;
    if (problem || have > wanted.size) {
        fs::remove(partial, problem);
        have = 0;
    }
    SB_CHECK(make_room(wanted, wanted.size - have));

    crypto::Sha256 hash;
    if (have > 0) {
        std::ifstream before(partial, std::ios::binary);
        std::array<char, 64 * 1024> piece{};
        std::uint64_t hashed = 0;
        while (before && hashed < have) {
            before.read(piece.data(), piece.size());
            const auto got = static_cast<std::size_t>(before.gcount());
            hash.update(as_bytes({piece.data(), got}));
            hashed += got;
        }
        if (hashed != have) return cannot_write(partial);
    }
    std::ofstream out(partial, std::ios::binary | std::ios::app);
    if (!out) return cannot_write(partial);
    std::uint64_t got = have;
    const ByteSink sink = [&](std::string_view piece) -> Status {
        if (piece.size() > wanted.size - got) {
            return Error(Code::data_loss,
                         fmt::format("more than the {} bytes that were named came", wanted.size),
                         "Upload the artifact again");
        }
        hash.update(as_bytes(piece));
        out.write(piece.data(), static_cast<std::streamsize>(piece.size()));
        if (!out) return cannot_write(partial);
        got += piece.size();
        return {};
    };
    Status came;
    if (have < wanted.size) came = source(wanted, have, sink);
    out.close();
    const bool whole = came.ok() && got == wanted.size;
    if (whole && hash.finish() == wanted.sha256) {
        if (!out) return cannot_write(partial);
        fs::rename(partial, path_of(wanted.sha256), problem);
        if (problem) return cannot_write(path_of(wanted.sha256));
        return {};
    }
    if (whole || (!came && came.error().code() == Code::data_loss)) {
        fs::remove(partial, problem);
        if (!came) return came;
        return Error(Code::data_loss, "its bytes do not have this digest", "Upload the artifact again");
    }
    if (!came) return came;
    return Error(Code::unavailable, fmt::format("only {} of {} bytes came", got, wanted.size), "Try again");
}

}  // namespace signalbox::fetch
