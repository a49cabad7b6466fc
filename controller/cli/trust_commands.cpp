// SPDX-License-Identifier: Apache-2.0
// signalbox trust
// show|export|add-approver|remove-approver|add-key|remove-key|set-role|renew|sign|publish|discard
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>

#include "common/crypto/digest.hpp"
#include "controller/cli/command.hpp"
#include "controller/cli/expiry.hpp"
#include "controller/cli/file.hpp"
#include "controller/cli/message_json.hpp"
#include "controller/cli/trust_draft.hpp"
#include "controller/cli/trust_edit.hpp"
#include "controller/cli/trust_history.hpp"
#include "controller/cli/trust_render.hpp"
#include "signalbox/v1/operator.pb.h"

namespace signalbox::cli {
namespace {

constexpr std::size_t kLargestDraft = 4 << 20;

struct DraftOptions {
    std::string file;
    std::string expires = "365d";
    void declare_file(CLI::App& app) {
        app.add_option("--draft", file, "Draft file [trust-draft.json beside the credentials file]");
    }
    void declare(CLI::App& app) {
        declare_file(app);
        app.add_option("--expires", expires, "When a new draft expires, from now [365d]");
    }
    [[nodiscard]] Result<std::string> path(const Context& context) const {
        if (!file.empty()) return file;
        SB_TRY(const std::string credentials, context.credentials_file());
        return folder_of(credentials) + "/trust-draft.json";
    }
};
struct EditOptions {
    DraftOptions draft;
    KeyOptions keys;
    std::string environment, role, who, label;
    int threshold = -1;
};
struct ShowOptions {
    DraftOptions draft;
    bool want_draft = false;
    std::string file;
    std::uint64_t version = 0;
};
struct ExportOptions {
    std::string path;
    std::uint64_t version = 0;
};
struct SignOptions {
    DraftOptions draft;
    KeyOptions key;
};

Result<v1::GetTrustResponse> fetch(const Context& context, std::uint64_t version) {
    SB_TRY(const auto api, context.api());
    v1::GetTrustRequest request;
    request.set_version(version);
    return ask<v1::GetTrustResponse>(*api, "TrustService/Get", request);
}

Result<TrustDraft> load(const std::string& path) {
    if (!path_exists(path)) {
        return Error(
            Code::not_found, fmt::format("there is no draft: {} does not exist", path),
            "begin one with signalbox trust add-approver, set-role or renew; or name it with --draft");
    }
    SB_TRY(const std::string text, read_file(path, kLargestDraft));
    return parse_draft(text).with_context(path);
}

Result<Instant> expiry_of(const Context& context, const DraftOptions& options) {
    SB_TRY(const Duration life, parse_duration(options.expires).with_context("--expires"));
    if (life <= Duration{0}) return Error(Code::invalid_argument, "--expires must be in the future");
    return context.clock.now() + life;
}

Result<int> print_draft(const Context& context, const TrustDraft& draft) {
    if (context.json) {
        SB_CHECK(context.out.write(json_text(draft_json(draft))));
    } else {
        SB_CHECK(context.print(render_draft(draft, context.clock.now(), context.terminal)));
    }
    return kOk;
}

// Every edit: the draft that is there, or a new one of the file in force; changed, written, shown.
Result<int> edit(const Context& context, const DraftOptions& options, const TrustEdit& change) {
    SB_TRY(const std::string path, options.path(context));
    TrustDraft draft;
    if (path_exists(path)) {
        SB_TRY(draft, load(path));
        if (!draft.envelope.signatures.empty()) {
            SB_CHECK(context.remark("the signatures made so far were for something else, and fall away"));
        }
    } else {
        SB_TRY(const auto current, fetch(context, 0));
        SB_TRY(const Instant expires, expiry_of(context, options));
        SB_TRY(draft, start_draft(current.trust(), expires));
    }
    SB_TRY(draft, edit_draft(std::move(draft), change));
    SB_CHECK(replace_file(path, serialize(draft), 0644));
    SB_TRY(const int code, print_draft(context, draft));
    SB_CHECK(context.remark(fmt::format("draft in {}. next: signalbox trust sign --key ROOT-KEY", path)));
    return code;
}

Result<int> add(const Context& context, const EditOptions& o, const std::string& role) {
    SB_TRY(const Keyring keyring, o.keys.keyring(context));
    SB_TRY(const KeyEntry entry, keyring.find(o.who));
    std::string new_environment;
    SB_TRY(const int code, edit(context, o.draft, [&](trust::TrustFile& file) -> Status {
               new_environment = warning_of_new_environment(file, o.environment);
               SB_CHECK(add_key(file, role, entry.key, o.label));
               return o.threshold < 0 ? Status() : set_threshold(file, role, o.threshold);
           }));
    if (!new_environment.empty()) SB_CHECK(context.remark(new_environment));
    return code;
}

Result<int> show(const Context& context, const ShowOptions& options) {
    if (options.want_draft || !options.draft.file.empty()) {
        SB_TRY(const std::string path, options.draft.path(context));
        SB_TRY(const TrustDraft draft, load(path));
        return print_draft(context, draft);
    }
    std::string text;
    if (options.file.empty()) {
        SB_TRY(const auto answer, fetch(context, options.version));
        text = answer.trust();
    } else {
        SB_TRY(text, read_file(options.file, trust::kMaxTrustBytes * 2));
    }
    SB_TRY(const dsse::Envelope envelope, dsse::parse(text, trust::kMaxTrustBytes * 2));
    SB_TRY(const trust::TrustFile file,
           trust::parse_payload(envelope.payload).with_context("the trust file"));
    if (context.json) {
        SB_CHECK(context.out.write(json_text(trust_json(file))));
        return kOk;
    }
    const Instant now = context.clock.now();
    SB_CHECK(context.print(render_trust(file, now, context.terminal)));
    if (judge_expiry(file.expires, now).tone != Tone::plain) {
        SB_CHECK(context.remark("warning: it must be renewed. next: signalbox trust renew"));
    }
    const bool any = std::any_of(file.roles.begin(), file.roles.end(),
                                 [](const auto& role) { return role.first.starts_with("approve/"); });
    if (!any) {
        SB_CHECK(context.remark("nobody may approve anything yet. next: signalbox trust add-approver"));
    }
    return kOk;
}

Result<int> export_file(const Context& context, const ExportOptions& options) {
    SB_TRY(const auto answer, fetch(context, options.version));
    SB_CHECK(create_file(options.path, answer.trust(), 0644));
    SB_CHECK(context.remark(fmt::format("wrote trust version {} to {}, sha256 {}", answer.version(),
                                        options.path, crypto::sha256(answer.trust()).hex())));
    return kOk;
}

Result<int> sign(const Context& context, const SignOptions& options) {
    SB_TRY(const std::string path, options.draft.path(context));
    SB_TRY(TrustDraft draft, load(path));
    SB_CHECK(context.remark(join_lines(render_draft(draft, context.clock.now(), context.err_terminal))));
    SB_TRY(const Keyring keyring, options.key.keyring(context));
    SB_TRY(const auto signer, keyring.open(options.key.key, context.prompt, options.key.passphrase_file));
    SB_TRY(draft, sign_draft(std::move(draft), *signer));
    SB_CHECK(replace_file(path, serialize(draft), 0644));
    const RootProgress progress = root_progress(draft);
    if (context.json) return print_draft(context, draft);
    SB_CHECK(context.print(fmt::format("signed with {}: {} of {} root keys", signer->public_key().id().str(),
                                       progress.have_of_old, progress.need_of_old)));
    SB_CHECK(context.remark(
        progress.complete() ? "next: signalbox trust publish"
                            : fmt::format("next: another keeper signs {} with signalbox trust sign", path)));
    return kOk;
}

Result<int> publish(const Context& context, const DraftOptions& options) {
    SB_TRY(const std::string path, options.path(context));
    SB_TRY(const TrustDraft draft, load(path));
    const std::string text = dsse::serialize(draft.envelope);
    if (auto judged = trust::verify_update(draft.base, text); !judged) {
        return std::move(judged)
            .error()
            .with_context("the draft is not ready")
            .with_remedy("signalbox trust show --pending; then signalbox trust sign");
    }
    SB_TRY(const auto api, context.api());
    v1::PublishTrustRequest request;
    request.set_trust(text);
    SB_TRY(const auto answer, ask<v1::PublishTrustResponse>(*api, "TrustService/Publish", request));
    if (::unlink(path.c_str()) != 0) {
        SB_CHECK(
            context.remark(fmt::format("published, but {} could not be removed: remove it by hand", path)));
    }
    if (context.json) {
        SB_TRY(const json::Json out, to_json(answer));
        SB_CHECK(context.out.write(json_text(out)));
        return kOk;
    }
    SB_CHECK(context.print(
        fmt::format("trust version {} is in force; agents get it as they report", answer.version())));
    return kOk;
}

Result<int> discard(const Context& context, const DraftOptions& options) {
    SB_TRY(const std::string path, options.path(context));
    SB_TRY(const TrustDraft draft, load(path));
    if (::unlink(path.c_str()) != 0)
        return Error(Code::permission_denied, fmt::format("removing {} failed", path));
    SB_CHECK(context.remark(fmt::format("threw away the draft of version {}", draft.next.version)));
    return kOk;
}

void declare_key(CLI::App& app, EditOptions& o) {
    app.add_option("key", o.who, "k4.public…, the name of a key, a path of a .pub file, or ssh-agent:…")
        ->required();
    app.add_option("--label", o.label, "Who or what holds it; keys with the same label count as one person")
        ->required();
    app.add_option("--threshold", o.threshold,
                   "How many of the role's keys must sign [as it is; 1 for a new role]")
        ->check(CLI::Range(0, 64));
    o.keys.declare_folder(app);
    o.draft.declare(app);
}

void declare_environment(CLI::App& app, EditOptions& o) {
    app.add_option("--environment", o.environment, "Environment that they approve for")->required();
    app.add_option("--role", o.role, "In which role, such as security or operations")->required();
}

void add_edits(const Registry& under) {
    under.command<EditOptions>(
        "add-approver", "Let a key approve for an environment",
        [](CLI::App& app, EditOptions& o) { declare_environment(app, o), declare_key(app, o); },
        [](const Context& c, const EditOptions& o) {
            return add(c, o, approver_role(o.environment, o.role));
        });
    under.command<EditOptions>(
        "remove-approver", "Take that right away again",
        [](CLI::App& app, EditOptions& o) {
            declare_environment(app, o);
            app.add_option("who", o.who, "Label, k4.pid or k4.public of the key")->required();
            o.draft.declare(app);
        },
        [](const Context& c, const EditOptions& o) {
            return edit(c, o.draft, [&](trust::TrustFile& file) {
                return remove_key(file, approver_role(o.environment, o.role), o.who);
            });
        });
    under.command<EditOptions>(
        "add-key", "Let a key hold root, token, ledger, witness or artifact/<environment>",
        [](CLI::App& app, EditOptions& o) {
            app.add_option("--role", o.role, "Which")->required();
            declare_key(app, o);
        },
        [](const Context& c, const EditOptions& o) { return add(c, o, o.role); });
    under.command<EditOptions>(
        "remove-key", "Take a key out of a role",
        [](CLI::App& app, EditOptions& o) {
            app.add_option("--role", o.role, "Which")->required();
            app.add_option("who", o.who, "Label, k4.pid or k4.public of the key")->required();
            o.draft.declare(app);
        },
        [](const Context& c, const EditOptions& o) {
            return edit(c, o.draft, [&](trust::TrustFile& file) { return remove_key(file, o.role, o.who); });
        });
    under.command<EditOptions>(
        "set-role", "Set how many of a role's keys must sign",
        [](CLI::App& app, EditOptions& o) {
            app.add_option("role", o.role, "root, approve/ENVIRONMENT/ROLE, …")->required();
            app.add_option("--threshold", o.threshold, "How many; 0 only for approve/…: nobody needs to sign")
                ->required()
                ->check(CLI::Range(0, 64));
            o.draft.declare(app);
        },
        [](const Context& c, const EditOptions& o) {
            return edit(c, o.draft,
                        [&](trust::TrustFile& file) { return set_threshold(file, o.role, o.threshold); });
        });
    under.command<DraftOptions>(
        "renew", "Put off the expiry", [](CLI::App& app, DraftOptions& o) { o.declare(app); },
        [](const Context& c, const DraftOptions& o) -> Result<int> {
            SB_TRY(const Instant expires, expiry_of(c, o));
            return edit(c, o, [&](trust::TrustFile& file) -> Status {
                file.expires = std::chrono::floor<std::chrono::seconds>(expires);
                return {};
            });
        });
}

}  // namespace

void add_trust_commands(const Registry& registry) {
    CLI::App& trust =
        registry.group("trust", "Which keys count for what: draft, sign with root keys, publish");
    trust.footer(
        "An edit makes a draft of the next version; keepers of root keys sign it; publish puts it in force.");
    const Registry under = registry.under(trust);
    under.command<ShowOptions>(
        "show", "Show the trust file in force, an older one, a file, or the draft",
        [](CLI::App& app, ShowOptions& o) {
            app.add_option("--version", o.version, "This version instead of the one in force");
            app.add_option("--file", o.file, "A trust file on disk");
            app.add_flag("--pending", o.want_draft, "The draft: what it changes and who has signed");
            o.draft.declare_file(app);
        },
        show);
    under.command<ExportOptions>(
        "export", "Write the trust file in force to a file, for signalbox ledger verify",
        [](CLI::App& app, ExportOptions& o) {
            app.add_option("file", o.path, "Where to; never over an existing file")->required();
            app.add_option("--version", o.version, "This version instead of the one in force");
        },
        export_file);
    add_trust_history_commands(under);
    add_edits(under);
    under.command<SignOptions>(
        "sign", "Sign the draft with a root key",
        [](CLI::App& app, SignOptions& o) { o.key.declare(app), o.draft.declare_file(app); }, sign);
    under.command<DraftOptions>(
        "publish", "Put the signed draft in force",
        [](CLI::App& app, DraftOptions& o) { o.declare_file(app); }, publish);
    under.command<DraftOptions>(
        "discard", "Throw the draft away", [](CLI::App& app, DraftOptions& o) { o.declare_file(app); },
        discard);
}

}  // namespace signalbox::cli
