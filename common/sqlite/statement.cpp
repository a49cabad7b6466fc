// SPDX-License-Identifier: Apache-2.0
#include "common/sqlite/statement.hpp"

#include <fmt/format.h>
#include <sqlite3.h>

#include <limits>

#include "common/sqlite/error.hpp"

namespace signalbox::sqlite {

void FinalizeStatement::operator()(sqlite3_stmt* statement) const noexcept {
    sqlite3_finalize(statement);
}

std::int64_t Row::integer(int column) const {
    return sqlite3_column_int64(statement_, column);
}

std::string Row::text(int column) const {
    const auto* data = reinterpret_cast<const char*>(sqlite3_column_text(statement_, column));
    if (data == nullptr) return {};
    return {data, static_cast<std::size_t>(sqlite3_column_bytes(statement_, column))};
}

Bytes Row::blob(int column) const {
    const auto* data = static_cast<const std::uint8_t*>(sqlite3_column_blob(statement_, column));
    if (data == nullptr) return {};
    return {data, data + sqlite3_column_bytes(statement_, column)};
}

bool Row::is_null(int column) const {
    return sqlite3_column_type(statement_, column) == SQLITE_NULL;
}

std::optional<std::int64_t> Row::optional_integer(int column) const {
    if (is_null(column)) return std::nullopt;
    return integer(column);
}

std::optional<std::string> Row::optional_text(int column) const {
    if (is_null(column)) return std::nullopt;
    return text(column);
}

void Statement::remember(int code) {
    if (code != SQLITE_OK && bind_code_ == SQLITE_OK) bind_code_ = code;
}

void Statement::bind(int parameter, std::nullptr_t) {
    remember(sqlite3_bind_null(statement_.get(), parameter + 1));
}

void Statement::bind(int parameter, std::int64_t value) {
    remember(sqlite3_bind_int64(statement_.get(), parameter + 1, value));
}

void Statement::bind(int parameter, std::uint64_t value) {
    if (value > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())) {
        remember(SQLITE_RANGE);
        return;
    }
    bind(parameter, static_cast<std::int64_t>(value));
}

void Statement::bind(int parameter, std::string_view text) {
    // A null pointer would bind NULL instead of the empty text.
    const char* data = text.data() == nullptr ? "" : text.data();
    remember(sqlite3_bind_text64(statement_.get(), parameter + 1, data, text.size(), SQLITE_TRANSIENT,
                                 SQLITE_UTF8));
}

void Statement::bind(int parameter, ByteView blob) {
    const void* data = blob.data() == nullptr ? static_cast<const void*>("") : blob.data();
    remember(sqlite3_bind_blob64(statement_.get(), parameter + 1, data, blob.size(), SQLITE_TRANSIENT));
}

Result<bool> Statement::step() {
    if (bind_code_ != SQLITE_OK) {
        const int code = std::exchange(bind_code_, SQLITE_OK);
        return error_of(*connection_, code, fmt::format("binding \"{}\"", sqlite3_sql(statement_.get())));
    }
    const int code = sqlite3_step(statement_.get());
    if (code == SQLITE_ROW) return true;
    if (code == SQLITE_DONE) return false;
    Error error = error_of(*connection_, code, fmt::format("running \"{}\"", sqlite3_sql(statement_.get())));
    sqlite3_reset(statement_.get());
    return error;
}

Status Statement::reset() {
    const int code = sqlite3_reset(statement_.get());
    if (code == SQLITE_OK) return {};
    return error_of(*connection_, code, fmt::format("ending \"{}\"", sqlite3_sql(statement_.get())));
}

Result<std::int64_t> Statement::run() {
    for (;;) {
        SB_TRY(const bool row, step());
        if (!row) break;
    }
    const auto changed =
        sqlite3_stmt_readonly(statement_.get()) != 0 ? 0 : sqlite3_changes64(connection_->handle.get());
    SB_CHECK(reset());
    return std::int64_t{changed};
}

Status Statement::each(const std::function<Status(const Row&)>& row) {
    for (;;) {
        SB_TRY(const bool any, step());
        if (!any) break;
        if (Status status = row(Row(statement_.get())); !status) {
            sqlite3_reset(statement_.get());
            return status;
        }
    }
    return reset();
}

}  // namespace signalbox::sqlite
