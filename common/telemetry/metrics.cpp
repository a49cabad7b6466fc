// SPDX-License-Identifier: Apache-2.0
#include "common/telemetry/metrics.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <exception>
#include <string_view>

namespace signalbox::telemetry {
namespace {

std::string escaped(std::string_view text, bool quotes) {
    std::string out;
    for (const char c : text) {
        if (c == '\\' || (quotes && c == '"')) {
            out += '\\';
            out += c;
        } else if (c == '\n') {
            out += "\\n";
        } else {
            out += c;
        }
    }
    return out;
}

std::string label_text(const Labels& labels) {
    if (labels.empty()) return {};
    std::string out;
    for (const auto& [name, value] : labels)
        out += fmt::format("{}{}=\"{}\"", out.empty() ? "{" : ",", name, escaped(value, true));
    return out + "}";
}

}  // namespace

Histogram::Histogram(std::vector<double> bounds) : bounds_(std::move(bounds)), counts_(bounds_.size() + 1) {}

void Histogram::observe(double value) {
    const auto bucket = std::lower_bound(bounds_.begin(), bounds_.end(), value) - bounds_.begin();
    const std::lock_guard lock(mutex_);
    ++counts_[static_cast<std::size_t>(bucket)];
    sum_ += value;
}

Metrics::Series& Metrics::series(const std::string& name, const std::string& help, const char* type,
                                 const Labels& labels) {
    Family& family = families_[name];
    if (family.help.empty()) {
        family.help = help;
        family.type = type;
    }
    if (std::string_view(family.type) != type) std::terminate();
    const auto found = family.series.find(labels);
    if (found != family.series.end()) return found->second;
    if (family.series.size() >= kMaxSeries) return family.series[{{"overflow", "true"}}];
    return family.series[labels];
}

Counter& Metrics::counter(const std::string& name, const std::string& help, const Labels& labels) {
    const std::lock_guard lock(mutex_);
    auto& counter = series(name, help, "counter", labels).counter;
    if (!counter) counter = std::make_unique<Counter>();
    return *counter;
}

Gauge& Metrics::gauge(const std::string& name, const std::string& help, const Labels& labels) {
    const std::lock_guard lock(mutex_);
    auto& gauge = series(name, help, "gauge", labels).gauge;
    if (!gauge) gauge = std::make_unique<Gauge>();
    return *gauge;
}

Histogram& Metrics::histogram(const std::string& name, const std::string& help,
                              const std::vector<double>& bounds, const Labels& labels) {
    const std::lock_guard lock(mutex_);
    auto& histogram = series(name, help, "histogram", labels).histogram;
    if (!histogram) histogram = std::make_unique<Histogram>(bounds);
    return *histogram;
}

void Metrics::render_histogram(std::string& out, const std::string& name, const Labels& labels,
                               const Histogram& histogram) {
    const std::lock_guard lock(histogram.mutex_);
    std::uint64_t total = 0;
    for (std::size_t i = 0; i < histogram.counts_.size(); ++i) {
        total += histogram.counts_[i];
        Labels with_bound = labels;
        with_bound["le"] = i < histogram.bounds_.size() ? fmt::format("{}", histogram.bounds_[i]) : "+Inf";
        out += fmt::format("{}_bucket{} {}\n", name, label_text(with_bound), total);
    }
    out += fmt::format("{}_sum{} {}\n", name, label_text(labels), histogram.sum_);
    out += fmt::format("{}_count{} {}\n", name, label_text(labels), total);
}

std::string Metrics::render() const {
    const std::lock_guard lock(mutex_);
    std::string out;
    for (const auto& [name, family] : families_) {
        out +=
            fmt::format("# HELP {} {}\n# TYPE {} {}\n", name, escaped(family.help, false), name, family.type);
        for (const auto& [labels, series] : family.series) {
            if (series.counter) {
                out += fmt::format("{}{} {}\n", name, label_text(labels), series.counter->value());
            } else if (series.gauge) {
                out += fmt::format("{}{} {}\n", name, label_text(labels), series.gauge->value());
            } else if (series.histogram) {
                render_histogram(out, name, labels, *series.histogram);
            }
        }
    }
    return out;
}

}  // namespace signalbox::telemetry
