// SPDX-License-Identifier: Apache-2.0
// signalbox artifact push|sign|import|list
#include <fmt/format.h>

#include <filesystem>

#include "common/dsse/dsse.hpp"
#include "common/trust/approval.hpp"
#include "common/trust/artifact_statement.hpp"
#include "controller/cli/artifact_upload.hpp"
#include "controller/cli/command.hpp"
#include "controller/cli/file.hpp"
#include "controller/cli/message_json.hpp"
#include "controller/cli/progress.hpp"
#include "controller/cli/table.hpp"
#include "controller/cli/words.hpp"
#include "signalbox/v1/operator.pb.h"

namespace signalbox::cli {
namespace {

constexpr std::array<const char*, 3> kFormats = {"tar", "tar.gz", "tar.zst"};
constexpr Duration kImportTimeout = std::chrono::minutes(30);
constexpr Duration kRedrawEvery = std::chrono::milliseconds(100);

struct PushOptions {
    std::string path;
    std::string format;
};
struct ImportOptions {
    std::string url;
    std::string sha256;
    std::string format;
};
struct SignOptions {
    std::string path, cluster, service, version, out, format;
    KeyOptions key;
};
struct ListOptions {};

// A bar on the error output, redrawn in place, when a person watches; otherwise nothing.
class TransferBar {
  public:
    TransferBar(const Context& context, std::string verb, std::uint64_t total)
        : context_(context), verb_(std::move(verb)), total_(total), began_(context.clock.boot()) {}
    ~TransferBar() {
        if (drawn_) (void)context_.err.write("\r\x1b[K");
    }
    TransferBar(const TransferBar&) = delete;
    TransferBar& operator=(const TransferBar&) = delete;

    void show(std::uint64_t done) {
        if (!context_.err_terminal.interactive || context_.json) return;
        const Duration now = context_.clock.boot();
        if (!drawn_) before_ = done;
        if (drawn_ && done < total_ && now - drawn_at_ < kRedrawEvery) return;
        drawn_ = true;
        drawn_at_ = now;
        const std::string text =
            verb_ + " " + transfer_text(done, total_, before_, now - began_, context_.err_terminal);
        // A progress line that cannot be shown is no reason to stop the transfer.
        (void)context_.err.write("\r" + fit(text, context_.err_terminal.width - 1) + "\x1b[K");
    }

  private:
    const Context& context_;
    std::string verb_;
    std::uint64_t total_;
    std::uint64_t before_ = 0;
    Duration began_;
    Duration drawn_at_{};
    bool drawn_ = false;
};

Result<LocalArtifact> inspect(const Context& context, const std::string& path, const std::string& format) {
    std::error_code ignored;  // only the bar wants the size; reading finds out what is wrong
    const std::uintmax_t size = std::filesystem::file_size(path, ignored);
    TransferBar bar(context, "reading", ignored ? 0 : size);
    return inspect_artifact(path, format, [&](std::uint64_t done) { bar.show(done); });
}

Result<int> push(const Context& context, const PushOptions& options) {
    SB_TRY(const LocalArtifact artifact, inspect(context, options.path, options.format));
    SB_TRY(const auto api, context.api());
    Uploaded uploaded;
    {
        TransferBar bar(context, "sending", artifact.size);
        SB_TRY(uploaded, upload_artifact(
                             *api, artifact, [&](std::uint64_t done) { bar.show(done); }, context.pause));
    }
    const std::string blob = "blob:sha256:" + artifact.sha256.hex();
    if (context.json) {
        SB_CHECK(context.out.write(json_text({{"url", blob},
                                              {"sha256", artifact.sha256.hex()},
                                              {"size", artifact.size},
                                              {"format", artifact.format},
                                              {"already_there", uploaded.already_there}})));
        return kOk;
    }
    SB_CHECK(context.print(blob));
    const std::string how = uploaded.already_there    ? "was there already"
                            : uploaded.resumed_at > 0 ? "sent, resumed at " + byte_size(uploaded.resumed_at)
                                                      : "sent";
    SB_CHECK(context.remark(
        fmt::format("{}: {} {}, {}", options.path, byte_size(artifact.size), artifact.format, how)));
    SB_CHECK(context.remark("next: write the line above as artifacts.app.url of a release manifest"));
    return kOk;
}

Result<int> import(const Context& context, const ImportOptions& options) {
    if (options.url.starts_with("https://") && options.sha256.empty()) {
        return Error(Code::invalid_argument,
                     "--sha256 is required for an https URL: what is fetched must be what you mean",
                     "take the digest from the publisher, not from the download");
    }
    if (options.url.starts_with("https://") && options.format.empty()) {
        return Error(Code::invalid_argument, "--format is required for an https URL: which archive it is",
                     "add --format tar, tar.gz or tar.zst");
    }
    SB_TRY(const auto api, context.api());
    v1::ImportArtifactRequest request;
    request.set_url(options.url);
    request.set_sha256(options.sha256);
    request.set_format(options.format);
    SB_TRY(const auto answer,
           ask<v1::ImportArtifactResponse>(*api, "ArtifactService/Import", request, kImportTimeout));
    if (context.json) {
        SB_TRY(const json::Json out, to_json(answer));
        SB_CHECK(context.out.write(json_text(out)));
        return kOk;
    }
    SB_CHECK(context.print("blob:sha256:" + safe(answer.sha256())));
    SB_CHECK(context.remark(fmt::format("imported {}", byte_size(answer.size()))));
    return kOk;
}

// Needs no controller: the builder's machine need not reach it.
Result<int> sign(const Context& context, const SignOptions& options) {
    SB_TRY(const LocalArtifact artifact, inspect(context, options.path, options.format));
    trust::ArtifactStatement statement{ClusterId(options.cluster),
                                       options.service,
                                       options.version,
                                       artifact.sha256,
                                       static_cast<std::int64_t>(artifact.size),
                                       artifact.format};
    const std::string payload = trust::serialize(statement);
    SB_CHECK(trust::parse_artifact_statement(payload));
    dsse::Envelope envelope{std::string(trust::kInTotoPayloadType), payload, {}};
    if (path_exists(options.out)) {
        SB_TRY(const std::string text, read_file(options.out, 4 * trust::kMaxArtifactStatementBytes));
        SB_TRY(envelope, dsse::parse(text).with_context(options.out));
        if (envelope.payload != payload || envelope.payload_type != trust::kInTotoPayloadType)
            return Error(Code::already_exists, options.out + " is a statement about something else",
                         "choose another --out");
    }
    SB_TRY(const Keyring keyring, options.key.keyring(context));
    SB_TRY(const auto signer, keyring.open(options.key.key, context.prompt, options.key.passphrase_file));
    std::erase_if(envelope.signatures,
                  [&](const auto& signature) { return signature.keyid == signer->public_key().id(); });
    SB_CHECK(dsse::add_signature(envelope, *signer));
    SB_CHECK(replace_file(options.out, dsse::serialize(envelope) + "\n", 0644));
    if (context.json) {
        SB_CHECK(context.out.write(json_text({{"file", options.out}, {"sha256", artifact.sha256.hex()}})));
        return kOk;
    }
    SB_CHECK(context.print(safe(options.out)));
    SB_CHECK(context.remark(
        safe(fmt::format("signed: {} is {} {}", artifact.sha256.hex(), options.service, options.version))));
    return kOk;
}

Result<int> list(const Context& context, const ListOptions&) {
    SB_TRY(const auto api, context.api());
    SB_TRY(const auto answer,
           ask<v1::ListArtifactsResponse>(*api, "ArtifactService/List", v1::ListArtifactsRequest()));
    if (context.json) {
        SB_TRY(const json::Json out, to_json(answer));
        SB_CHECK(context.out.write(json_text(out)));
        return kOk;
    }
    Table table({{"SHA256", true}, {"SIZE", false, true}, {"FORMAT"}, {"ADDED"}, {"SOURCE", true}});
    for (const v1::ArtifactInfo& a : answer.artifacts()) {
        table.add({a.sha256(), byte_size(a.size()), a.format(), relative(a.added(), context.clock.now()),
                   a.source()});
    }
    SB_CHECK(context.print(table.lines(context.terminal)));
    return kOk;
}

}  // namespace

void add_artifact_commands(const Registry& registry) {
    const Registry under =
        registry.under(registry.group("artifact", "What is released: archives by their digest"));
    const CLI::IsMember known_format(std::vector<std::string>(kFormats.begin(), kFormats.end()));
    under.command<PushOptions>(
        "push", "Send an archive; goes on where an interrupted push stopped",
        [&](CLI::App& app, PushOptions& o) {
            app.add_option("file", o.path, "A tar, tar.gz or tar.zst")->required();
            app.add_option("--format", o.format, "Which archive it is [by its first bytes]")
                ->check(known_format);
        },
        push);
    under.command<SignOptions>(
        "sign", "Sign which version of a service an archive is, for standing approvals; sends nothing",
        [&](CLI::App& app, SignOptions& o) {
            app.add_option("file", o.path, "A tar, tar.gz or tar.zst")->required();
            app.add_option("--cluster", o.cluster, "Cluster that it is for")->required();
            app.add_option("--service", o.service, "Service")->required();
            app.add_option("--version", o.version, "Its version, as in the release's manifest")->required();
            app.add_option("--out", o.out, "File to write, or to add the signature to")->required();
            app.add_option("--format", o.format, "Which archive it is [by its first bytes]")
                ->check(known_format);
            o.key.declare(app);
        },
        sign);
    under.command<ImportOptions>(
        "import", "Have the controller fetch an archive itself",
        [&](CLI::App& app, ImportOptions& o) {
            app.add_option("url", o.url, "https://…, or git:<repository>#<commit>:<path>")->required();
            app.add_option("--sha256", o.sha256, "Digest that it must have (required for https)");
            app.add_option("--format", o.format, "Which archive it is (required for https)")
                ->check(known_format);
        },
        import);
    under.command<ListOptions>(
        "list", "List what is there", [](CLI::App&, ListOptions&) {}, list);
}

}  // namespace signalbox::cli
