// SPDX-License-Identifier: Apache-2.0
// Archives for tests, good and hostile, made entry by entry.
#pragma once

#include <archive.h>
#include <archive_entry.h>

#include <string>
#include <string_view>

namespace signalbox::artifact {

class TarMaker {
  public:
    explicit TarMaker(std::string_view format = "tar") : writer_(archive_write_new()) {
        archive_write_set_format_gnutar(writer_);
        if (format == "tar.gz") archive_write_add_filter_gzip(writer_);
        if (format == "tar.zst") archive_write_add_filter_zstd(writer_);
        archive_write_set_bytes_in_last_block(writer_, 1);
        archive_write_open(writer_, &out_, nullptr, append, nullptr);
    }
    ~TarMaker() { archive_write_free(writer_); }
    TarMaker(const TarMaker&) = delete;
    TarMaker& operator=(const TarMaker&) = delete;

    TarMaker& file(const std::string& path, const std::string& content = "x", unsigned mode = 0644) {
        return add(path, AE_IFREG, mode, content, "", "");
    }
    TarMaker& link(const std::string& path, const std::string& target) {
        return add(path, AE_IFLNK, 0777, "", target, "");
    }
    TarMaker& hard_link(const std::string& path, const std::string& target) {
        return add(path, AE_IFREG, 0644, "", "", target);
    }
    TarMaker& special(const std::string& path, unsigned type) { return add(path, type, 0644, "", "", ""); }
    std::string bytes() {
        archive_write_close(writer_);
        return out_;
    }

  private:
    static la_ssize_t append(archive*, void* out, const void* bytes, std::size_t size) {
        static_cast<std::string*>(out)->append(static_cast<const char*>(bytes), size);
        return static_cast<la_ssize_t>(size);
    }
    TarMaker& add(const std::string& path, unsigned type, unsigned mode, const std::string& content,
                  const std::string& link, const std::string& hard) {
        archive_entry* entry = archive_entry_new();
        archive_entry_set_pathname(entry, path.c_str());
        archive_entry_set_filetype(entry, type);
        archive_entry_set_perm(entry, static_cast<__LA_MODE_T>(mode));
        archive_entry_set_size(entry, static_cast<la_int64_t>(content.size()));
        if (!link.empty()) archive_entry_set_symlink(entry, link.c_str());
        if (!hard.empty()) archive_entry_set_hardlink(entry, hard.c_str());
        archive_write_header(writer_, entry);
        if (!content.empty()) archive_write_data(writer_, content.data(), content.size());
        archive_entry_free(entry);
        return *this;
    }
    std::string out_;
    archive* writer_;
};

}  // namespace signalbox::artifact
