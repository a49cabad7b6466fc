// SPDX-License-Identifier: Apache-2.0
// The JSON of a trust file: writing, and strict reading with every rule that the file alone can show.
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "common/json/json.hpp"
#include "common/trust/trust_file.hpp"

namespace signalbox::trust {
namespace {

using json::Json;
using json::ObjectReader;

constexpr std::size_t kMaxKeys = 1000;
constexpr std::size_t kMaxRoles = 500;
constexpr std::int64_t kMaxThreshold = 32;
constexpr std::size_t kMaxLabel = 200;
constexpr std::string_view kApprove = "approve/";
constexpr std::string_view kArtifact = "artifact/";

Error wrong(std::string what) {
    return {Code::invalid_argument, std::move(what)};
}

bool is_name(std::string_view text, std::string_view also) {
    return !text.empty() && text.size() <= 63 && std::all_of(text.begin(), text.end(), [&](char c) {
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' ||
               also.find(c) != std::string_view::npos;
    });
}

bool is_role_name(std::string_view name) {
    if (name == "root" || name == "token" || name == "ledger" || name == "witness") return true;
    constexpr std::string_view kAlso = "ABCDEFGHIJKLMNOPQRSTUVWXYZ._";
    if (name.starts_with(kArtifact)) return is_name(name.substr(kArtifact.size()), kAlso);
    if (!name.starts_with(kApprove)) return false;
    name.remove_prefix(kApprove.size());
    const std::size_t slash = name.find('/');
    return slash != std::string_view::npos && is_name(name.substr(0, slash), kAlso) &&
           is_name(name.substr(slash + 1), kAlso);
}

Result<std::int64_t> in_range(ObjectReader& reader, std::string_view key, std::int64_t least,
                              std::int64_t most) {
    SB_TRY(const std::int64_t value, reader.integer(key));
    if (value < least || value > most) {
        return wrong(fmt::format("{} must be from {} to {}", reader.path_of(key), least, most));
    }
    return value;
}

Result<TrustedKey> parse_key(const Json& value, const std::string& kid, std::string path) {
    SB_TRY(auto reader, ObjectReader::open(value, path));
    SB_TRY(const std::string algorithm, reader.string("alg"));
    if (algorithm != "ed25519") return wrong(fmt::format("{} must be ed25519", reader.path_of("alg")));
    SB_TRY(const std::string text, reader.string("pub"));
    SB_TRY(const crypto::PublicKey key, crypto::PublicKey::from_paserk(text).with_context(path));
    SB_TRY(std::string label, reader.string("label"));
    const bool printable = std::all_of(label.begin(), label.end(), [](char c) {
        return static_cast<unsigned char>(c) >= 0x20 && c != 0x7f;
    });
    if (label.size() > kMaxLabel || !printable) {
        return wrong(
            fmt::format("{} must be at most 200 bytes of text on one line", reader.path_of("label")));
    }
    SB_CHECK(reader.finish());
    if (key.id().str() != kid) {
        return Error{Code::invalid_argument,
                     fmt::format("{} holds the key {}, not its own", path, key.id().str()),
                     "List each key under its own k4.pid id."};
    }
    return TrustedKey{key, std::move(label)};
}

Status read_keys(ObjectReader& reader, TrustFile& file) {
    SB_TRY(const Json* keys, reader.raw("keys"));
    if (!keys->is_object() || keys->size() > kMaxKeys) {
        return wrong(fmt::format("$.keys must be an object of at most {} keys", kMaxKeys));
    }
    for (const auto& [kid, value] : keys->items()) {
        SB_TRY(TrustedKey key, parse_key(value, kid, "$.keys." + kid));
        file.keys.emplace(crypto::KeyId{kid}, std::move(key));
    }
    return {};
}

Result<Role> parse_role(const Json& value, const std::string& name, const TrustFile& file) {
    const std::string path = "$.roles." + name;
    SB_TRY(auto reader, ObjectReader::open(value, path));
    const bool approval = name.starts_with(kApprove);
    Role role;
    SB_TRY(const std::int64_t threshold, in_range(reader, "threshold", approval ? 0 : 1, kMaxThreshold));
    role.threshold = static_cast<int>(threshold);
    SB_TRY(const std::vector<std::string> keyids, reader.strings("keyids"));
    SB_CHECK(reader.finish());
    for (const std::string& kid : keyids) {
        if (!file.keys.contains(crypto::KeyId{kid})) {
            return wrong(fmt::format("{} names the key '{:.80}', which $.keys does not list", path, kid));
        }
        if (!role.keyids.insert(crypto::KeyId{kid}).second) {
            return wrong(fmt::format("{} names the key {} twice", path, kid));
        }
    }
    // A cluster may have no witness yet; any other role that cannot be filled is a mistake to find now.
    if (name != "witness" && role.keyids.size() < static_cast<std::size_t>(role.threshold)) {
        return wrong(fmt::format("{} needs {} of {} keys", path, role.threshold, role.keyids.size()));
    }
    return role;
}

// A controller's keys are on line: were one of them also a person's, whoever holds the controller could
// approve, or say what an artifact is.
Status check_separation(const TrustFile& file) {
    std::map<crypto::KeyId, std::string> service_keys;
    for (const char* name : {"token", "ledger"}) {
        for (const crypto::KeyId& id : file.roles.at(name).keyids) {
            if (!service_keys.emplace(id, name).second) {
                return wrong(fmt::format("the key {} holds the roles token and ledger", id.str()))
                    .with_remedy("Give each service role a key of its own.");
            }
        }
    }
    for (const auto& [name, role] : file.roles) {
        if (name != "root" && !name.starts_with(kApprove) && !name.starts_with(kArtifact)) continue;
        for (const crypto::KeyId& id : role.keyids) {
            const auto service = service_keys.find(id);
            if (service == service_keys.end()) continue;
            return wrong(fmt::format("the key {} holds the roles {} and {}", id.str(), service->second, name))
                .with_remedy("Keep people's keys apart from the controller's.");
        }
    }
    return {};
}

Status read_roles(ObjectReader& reader, TrustFile& file) {
    SB_TRY(const Json* roles, reader.raw("roles"));
    if (!roles->is_object() || roles->size() > kMaxRoles) {
        return wrong(fmt::format("$.roles must be an object of at most {} roles", kMaxRoles));
    }
    for (const auto& [name, value] : roles->items()) {
        if (!is_role_name(name)) return wrong(fmt::format("$.roles.{:.80} is not a role", name));
        SB_TRY(Role role, parse_role(value, name, file));
        file.roles.emplace(name, std::move(role));
    }
    for (const char* name : {"root", "token", "ledger"}) {
        if (!file.roles.contains(name)) return wrong(fmt::format("$.roles.{} is missing", name));
    }
    return check_separation(file);
}

Status read_limits(ObjectReader& reader, TrustFile& file) {
    SB_TRY(auto limits, reader.object("limits"));
    SB_TRY(file.limits.max_token_ttl_s, in_range(limits, "max_token_ttl_s", 1, 3600));
    SB_TRY(file.limits.skew_s, in_range(limits, "skew_s", 0, kMaxSkew.count()));
    SB_TRY(file.limits.max_window_s, in_range(limits, "max_window_s", 60, 259'200));
    return limits.finish();
}

Result<TrustFile> parse(std::string_view payload) {
    SB_TRY(const Json value, json::parse(payload, {.max_bytes = kMaxTrustBytes, .max_depth = 5}));
    SB_TRY(auto reader, ObjectReader::open(value));
    TrustFile file;
    SB_TRY(std::string cluster, reader.string("cluster_id"));
    if (!is_name(cluster, "") || cluster.size() > 40) {
        return wrong("$.cluster_id must be 1 to 40 of a-z, 0-9 and -");
    }
    file.cluster_id = ClusterId{std::move(cluster)};
    SB_TRY(file.version, in_range(reader, "version", 1, INT64_MAX - 1));
    SB_TRY(const std::string expires, reader.string("expires"));
    SB_TRY(file.expires, parse_rfc3339(expires).with_context("$.expires"));
    SB_CHECK(read_keys(reader, file));
    SB_CHECK(read_roles(reader, file));
    SB_CHECK(read_limits(reader, file));
    SB_CHECK(reader.finish());
    return file;
}

}  // namespace

std::string serialize(const TrustFile& file) {
    Json keys = Json::object();
    for (const auto& [id, trusted] : file.keys) {
        keys[id.str()] = {{"alg", "ed25519"}, {"pub", trusted.key.paserk()}, {"label", trusted.label}};
    }
    Json roles = Json::object();
    for (const auto& [name, role] : file.roles) {
        Json keyids = Json::array();
        for (const crypto::KeyId& id : role.keyids) keyids.push_back(id.str());
        roles[name]["keyids"] = std::move(keyids);
        roles[name]["threshold"] = role.threshold;
    }
    return json::canonical({{"cluster_id", file.cluster_id.str()},
                            {"version", file.version},
                            {"expires", to_rfc3339(file.expires)},
                            {"keys", std::move(keys)},
                            {"roles", std::move(roles)},
                            {"limits",
                             {{"max_token_ttl_s", file.limits.max_token_ttl_s},
                              {"skew_s", file.limits.skew_s},
                              {"max_window_s", file.limits.max_window_s}}}});
}

Result<TrustFile> parse_payload(std::string_view payload) {
    return parse(payload).with_context("trust file");
}

}  // namespace signalbox::trust
