// SPDX-License-Identifier: Apache-2.0
// Counters, gauges and histograms, and their Prometheus text (exposition format 0.0.4). Thread-safe. A series
// is asked for once and kept by reference: it lives as long as the registry.
#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace signalbox::telemetry {

using Labels = std::map<std::string, std::string>;

class Counter {
  public:
    void add(std::uint64_t by = 1) { value_.fetch_add(by, std::memory_order_relaxed); }
    [[nodiscard]] std::uint64_t value() const { return value_.load(std::memory_order_relaxed); }

  private:
    std::atomic<std::uint64_t> value_ = 0;
};

class Gauge {
  public:
    void set(std::int64_t value) { value_.store(value, std::memory_order_relaxed); }
    void add(std::int64_t by) { value_.fetch_add(by, std::memory_order_relaxed); }
    [[nodiscard]] std::int64_t value() const { return value_.load(std::memory_order_relaxed); }

  private:
    std::atomic<std::int64_t> value_ = 0;
};

class Histogram {
  public:
    // Upper bounds, ascending; one more for everything above is added.
    explicit Histogram(std::vector<double> bounds);
    void observe(double value);

  private:
    friend class Metrics;
    std::vector<double> bounds_;
    mutable std::mutex mutex_;
    std::vector<std::uint64_t> counts_;
    double sum_ = 0;
};

class Metrics {
  public:
    // More series of one name than this share one with the label overflow="true": a label that an attacker
    // fills must not take the memory.
    static constexpr std::size_t kMaxSeries = 1000;

    // The same name and labels give the same series. A name belongs to one kind; asking for it as another is
    // a bug and terminates. Names: [a-z_][a-z0-9_]*, counters end in _total, units are seconds and bytes.
    [[nodiscard]] Counter& counter(const std::string& name, const std::string& help,
                                   const Labels& labels = {});
    [[nodiscard]] Gauge& gauge(const std::string& name, const std::string& help, const Labels& labels = {});
    [[nodiscard]] Histogram& histogram(const std::string& name, const std::string& help,
                                       const std::vector<double>& bounds, const Labels& labels = {});

    // Sorted by name and labels.
    [[nodiscard]] std::string render() const;

  private:
    struct Series {
        std::unique_ptr<Counter> counter;
        std::unique_ptr<Gauge> gauge;
        std::unique_ptr<Histogram> histogram;
    };
    struct Family {
        std::string help;
        const char* type = "";
        std::map<Labels, Series> series;
    };
    Series& series(const std::string& name, const std::string& help, const char* type, const Labels& labels);
    static void render_histogram(std::string& out, const std::string& name, const Labels& labels,
                                 const Histogram& histogram);

    mutable std::mutex mutex_;
    std::map<std::string, Family> families_;
};

}  // namespace signalbox::telemetry
