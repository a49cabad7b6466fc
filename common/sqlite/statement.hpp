// SPDX-License-Identifier: Apache-2.0
// One prepared statement: bind, then run it or read its rows. Parameters and columns count from 0 here.
// Used by one thread at a time; must not outlive its Database.
// Column types are trusted because every table is declared STRICT, and a read of a file that lies is zero or
// empty.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "common/base/bytes.hpp"
#include "common/base/result.hpp"
#include "common/sqlite/handle.hpp"

namespace signalbox::sqlite {

// The current row of a statement; valid until the next one is read.
class Row {
  public:
    [[nodiscard]] std::int64_t integer(int column) const;
    [[nodiscard]] bool boolean(int column) const { return integer(column) != 0; }
    [[nodiscard]] std::string text(int column) const;
    [[nodiscard]] Bytes blob(int column) const;
    [[nodiscard]] bool is_null(int column) const;
    [[nodiscard]] std::optional<std::int64_t> optional_integer(int column) const;
    [[nodiscard]] std::optional<std::string> optional_text(int column) const;

  private:
    friend class Statement;
    explicit Row(sqlite3_stmt* statement) : statement_(statement) {}
    sqlite3_stmt* statement_;
};

class Statement {
  public:
    // A failed bind is reported by the run that follows.
    void bind(int parameter, std::nullptr_t);
    void bind(int parameter, std::int64_t value);
    void bind(int parameter, int value) { bind(parameter, std::int64_t{value}); }
    void bind(int parameter, bool value) { bind(parameter, std::int64_t{value}); }
    // Above 2^63-1 the run fails with internal.
    void bind(int parameter, std::uint64_t value);
    void bind(int parameter, std::string_view text);
    void bind(int parameter, const std::string& text) { bind(parameter, std::string_view(text)); }
    void bind(int parameter, const char* text) { bind(parameter, std::string_view(text)); }
    void bind(int parameter, ByteView blob);
    void bind(int parameter, const Bytes& blob) { bind(parameter, ByteView(blob)); }
    template <class T>
    void bind(int parameter, const std::optional<T>& value) {
        value ? bind(parameter, *value) : bind(parameter, nullptr);
    }
    template <class... Values>
    void bind_all(const Values&... values) {
        int parameter = 0;
        (bind(parameter++, values), ...);
    }

    // Runs to the end and makes it ready to be bound again. Returns how many rows it changed.
    // Errors: error.hpp's.
    [[nodiscard]] Result<std::int64_t> run();
    // Calls `row` for each row, stopping at its first error. Errors: its, and error.hpp's.
    [[nodiscard]] Status each(const std::function<Status(const Row&)>& row);
    // The first row as `read` makes it, or nothing. Errors: its, and error.hpp's.
    template <class Read>
    [[nodiscard]] auto first(Read read) -> Result<std::optional<std::invoke_result_t<Read, const Row&>>> {
        std::optional<std::invoke_result_t<Read, const Row&>> found;
        SB_TRY(const bool any, step());
        if (any) found.emplace(read(Row(statement_.get())));
        SB_CHECK(reset());
        return found;
    }

  private:
    friend class Database;
    Statement(const Connection& connection, std::unique_ptr<sqlite3_stmt, FinalizeStatement> statement)
        : connection_(&connection), statement_(std::move(statement)) {}
    [[nodiscard]] Result<bool> step();
    [[nodiscard]] Status reset();
    void remember(int code);

    const Connection* connection_;
    std::unique_ptr<sqlite3_stmt, FinalizeStatement> statement_;
    int bind_code_ = 0;
};

}  // namespace signalbox::sqlite
