// SPDX-License-Identifier: Apache-2.0
#include "controller/cli/action_words.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "controller/cli/words.hpp"

namespace signalbox::cli {
namespace {

using json::Json;
using json::ObjectReader;

bool is_plain(char c, std::string_view marks) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           marks.find(c) != std::string_view::npos;
}

std::string quoted(std::string_view text, std::string_view marks) {
    const bool plain =
        !text.empty() && std::all_of(text.begin(), text.end(), [&](char c) { return is_plain(c, marks); });
    if (plain) return std::string(text);
    return Json(text).dump(-1, ' ', true, Json::error_handler_t::replace);
}

// As it would be typed. Never with an unquoted ';', which ends a part of the description.
std::string typed(std::string_view text) {
    return quoted(text, "_./:=@%+,-");
}

// What stands before '='.
std::string name(std::string_view text) {
    return quoted(text, "_.:-");
}

// The parts of a description, in order.
class Parts {
  public:
    explicit Parts(Digests digests) : digests_(digests) {}
    void add(const std::string& part) { text_ += (text_.empty() ? "" : "; ") + part; }
    [[nodiscard]] std::string digest(const std::string& hex) const {
        return typed(digests_ == Digests::whole ? hex : shortened(hex));
    }
    [[nodiscard]] std::string text() && { return std::move(text_); }

  private:
    Digests digests_;
    std::string text_;
};

Result<std::string> text_or_empty(ObjectReader& in, std::string_view key) {
    if (in.optional(key) == nullptr) return std::string();
    return in.string(key);
}

Result<std::int64_t> integer_or(ObjectReader& in, std::string_view key, std::int64_t absent) {
    if (in.optional(key) == nullptr) return absent;
    return in.integer(key);
}

// Empty when the command is.
Result<std::string> command(ObjectReader& in, std::string_view key) {
    std::vector<std::string> argv;
    if (in.optional(key) != nullptr) {
        SB_TRY(argv, in.strings(key));
    }
    std::string out;
    for (const std::string& word : argv) out += (out.empty() ? "" : " ") + typed(word);
    return out;
}

// "a=1 b=2" of an object of numbers or texts; empty when it is empty or absent.
Result<std::string> pairs(ObjectReader& in, std::string_view key) {
    const Json* value = in.optional(key);
    if (value == nullptr) return std::string();
    SB_TRY(auto members, ObjectReader::open(*value, in.path_of(key)));
    std::string out;
    for (const auto& [member, each] : value->items()) {
        if (!each.is_string() && !each.is_number_integer()) {
            return Error(Code::invalid_argument, members.path_of(member) + " is neither a text nor a number");
        }
        // A text of digits is quoted, so that it is not taken for a number.
        const bool digits = each.is_string() && each.get_ref<const std::string&>().find_first_not_of(
                                                    "-0123456789") == std::string::npos;
        out += fmt::format("{}{}={}", out.empty() ? "" : " ", name(member),
                           !each.is_string() || digits ? each.dump() : typed(each.get<std::string>()));
    }
    return out;
}

// "cpu_s=10 processes=50" of the member limits; what a newer executor may have besides is refused, not left
// out.
Status add_limits(ObjectReader& in, Parts& parts) {
    SB_TRY(const std::string limits, pairs(in, "limits"));
    if (!limits.empty()) parts.add("with the limits " + limits);
    return {};
}

// Each as "file from name version n"; the commitment is what holds the value to that.
Status add_secrets(ObjectReader& in, Parts& parts) {
    const Json* value = in.optional("secrets");
    if (value == nullptr) return {};
    SB_TRY(auto all, ObjectReader::open(*value, in.path_of("secrets")));
    for (const auto& [local, each] : value->items()) {
        SB_TRY(auto one, all.object(local));
        SB_TRY(const std::string secret, one.string("name"));
        SB_TRY(const std::int64_t version, one.integer("version"));
        SB_TRY(const std::string commitment, one.string("commitment"));
        SB_CHECK(one.finish());
        parts.add(fmt::format("with the secret {} as {}, version {}, bound by {}", typed(secret),
                              typed(local), version, parts.digest(commitment)));
    }
    return {};
}

// The members argv, user, limits and secrets.
Status add_command(ObjectReader& in, std::string_view verb, Parts& parts) {
    SB_TRY(const std::string words, command(in, "argv"));
    SB_TRY(const std::string user, text_or_empty(in, "user"));
    if (words.empty()) {
        parts.add("no command");
    } else {
        parts.add(fmt::format("{} {}", verb, words));
    }
    if (!words.empty() || !user.empty())
        parts.add(user.empty() ? std::string("as the executor's own user") : "as user " + typed(user));
    SB_CHECK(add_limits(in, parts));
    return add_secrets(in, parts);
}

Status add_stage(ObjectReader& in, Parts& parts) {
    SB_TRY(auto artifact, in.object("artifact"));
    SB_TRY(const std::string sha256, artifact.string("sha256"));
    SB_TRY(const std::int64_t size, artifact.integer("size"));
    SB_TRY(const std::string format, artifact.string("format"));
    SB_CHECK(artifact.finish());
    const std::string about =
        size < 1024 ? "" : fmt::format(" ({})", byte_size(static_cast<std::uint64_t>(size)));
    parts.add(
        fmt::format("stage {} bytes{} of {} sha256 {}", size, about, typed(format), parts.digest(sha256)));
    return {};
}

Status add_activate(ObjectReader& in, Parts& parts) {
    SB_TRY(const std::string sha256, in.string("artifact_sha256"));
    parts.add("switch to " + parts.digest(sha256));
    return add_command(in, "then run", parts);
}

Status add_revert(ObjectReader& in, Parts& parts) {
    SB_TRY(const std::string of, in.string("of"));
    parts.add(fmt::format("switch back what {} switched", typed(of)));
    return add_command(in, "then run", parts);
}

Status add_http(ObjectReader& in, Parts& parts) {
    SB_TRY(auto http, in.object("http"));
    SB_TRY(const std::string url, http.string("url"));
    SB_TRY(const std::int64_t expect, integer_or(http, "expect", 200));
    SB_TRY(const std::string contains, text_or_empty(http, "contains"));
    SB_CHECK(http.finish());
    parts.add(fmt::format("expect {} from {}{}", expect, typed(url),
                          contains.empty() ? "" : " containing " + typed(contains)));
    return {};
}

Status add_health(ObjectReader& in, Parts& parts) {
    if (in.optional("http") != nullptr) {
        SB_CHECK(add_http(in, parts));
    } else {
        SB_CHECK(add_command(in, "expect status 0 of", parts));
    }
    SB_TRY(const std::int64_t within, in.integer("within_s"));
    SB_TRY(const std::int64_t interval, integer_or(in, "interval_ms", 1000));
    SB_TRY(const std::int64_t successes, integer_or(in, "successes", 1));
    bool fail_fast = false;
    if (in.optional("fail_fast") != nullptr) {
        SB_TRY(fail_fast, in.boolean("fail_fast"));
    }
    parts.add(fmt::format("{} in a row, every {}ms, within {}s", successes, interval, within));
    if (fail_fast) parts.add("the first failure after a success ends it");
    return {};
}

Status add_haproxy(ObjectReader& in, const std::string& weights, Parts& parts) {
    SB_TRY(const std::string backend, in.string("backend"));
    SB_TRY(const std::string socket, in.string("socket"));
    parts.add(
        fmt::format("set weights {} of haproxy backend {} at {}", weights, typed(backend), typed(socket)));
    return {};
}

Status add_nginx(ObjectReader& in, const std::string& weights, Parts& parts) {
    SB_TRY(const std::string file, in.string("file"));
    SB_TRY(const std::string upstream, in.string("upstream"));
    SB_TRY(const std::string addresses, pairs(in, "addresses"));
    SB_TRY(const std::string test, command(in, "test"));
    SB_TRY(const std::string reload, command(in, "reload"));
    parts.add(
        fmt::format("set weights {} of nginx upstream {} in {}", weights, typed(upstream), typed(file)));
    parts.add("servers at " + addresses);
    parts.add("test it with " + test);
    parts.add("load it with " + reload);
    return {};
}

Status add_program(ObjectReader& in, const std::string& weights, Parts& parts) {
    SB_TRY(const std::string argv, command(in, "argv"));
    SB_TRY(const std::string show, command(in, "show"));
    parts.add(fmt::format("set weights {} with {}", weights, argv));
    parts.add(show.empty() ? std::string("which are not read back") : "read back with " + show);
    return {};
}

Status add_traffic(ObjectReader& in, Parts& parts) {
    SB_TRY(const std::string adapter, in.string("adapter"));
    SB_TRY(const std::string weights, pairs(in, "weights"));
    if (adapter == "haproxy") {
        SB_CHECK(add_haproxy(in, weights, parts));
    } else if (adapter == "nginx") {
        SB_CHECK(add_nginx(in, weights, parts));
    } else if (adapter == "command") {
        SB_CHECK(add_program(in, weights, parts));
    } else {
        return Error(Code::refused,
                     fmt::format("there are no words for the traffic adapter {}", typed(adapter)));
    }
    SB_TRY(const std::string expect, pairs(in, "expect"));
    SB_TRY(const std::int64_t drain, integer_or(in, "drain_s", 0));
    parts.add(expect.empty() ? std::string("whatever they were") : "only if they were " + expect);
    parts.add(fmt::format("drain for at most {}s", drain));
    return {};
}

Status add_run(ObjectReader& in, Parts& parts) {
    SB_CHECK(add_command(in, "run", parts));
    SB_TRY(const std::string env, pairs(in, "env"));
    if (!env.empty()) parts.add("with the variables " + env);
    return {};
}

Status add_kind(const std::string& kind, ObjectReader& in, Parts& parts) {
    if (kind == "artifact.stage") return add_stage(in, parts);
    if (kind == "release.activate") return add_activate(in, parts);
    if (kind == "release.revert") return add_revert(in, parts);
    if (kind == "health.check") return add_health(in, parts);
    if (kind == "traffic.shift") return add_traffic(in, parts);
    if (kind == "command.run") return add_run(in, parts);
    return Error(Code::refused, fmt::format("there are no words for an action of kind {}", typed(kind)));
}

}  // namespace

Result<std::string> describe_action(const Json& action, Digests digests) {
    SB_TRY(auto in, ObjectReader::open(action, "action"));
    Parts parts(digests);
    SB_TRY(const std::string kind, in.string("kind"));
    SB_CHECK(add_kind(kind, in, parts));
    SB_TRY(const std::string service, in.string("service"));
    SB_TRY(const std::int64_t deadline, in.integer("deadline_s"));
    parts.add(fmt::format("for {} in at most {}s", typed(service), deadline));
    if (auto all = in.finish(); !all) {
        return Error(Code::refused,
                     "there are no words for a member of the action: " + all.error().message());
    }
    return std::move(parts).text();
}

}  // namespace signalbox::cli
