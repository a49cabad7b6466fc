// SPDX-License-Identifier: Apache-2.0
// Structured log lines: a fixed message and fields. Injected, never global; copies share one output and are
// cheap. Thread-safe.
#pragma once

#include <concepts>
#include <functional>
#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/result.hpp"
#include "common/base/strong_id.hpp"

namespace signalbox::telemetry {

enum class Level { debug, info, warning, error };
[[nodiscard]] Result<Level> parse_level(std::string_view text);

enum class Format { logfmt, json };

// One name and value. There is deliberately no way from SecretBytes to here.
struct Field {
    std::string key;
    std::string value;
    bool bare = false;  // a number or truth value: not quoted in JSON

    Field(std::string_view name, std::string_view text) : key(name), value(text) {}
    Field(std::string_view name, const char* text) : key(name), value(text) {}
    Field(std::string_view name, const std::string& text) : key(name), value(text) {}
    template <std::integral Number>
    Field(std::string_view name, Number number) : key(name), value(std::to_string(number)), bare(true) {}
    Field(std::string_view name, bool yes) : key(name), value(yes ? "true" : "false"), bare(true) {}
    template <class Tag>
    Field(std::string_view name, const StrongId<Tag>& id) : key(name), value(id.str()) {}
    // Its message and remedy.
    Field(std::string_view name, const Error& error) : key(name), value(error.to_string()) {}
};

class Logger {
  public:
    // Writes to standard error.
    explicit Logger(Level least = Level::info, Format format = Format::logfmt);
    // Gives each line, without its end, to `sink`, one at a time.
    Logger(Level least, Format format, std::function<void(std::string_view)> sink);
    // Drops everything.
    [[nodiscard]] static Logger silent();

    // A logger that adds these fields to every line, for a component, an agent or a release.
    [[nodiscard]] Logger with(std::initializer_list<Field> fields) const;

    void debug(std::string_view message, std::initializer_list<Field> fields = {}) const;
    void info(std::string_view message, std::initializer_list<Field> fields = {}) const;
    void warning(std::string_view message, std::initializer_list<Field> fields = {}) const;
    void error(std::string_view message, std::initializer_list<Field> fields = {}) const;

  private:
    struct Output;
    void write(Level level, std::string_view message, std::initializer_list<Field> fields) const;
    std::shared_ptr<Output> output_;
    std::string context_;  // formatted fields of with()
};

}  // namespace signalbox::telemetry
