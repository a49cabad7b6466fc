// SPDX-License-Identifier: Apache-2.0
#include "common/evidence/export_bundle.hpp"

#include "common/evidence/line_source.hpp"
#include "common/json/json.hpp"

namespace signalbox::evidence {
namespace {

using json::Json;

Result<Json> parse_object(std::string_view line) {
    return json::parse(line, {.max_bytes = kMaxLineBytes, .max_depth = 2});
}

Result<std::uint64_t> natural(json::ObjectReader& reader, std::string_view key) {
    SB_TRY(const std::int64_t value, reader.integer(key));
    if (value < 0) return Error{Code::invalid_argument, reader.path_of(key) + " is negative"};
    return static_cast<std::uint64_t>(value);
}

}  // namespace

std::string to_line(const Header& header) {
    return json::canonical({{"format", kExportFormat},
                            {"cluster_id", header.cluster_id.str()},
                            {"size", header.size},
                            {"checkpoint", header.checkpoint}});
}

std::string to_line(const Entry& entry) {
    return json::canonical({{"index", entry.index}, {"leaf", entry.leaf}, {"envelope", entry.envelope}});
}

std::string to_line(const PastCheckpoint& past) {
    Json line = Json::object();
    line["checkpoint"] = past.checkpoint;
    return json::canonical(line);
}

Result<Header> parse_header(std::string_view line) {
    SB_TRY(const Json value, parse_object(line));
    SB_TRY(auto reader, json::ObjectReader::open(value));
    SB_TRY(const std::string format, reader.string("format"));
    if (format != kExportFormat) {
        return Error{Code::invalid_argument, "$.format is not signalbox-ledger-export/v1",
                     "Check that the file came from 'signalbox ledger export'."};
    }
    Header header;
    SB_TRY(std::string cluster, reader.string("cluster_id"));
    header.cluster_id = ClusterId{std::move(cluster)};
    SB_TRY(header.size, natural(reader, "size"));
    SB_TRY(header.checkpoint, reader.string("checkpoint"));
    SB_CHECK(reader.finish());
    return header;
}

Result<Line> parse_line(std::string_view line) {
    SB_TRY(const Json value, parse_object(line));
    SB_TRY(auto reader, json::ObjectReader::open(value));
    if (reader.optional("checkpoint") != nullptr) {
        PastCheckpoint past;
        SB_TRY(past.checkpoint, reader.string("checkpoint"));
        SB_CHECK(reader.finish());
        return Line(std::move(past));
    }
    Entry entry;
    SB_TRY(entry.index, natural(reader, "index"));
    SB_TRY(entry.leaf, reader.string("leaf"));
    SB_TRY(entry.envelope, reader.string("envelope"));
    SB_CHECK(reader.finish());
    return Line(std::move(entry));
}

}  // namespace signalbox::evidence
