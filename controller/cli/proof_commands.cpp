// SPDX-License-Identifier: Apache-2.0
// signalbox ledger proof|bundle: evidence for strangers' tools. Formats: docs/formats/evidence.md.
#include <fmt/format.h>

#include <algorithm>
#include <functional>

#include "common/evidence/proven_entry.hpp"
#include "common/merkle/tlog_proof.hpp"
#include "controller/cli/command.hpp"
#include "controller/cli/file.hpp"
#include "controller/cli/message_json.hpp"
#include "controller/cli/release_entries.hpp"
#include "controller/cli/words.hpp"
#include "signalbox/v1/operator.pb.h"

namespace signalbox::cli {
namespace {

constexpr unsigned kMode = 0644;
constexpr std::size_t kAtOnce = 100;

struct ProofOptions {
    std::optional<std::uint64_t> index;
    std::string release;
    std::optional<std::uint64_t> from;  // of proof only
    std::string out;
};

// One form of evidence: how it is written and what its files are called.
struct Form {
    std::string_view name, suffix;
    std::function<Result<std::string>(const evidence::ProvenEntry&, const crypto::PublicKey&)> write;
};

Form tlog_proof_form() {
    return {"proof", ".tlog-proof",
            [](const evidence::ProvenEntry& entry, const crypto::PublicKey& key) -> Result<std::string> {
                SB_CHECK(evidence::check(entry, key));
                return evidence::tlog_proof(entry);
            }};
}

Form bundle_form() {
    return {"bundle", ".sigstore.json",
            [](const evidence::ProvenEntry& entry, const crypto::PublicKey& key) -> Result<std::string> {
                SB_TRY(const std::string text, evidence::sigstore_bundle(entry, key));
                return text + "\n";
            }};
}

template <class Hashes>
Result<merkle::Proof> proof_of(const Hashes& hashes) {
    merkle::Proof proof;
    for (const std::string& bytes : hashes) {
        SB_TRY(const merkle::Hash hash, crypto::digest_from_bytes(as_bytes(bytes)));
        proof.push_back(hash);
    }
    return proof;
}

Error does_not_hold(const Error& error) {
    return {Code::data_loss, "what the controller proved does not hold: " + error.message(),
            "do not trust this ledger: keep the answer, and compare with an earlier export"};
}

Result<std::vector<std::uint64_t>> wanted(ApiPort& api, const ProofOptions& options) {
    if (options.index.has_value() == !options.release.empty()) {
        return Error(Code::invalid_argument, "give either the index of an entry, or --release",
                     "signalbox ledger show lists indexes");
    }
    if (options.index) return std::vector<std::uint64_t>{*options.index};
    if (options.out.empty()) {
        return Error(Code::invalid_argument, "--release writes a file for each entry, and --out is missing",
                     "name a folder with --out");
    }
    return release_entries(api, options.release);
}

// Asks for the proofs of some entries, checks them and hands each over in its form.
Status prove(ApiPort& api, const Form& form, std::vector<std::uint64_t> indexes,
             const std::function<Status(std::uint64_t, const std::string&)>& take) {
    while (!indexes.empty()) {
        v1::ProveRequest request;
        const std::size_t count = std::min(indexes.size(), kAtOnce);
        request.mutable_indexes()->Assign(indexes.begin(),
                                          indexes.begin() + static_cast<std::ptrdiff_t>(count));
        SB_TRY(const auto answer, ask<v1::ProveResponse>(api, "LedgerService/Prove", request));
        if (answer.entries().empty() || answer.entries_size() > static_cast<int>(count))
            return does_not_hold(Error(Code::data_loss, "an answer without the entries asked for"));
        auto key = crypto::PublicKey::from_paserk(answer.ledger_key());
        if (!key) return does_not_hold(key.error());
        for (const v1::EntryProof& proven : answer.entries()) {
            auto hashes = proof_of(proven.hashes());
            if (!hashes) return does_not_hold(hashes.error());
            const evidence::ProvenEntry entry{proven.entry().index(), proven.entry().leaf(),
                                              proven.entry().envelope(), *std::move(hashes),
                                              answer.checkpoint()};
            if (entry.index != indexes.front())
                return does_not_hold(Error(Code::data_loss, "another entry than the one asked for"));
            const auto text = form.write(entry, *key);
            if (!text) return does_not_hold(text.error());
            SB_CHECK(take(entry.index, *text));
            indexes.erase(indexes.begin());
        }
    }
    return {};
}

Result<int> write_entries(const Context& context, const Form& form, const ProofOptions& options) {
    SB_TRY(const auto api, context.api());
    SB_TRY(const auto indexes, wanted(*api, options));
    json::Json written = json::Json::array();
    const auto take = [&](std::uint64_t index, const std::string& text) -> Status {
        json::Json item = {{"index", index}};
        if (options.out.empty()) {
            if (!context.json) SB_CHECK(context.out.write(text));
            item[std::string(form.name)] = text;
        } else {
            const std::string path = options.release.empty()
                                         ? options.out
                                         : fmt::format("{}/{}{}", options.out, index, form.suffix);
            SB_CHECK(create_file(path, text, kMode));
            item["file"] = path;
        }
        written.push_back(std::move(item));
        return {};
    };
    SB_CHECK(prove(*api, form, indexes, take));
    if (context.json) {
        SB_CHECK(context.out.write(json_text({{"written", written}})));
    } else if (!options.out.empty()) {
        SB_CHECK(context.print(
            fmt::format("wrote {} to {}", counted(written.size(), "file", "files"), safe(options.out))));
    }
    if (!options.out.empty())
        SB_CHECK(context.remark("next: docs/verify-without-us.md checks it with other people's tools"));
    return kOk;
}

Result<int> write_consistency(const Context& context, const ProofOptions& options) {
    SB_TRY(const auto api, context.api());
    v1::ProveRequest request;
    request.set_from_size(*options.from);
    SB_TRY(const auto answer, ask<v1::ProveResponse>(*api, "LedgerService/Prove", request));
    auto proof = proof_of(answer.consistency());
    if (!proof) return does_not_hold(proof.error());
    const std::string text =
        merkle::to_text(merkle::AddCheckpoint{*options.from, *std::move(proof), answer.checkpoint()});
    if (!options.out.empty()) SB_CHECK(create_file(options.out, text, kMode));
    if (context.json) {
        SB_CHECK(context.out.write(json_text(
            {{"from", *options.from}, {"size", answer.size()}, {"proof", text}, {"file", options.out}})));
    } else if (options.out.empty()) {
        SB_CHECK(context.out.write(text));
    } else {
        SB_CHECK(context.print(fmt::format("wrote the proof from {} to {} entries to {}", *options.from,
                                           answer.size(), safe(options.out))));
    }
    return kOk;
}

Result<int> proof(const Context& context, const ProofOptions& options) {
    if (!options.from) return write_entries(context, tlog_proof_form(), options);
    if (options.index || !options.release.empty()) {
        return Error(Code::invalid_argument,
                     "--from proves the whole ledger, an index or --release entries of it", "leave one away");
    }
    return write_consistency(context, options);
}

Result<int> bundle(const Context& context, const ProofOptions& options) {
    return write_entries(context, bundle_form(), options);
}

void declare(CLI::App& app, ProofOptions& options) {
    app.add_option("index", options.index, "Of one entry (signalbox ledger show)");
    app.add_option("--release", options.release,
                   "Every entry of this release, and of its hosts' enrolment: a file each, into --out");
    app.add_option("--out", options.out,
                   "The file, or with --release the folder, to write; never over anything");
}

}  // namespace

void add_proof_commands(const Registry& under) {
    under.command<ProofOptions>(
        "proof", "Prove that the ledger holds an entry (C2SP tlog-proof), or extends an earlier state",
        [](CLI::App& app, ProofOptions& o) {
            declare(app, o);
            app.add_option("--from", o.from,
                           "Prove instead that the ledger extends the one that had so many entries");
        },
        proof);
    under.command<ProofOptions>("bundle",
                                "Write an entry as a Sigstore bundle (v0.3), which @sigstore/verify takes",
                                declare, bundle);
}

}  // namespace signalbox::cli
