// SPDX-License-Identifier: Apache-2.0
// Result<T>: a value or an Error. Every fallible function returns one; exceptions never cross a module.
// Values, no shared state: safe to move between threads.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

namespace signalbox {

// What kind of failure it is; callers branch on this, people read Error::message.
enum class Code {
    invalid_argument,     // the input is malformed or out of range
    not_found,            // the named thing does not exist
    already_exists,       // the named thing exists and must not
    permission_denied,    // the caller is known and may not
    unauthenticated,      // the caller is not known
    failed_precondition,  // the system is not in the state that the call needs
    conflict,             // somebody else changed it first
    refused,              // a trust rule says no; the message starts with the numbered refusal code
    unavailable,          // a collaborator cannot be reached now; may pass
    deadline_exceeded,    // it took longer than allowed
    resource_exhausted,   // a cap, quota or disk is full
    data_loss,            // stored or received bytes are not what they must be
    cancelled,            // the caller went away
    internal,             // a bug here
};

[[nodiscard]] std::string_view to_string(Code code);

// What went wrong (message), where (contexts are put in front of it), and what to do next (remedy).
class [[nodiscard]] Error {
  public:
    Error(Code code, std::string message, std::string remedy = {})
        : code_(code), message_(std::move(message)), remedy_(std::move(remedy)) {}

    [[nodiscard]] Code code() const { return code_; }
    [[nodiscard]] const std::string& message() const { return message_; }
    [[nodiscard]] const std::string& remedy() const { return remedy_; }

    // "reading trust file: not JSON": says where, outermost first.
    Error with_context(std::string_view context) &&;
    // Replaces the remedy: one sentence in the imperative.
    Error with_remedy(std::string remedy) &&;

    // "message. remedy" for a log line or a terminal.
    [[nodiscard]] std::string to_string() const;

  private:
    Code code_;
    std::string message_;
    std::string remedy_;
};

template <class T>
class [[nodiscard]] Result {
  public:
    Result(T value)
        : state_(std::in_place_index<0>, std::move(value)) {}  // NOLINT(google-explicit-constructor)
    Result(Error error)
        : state_(std::in_place_index<1>, std::move(error)) {}  // NOLINT(google-explicit-constructor)

    [[nodiscard]] bool ok() const { return state_.index() == 0; }
    explicit operator bool() const { return ok(); }

    // Calling value() on an error, or error() on a value, is a bug and terminates.
    [[nodiscard]] T& value() & { return *require(std::get_if<0>(&state_)); }
    [[nodiscard]] const T& value() const& { return *require(std::get_if<0>(&state_)); }
    [[nodiscard]] T&& value() && { return std::move(*require(std::get_if<0>(&state_))); }
    T& operator*() & { return value(); }
    const T& operator*() const& { return value(); }
    T&& operator*() && { return std::move(*this).value(); }
    T* operator->() { return &value(); }
    const T* operator->() const { return &value(); }

    [[nodiscard]] const Error& error() const& { return *require(std::get_if<1>(&state_)); }
    [[nodiscard]] Error&& error() && { return std::move(*require(std::get_if<1>(&state_))); }

    Result with_context(std::string_view context) && {
        if (ok()) return std::move(*this);
        return std::move(*this).error().with_context(context);
    }

  private:
    template <class P>
    static P* require(P* p) {
        if (p == nullptr) std::terminate();
        return p;
    }
    std::variant<T, Error> state_;
};

// Success without a value.
template <>
class [[nodiscard]] Result<void> {
  public:
    Result() = default;
    Result(Error error) : error_(std::move(error)) {}  // NOLINT(google-explicit-constructor)

    [[nodiscard]] bool ok() const { return !error_.has_value(); }
    explicit operator bool() const { return ok(); }
    [[nodiscard]] const Error& error() const& { return require(); }
    [[nodiscard]] Error&& error() && { return std::move(const_cast<Error&>(require())); }

    Result with_context(std::string_view context) && {
        if (ok()) return {};
        return std::move(*this).error().with_context(context);
    }

  private:
    const Error& require() const {
        if (!error_) std::terminate();
        return *error_;
    }
    std::optional<Error> error_;
};

using Status = Result<void>;

}  // namespace signalbox

#define SB_CONCAT_INNER(a, b) a##b
#define SB_CONCAT(a, b) SB_CONCAT_INNER(a, b)

// SB_TRY(auto x, f());  declares x from the value of f(), or returns f()'s error from the enclosing function.
#define SB_TRY(declaration, expression) SB_TRY_IMPL(SB_CONCAT(sb_result_, __LINE__), declaration, expression)
#define SB_TRY_IMPL(result, declaration, expression) \
    auto result = (expression);                      \
    if (!result) return std::move(result).error();   \
    declaration = *std::move(result)

// SB_CHECK(f());  returns f()'s error from the enclosing function; drops its value.
#define SB_CHECK(expression)                                                                \
    do {                                                                                    \
        if (auto sb_status = (expression); !sb_status) return std::move(sb_status).error(); \
    } while (false)
