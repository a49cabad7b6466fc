// SPDX-License-Identifier: Apache-2.0
#include "controller/artifact/import.hpp"

#include <fmt/format.h>

#include "common/os/partial_file.hpp"
#include "common/os/random_access.hpp"
#include "common/os/temp_directory.hpp"
#include "controller/artifact/tree_archive.hpp"

namespace signalbox::artifact {

Result<std::string> read_git_tar(estate::GitCache& git, const std::string& url) {
    // git:<repository>#<40 hex>:<path>, as parse_artifact_source accepted it.
    const std::size_t hash = url.rfind('#');
    const std::string repository = url.substr(4, hash - 4);
    const std::string commit = url.substr(hash + 1, 40);
    const std::string folder = url.substr(hash + 42);
    SB_TRY(const std::string resolved, git.resolve(repository, commit));
    const estate::TreeLimits limits{100'000, 256ULL << 20, 256ULL << 20};
    SB_TRY(const auto files,
           git.read(
               repository, resolved, folder, [](std::string_view) { return true; }, limits));
    return make_tar(files);
}

Result<std::uint64_t> download(Fetcher& fetcher, BlobStore& blobs, const std::string& url,
                               const crypto::Digest& sha256, const std::string& format) {
    // The size is known at the end only, and uploads announce it: the bytes wait in a file of their own,
    // which goes away whatever happens.
    SB_TRY(const auto folder, os::TempDirectory::make(blobs.directory() + "/partial"));
    SB_TRY(auto file, os::PartialFile::open(folder.file("download")));
    std::uint64_t size = 0;
    crypto::Sha256 sum;
    const Fetcher::Sink keep = [&](ByteView bytes) -> Status {
        SB_CHECK(file.write_at(size, bytes));
        sum.update(bytes);
        size += bytes.size();
        return {};
    };
    SB_CHECK(fetcher.fetch(url, kMaxArtifactBytes, keep));
    if (const crypto::Digest found = sum.finish(); found != sha256) {
        return Error{Code::data_loss,
                     fmt::format("'{:.200}' gave sha256:{}, not sha256:{}", url, found.hex(), sha256.hex()),
                     "The file there is another than the digest's: check both"};
    }
    if (blobs.holds(sha256)) return size;
    SB_TRY(std::uint64_t have, blobs.begin(sha256, {size, format}));
    std::vector<std::uint8_t> buffer(kMaxChunkBytes);
    while (have < size) {
        SB_TRY(const std::size_t got, os::read_at(file.fd(), have, buffer));
        SB_TRY(have, blobs.put(sha256, have, ByteView(buffer.data(), got)));
    }
    SB_CHECK(blobs.finish(sha256));
    return size;
}

}  // namespace signalbox::artifact
