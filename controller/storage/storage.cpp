// SPDX-License-Identifier: Apache-2.0
#include "controller/storage/storage.hpp"

#include "controller/storage/schema.hpp"

namespace signalbox::storage {

Result<std::unique_ptr<Storage>> Storage::open(const std::string& path) {
    SB_TRY(auto database, sqlite::Database::open(path));
    SB_CHECK(sqlite::migrate(database, schema()));
    return std::unique_ptr<Storage>(new Storage(std::move(database)));
}

}  // namespace signalbox::storage
