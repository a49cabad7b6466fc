// SPDX-License-Identifier: Apache-2.0
#include "common/secret/references.hpp"

#include <fmt/format.h>

namespace signalbox::secret {
namespace {

constexpr std::int64_t kMostVersion = 1'000'000'000;

Error bad(const json::ObjectReader& reader, std::string_view key, std::string_view why) {
    return {Code::invalid_argument, fmt::format("{}: {}", reader.path_of(key), why)};
}

Result<Reference> read_one(json::ObjectReader& r) {
    Reference out;
    SB_TRY(out.name, r.string("name"));
    if (!is_name(out.name)) return bad(r, "name", "cannot be a secret's name");
    SB_TRY(out.version, r.integer("version"));
    if (out.version < 1 || out.version > kMostVersion) return bad(r, "version", "out of range");
    SB_TRY(const std::string hex, r.string("commitment"));
    SB_TRY(out.commitment, crypto::parse_digest(hex).with_context(r.path_of("commitment")));
    SB_CHECK(r.finish());
    return out;
}

}  // namespace

Result<References> read_references(json::ObjectReader& action) {
    References out;
    const json::Json* value = action.optional("secrets");
    if (value == nullptr) return out;
    SB_TRY(auto all, json::ObjectReader::open(*value, action.path_of("secrets")));
    if (value->size() > kMostSecrets)
        return bad(action, "secrets", fmt::format("more than {}", kMostSecrets));
    for (const auto& [local, each] : value->items()) {
        if (!is_local_name(local)) return bad(all, local, "cannot be the name of a file");
        SB_TRY(auto reader, all.object(local));
        SB_TRY(Reference reference, read_one(reader));
        out.emplace(local, std::move(reference));
    }
    return out;
}

Result<References> references_of(std::string_view action) {
    SB_TRY(const json::Json value, json::parse(action));
    SB_TRY(auto reader, json::ObjectReader::open(value, "action"));
    return read_references(reader);
}

}  // namespace signalbox::secret
