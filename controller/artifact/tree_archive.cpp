// SPDX-License-Identifier: Apache-2.0
#include "controller/artifact/tree_archive.hpp"

#include <archive.h>
#include <archive_entry.h>
#include <fmt/format.h>

#include <map>
#include <memory>

namespace signalbox::artifact {
namespace {

struct FreeWriter {
    void operator()(archive* writer) const { archive_write_free(writer); }
};
struct FreeEntry {
    void operator()(archive_entry* entry) const { archive_entry_free(entry); }
};

la_ssize_t append(archive*, void* out, const void* bytes, std::size_t size) {
    static_cast<std::string*>(out)->append(static_cast<const char*>(bytes), size);
    return static_cast<la_ssize_t>(size);
}

Status put(archive& writer, const std::string& path, const estate::TreeFile* file) {
    const std::unique_ptr<archive_entry, FreeEntry> entry(archive_entry_new());
    archive_entry_set_pathname(entry.get(), path.c_str());
    archive_entry_set_mtime(entry.get(), 0, 0);
    archive_entry_set_uid(entry.get(), 0);
    archive_entry_set_gid(entry.get(), 0);
    if (file == nullptr) {
        archive_entry_set_filetype(entry.get(), AE_IFDIR);
        archive_entry_set_perm(entry.get(), 0755);
    } else if (file->kind == estate::TreeFile::Kind::link) {
        archive_entry_set_filetype(entry.get(), AE_IFLNK);
        archive_entry_set_perm(entry.get(), 0777);
        archive_entry_set_symlink(entry.get(), file->content.c_str());
    } else {
        archive_entry_set_filetype(entry.get(), AE_IFREG);
        archive_entry_set_perm(entry.get(), file->kind == estate::TreeFile::Kind::executable ? 0755 : 0644);
        archive_entry_set_size(entry.get(), static_cast<la_int64_t>(file->content.size()));
    }
    const bool data = file != nullptr && file->kind != estate::TreeFile::Kind::link && !file->content.empty();
    if (archive_write_header(&writer, entry.get()) != ARCHIVE_OK ||
        (data && archive_write_data(&writer, file->content.data(), file->content.size()) < 0)) {
        return Error{
            Code::invalid_argument,
            fmt::format("'{:.200}' does not fit into a tar: {}", path, archive_error_string(&writer)),
            "Give it a shorter or plainer name"};
    }
    return {};
}

}  // namespace

Result<std::string> make_tar(const std::vector<estate::TreeFile>& files) {
    if (files.empty()) {
        return Error{Code::invalid_argument, "the Git tree holds no file",
                     "Name a folder that holds the release"};
    }
    // Folders sort before what is in them; a null file is a folder.
    std::map<std::string, const estate::TreeFile*> entries;
    for (const auto& file : files) {
        for (std::size_t slash = file.path.find('/'); slash != std::string::npos;
             slash = file.path.find('/', slash + 1)) {
            entries.try_emplace(file.path.substr(0, slash + 1), nullptr);
        }
        entries[file.path] = &file;
    }
    std::string out;
    const std::unique_ptr<archive, FreeWriter> writer(archive_write_new());
    archive_write_set_format_pax_restricted(writer.get());
    if (archive_write_open(writer.get(), &out, nullptr, append, nullptr) != ARCHIVE_OK) {
        return Error{Code::internal, "a tar could not be begun"};
    }
    for (const auto& [path, file] : entries) SB_CHECK(put(*writer, path, file));
    if (archive_write_close(writer.get()) != ARCHIVE_OK) {
        return Error{Code::resource_exhausted, "the tar could not be ended", "Free memory on the controller"};
    }
    return out;
}

}  // namespace signalbox::artifact
