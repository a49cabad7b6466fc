// SPDX-License-Identifier: Apache-2.0
#include "controller/app/data_directory.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "common/json/json.hpp"
#include "common/os/file.hpp"
#include "common/os/private_directory.hpp"

namespace signalbox::app {
namespace {

Result<ClusterId> read_cluster(const std::string& path) {
    SB_TRY(const auto text, os::read_file(path, 4096));
    SB_TRY(const auto document, json::parse(text));
    SB_TRY(auto reader, json::ObjectReader::open(document));
    SB_TRY(auto cluster, reader.string("cluster_id"));
    SB_CHECK(reader.string("created"));
    SB_CHECK(reader.finish());
    const bool good =
        !cluster.empty() && cluster.size() <= 40 && std::all_of(cluster.begin(), cluster.end(), [](char c) {
            return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
        });
    if (!good) return Error(Code::invalid_argument, "$.cluster_id is not 1 to 40 of a-z 0-9 -");
    return ClusterId(std::move(cluster));
}

}  // namespace

Result<DataDirectory> DataDirectory::open(const std::string& path) {
    if (auto checked = os::check_private_directory(path); !checked) {
        Error error = std::move(checked).error();
        if (error.code() != Code::not_found) return error;
        return std::move(error).with_remedy(fmt::format(
            "Make it with `signalbox init --data {} --cluster NAME`, or name the right one.", path));
    }
    const auto cluster_path = path + "/cluster.json";
    auto cluster = read_cluster(cluster_path);
    if (!cluster) {
        Error error = std::move(cluster).error();
        if (error.code() == Code::not_found) {
            return Error(Code::not_found,
                         fmt::format("{} is not a controller's data directory: it has no cluster.json", path),
                         fmt::format("Make one with `signalbox init --data {} --cluster NAME`.", path));
        }
        if (error.remedy().empty()) {
            error = std::move(error).with_remedy(
                "Put it back from a backup: {\"cluster_id\":NAME,\"created\":TIME}, as `signalbox init` "
                "wrote it.");
        }
        return std::move(error).with_context(cluster_path);
    }
    SB_CHECK(os::make_private_directory(path + "/run"));
    auto lock = os::LockFile::acquire(path + "/run/lock");
    if (!lock) {
        Error error = std::move(lock).error();
        if (error.code() != Code::conflict) return error;
        return std::move(error)
            .with_context(fmt::format("another controller runs on {}", path))
            .with_remedy("Stop it first; two controllers on one data directory would fork the ledger.");
    }
    for (const char* inner : {"/blobs", "/estate"}) SB_CHECK(os::make_private_directory(path + inner));
    return DataDirectory(path, std::move(*cluster), std::move(*lock));
}

Status DataDirectory::check_database() const {
    std::error_code failure;
    if (std::filesystem::exists(bootstrap(), failure)) return {};
    const auto size = std::filesystem::file_size(database(), failure);
    if (!failure && size > 0) return {};
    return Error(
        Code::data_loss,
        fmt::format("{} is {}, and this controller has run before", database(),
                    failure ? "missing" : "empty"),
        fmt::format("restore {} from a backup (docs/operating.md); nothing was changed", database()));
}

}  // namespace signalbox::app
