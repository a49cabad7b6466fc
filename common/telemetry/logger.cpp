// SPDX-License-Identifier: Apache-2.0
#include "common/telemetry/logger.hpp"

#include <fmt/format.h>
#include <spdlog/logger.h>
#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/base_sink.h>
#include <spdlog/sinks/stdout_sinks.h>

#include <algorithm>
#include <mutex>

#include "common/telemetry/log_text.hpp"

namespace signalbox::telemetry {
namespace {

class CallbackSink final : public spdlog::sinks::base_sink<std::mutex> {
  public:
    explicit CallbackSink(std::function<void(std::string_view)> callback) : callback_(std::move(callback)) {}

  private:
    void sink_it_(const spdlog::details::log_msg& message) override {
        spdlog::memory_buf_t line;
        formatter_->format(message, line);
        callback_({line.data(), line.size()});
    }
    void flush_() override {}
    std::function<void(std::string_view)> callback_;
};

spdlog::level::level_enum spdlog_level(Level level) {
    switch (level) {
        case Level::debug:
            return spdlog::level::debug;
        case Level::info:
            return spdlog::level::info;
        case Level::warning:
            return spdlog::level::warn;
        case Level::error:
            return spdlog::level::err;
    }
    return spdlog::level::err;
}

bool needs_quotes(std::string_view escaped) {
    return escaped.empty() || std::any_of(escaped.begin(), escaped.end(), [](char c) {
               return c == ' ' || c == '=' || c == '\\' || c == '"';
           });
}

void append(std::string& line, const Field& field, Format format) {
    const std::string key = escape(field.key);
    const std::string value =
        is_secret_name(field.key) ? std::string("[redacted]") : escape(redact(field.value));
    const bool bare = field.bare && !is_secret_name(field.key);
    if (format == Format::json) {
        line += bare ? fmt::format(",\"{}\":{}", key, value) : fmt::format(",\"{}\":\"{}\"", key, value);
    } else {
        line +=
            needs_quotes(value) ? fmt::format(" {}=\"{}\"", key, value) : fmt::format(" {}={}", key, value);
    }
}

}  // namespace

struct Logger::Output {
    Output(Level level, Format form, std::shared_ptr<spdlog::sinks::sink> sink)
        : least(level), format(form), logger("signalbox", std::move(sink)) {
        logger.set_level(spdlog_level(level));
        logger.flush_on(spdlog::level::trace);
        // The line's end is added by the stream only: a callback gets the bare line.
    }
    void set_pattern(const char* end) {
        logger.set_formatter(std::make_unique<spdlog::pattern_formatter>(
            format == Format::json ? "{\"time\":\"%Y-%m-%dT%H:%M:%S.%eZ\",\"level\":\"%l\",%v}"
                                   : "time=%Y-%m-%dT%H:%M:%S.%eZ level=%l %v",
            spdlog::pattern_time_type::utc, end));
    }
    Level least;
    Format format;
    spdlog::logger logger;
};

Result<Level> parse_level(std::string_view text) {
    if (text == "debug") return Level::debug;
    if (text == "info") return Level::info;
    if (text == "warning") return Level::warning;
    if (text == "error") return Level::error;
    return Error(Code::invalid_argument, fmt::format("\"{}\" is not a log level", text),
                 "Use debug, info, warning or error.");
}

Logger::Logger(Level least, Format format)
    : output_(std::make_shared<Output>(least, format, std::make_shared<spdlog::sinks::stderr_sink_mt>())) {
    output_->set_pattern("\n");
}

Logger::Logger(Level least, Format format, std::function<void(std::string_view)> sink)
    : output_(std::make_shared<Output>(least, format, std::make_shared<CallbackSink>(std::move(sink)))) {
    output_->set_pattern("");
}

Logger Logger::silent() {
    Logger logger(Level::error, Format::logfmt, [](std::string_view) {});
    logger.output_->logger.set_level(spdlog::level::off);
    return logger;
}

Logger Logger::with(std::initializer_list<Field> fields) const {
    Logger logger = *this;
    for (const Field& field : fields) append(logger.context_, field, output_->format);
    return logger;
}

void Logger::write(Level level, std::string_view message, std::initializer_list<Field> fields) const {
    if (!output_->logger.should_log(spdlog_level(level))) return;
    const std::string text = escape(redact(message));
    std::string line = output_->format == Format::json ? fmt::format("\"msg\":\"{}\"", text)
                                                       : fmt::format("msg=\"{}\"", text);
    line += context_;
    for (const Field& field : fields) append(line, field, output_->format);
    output_->logger.log(spdlog_level(level), spdlog::string_view_t(line));
}

void Logger::debug(std::string_view message, std::initializer_list<Field> fields) const {
    write(Level::debug, message, fields);
}
void Logger::info(std::string_view message, std::initializer_list<Field> fields) const {
    write(Level::info, message, fields);
}
void Logger::warning(std::string_view message, std::initializer_list<Field> fields) const {
    write(Level::warning, message, fields);
}
void Logger::error(std::string_view message, std::initializer_list<Field> fields) const {
    write(Level::error, message, fields);
}

}  // namespace signalbox::telemetry
