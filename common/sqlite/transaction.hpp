// SPDX-License-Identifier: Apache-2.0
// A write transaction that is undone unless commit() succeeded. One at a time per Database; must not outlive
// it.
#pragma once

#include "common/base/result.hpp"
#include "common/sqlite/handle.hpp"

namespace signalbox::sqlite {

class Transaction {
  public:
    Transaction(Transaction&& other) noexcept : connection_(std::exchange(other.connection_, nullptr)) {}
    Transaction& operator=(Transaction&&) = delete;
    Transaction(const Transaction&) = delete;
    Transaction& operator=(const Transaction&) = delete;
    ~Transaction();

    // Durable when it returns. On an error everything since the begin is undone. Errors: error.hpp's.
    [[nodiscard]] Status commit();

  private:
    friend class Database;
    explicit Transaction(const Connection& connection) : connection_(&connection) {}
    void roll_back() noexcept;
    const Connection* connection_;
};

}  // namespace signalbox::sqlite
