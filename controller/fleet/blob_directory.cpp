// SPDX-License-Identifier: Apache-2.0
#include "controller/fleet/blob_directory.hpp"

#include <fmt/format.h>

#include <filesystem>
#include <fstream>
#include <system_error>

namespace signalbox::fleet {
namespace {

class FileBlob final : public Blob {
  public:
    FileBlob(std::string path, std::ifstream file, std::uint64_t size)
        : path_(std::move(path)), file_(std::move(file)), size_(size) {}

    std::uint64_t size() const override { return size_; }

    Result<std::size_t> read(std::uint64_t offset, std::span<char> out) override {
        if (offset >= size_) return std::size_t{0};
        file_.clear();
        file_.seekg(static_cast<std::streamoff>(offset));
        file_.read(out.data(), static_cast<std::streamsize>(out.size()));
        const auto got = static_cast<std::size_t>(file_.gcount());
        if (file_.bad() || (got < out.size() && offset + got < size_)) {
            return Error(Code::unavailable, fmt::format("cannot read {} at byte {}", path_, offset),
                         "Check the controller's disk");
        }
        return got;
    }

  private:
    std::string path_;
    std::ifstream file_;
    std::uint64_t size_;
};

}  // namespace

Result<std::unique_ptr<Blob>> BlobDirectory::open(const crypto::Digest& sha256) {
    const std::string hex = sha256.hex();
    std::string path = fmt::format("{}/sha256/{}/{}", path_, hex.substr(0, 2), hex);
    std::ifstream file(path, std::ios::binary);
    std::error_code problem;
    const auto size = std::filesystem::file_size(path, problem);
    if (!file || problem) {
        return Error(Code::not_found, fmt::format("no artifact sha256:{}", hex),
                     "Upload it with `signalbox artifact push`");
    }
    return std::unique_ptr<Blob>(std::make_unique<FileBlob>(std::move(path), std::move(file), size));
}

}  // namespace signalbox::fleet
