// SPDX-License-Identifier: Apache-2.0
#include "common/merkle/tlog_proof.hpp"

#include <fmt/format.h>

#include "common/crypto/encoding.hpp"
#include "common/merkle/lines.hpp"

namespace signalbox::merkle {
namespace {

constexpr std::string_view kProofHeader = "c2sp.org/tlog-proof@v1";

Error wrong(std::string_view where, std::string_view what) {
    return {Code::invalid_argument, fmt::format("{}: {}", where, what)};
}

std::string hash_lines(const Proof& proof) {
    std::string out;
    for (const Hash& hash : proof) out += crypto::to_base64(hash.view()) + "\n";
    return out;
}

// "<word> <number>".
Result<std::uint64_t> numbered(std::string_view line, std::string_view word, std::string_view where) {
    const auto number = line.starts_with(word) && line.size() > word.size() && line[word.size()] == ' '
                            ? parse_decimal(line.substr(word.size() + 1))
                            : std::nullopt;
    if (!number) return wrong(where, fmt::format("a line '{} NUMBER' is due, not '{:.60}'", word, line));
    return *number;
}

// Hashes up to the empty line; `rest` is what follows it.
Result<Proof> take_hashes(std::string_view& rest, std::string_view where) {
    Proof proof;
    while (true) {
        if (rest.find('\n') == std::string_view::npos)
            return wrong(where, "no empty line before the checkpoint");
        const std::string_view line = take_line(rest);
        if (line.empty()) return proof;
        if (proof.size() == kMaxProofHashes) return wrong(where, "more than 63 hashes");
        SB_TRY(const Hash hash, parse_hash(line).with_context(std::string(where)));
        proof.push_back(hash);
    }
}

}  // namespace

std::string to_text(const TlogProof& proof) {
    std::string out = fmt::format("{}\n", kProofHeader);
    if (!proof.extra.empty()) out += fmt::format("extra {}\n", crypto::to_base64(proof.extra));
    return out + fmt::format("index {}\n{}\n{}", proof.index, hash_lines(proof.hashes), proof.checkpoint);
}

Result<TlogProof> parse_tlog_proof(std::string_view text) {
    constexpr std::string_view where = "tlog-proof";
    if (take_line(text) != kProofHeader)
        return wrong(where, fmt::format("the first line is not {}", kProofHeader));
    TlogProof proof;
    std::string_view line = take_line(text);
    if (line.starts_with("extra ")) {
        SB_TRY(proof.extra, crypto::from_base64(line.substr(6)).with_context("tlog-proof: extra"));
        if (proof.extra.empty()) return wrong(where, "the extra line holds nothing: leave it out");
        line = take_line(text);
    }
    SB_TRY(proof.index, numbered(line, "index", where));
    SB_TRY(proof.hashes, take_hashes(text, where));
    proof.checkpoint = text;
    return proof;
}

std::string to_text(const AddCheckpoint& request) {
    return fmt::format("old {}\n{}\n{}", request.old_size, hash_lines(request.consistency),
                       request.checkpoint);
}

Result<AddCheckpoint> parse_add_checkpoint(std::string_view text) {
    constexpr std::string_view where = "add-checkpoint";
    AddCheckpoint request;
    SB_TRY(request.old_size, numbered(take_line(text), "old", where));
    SB_TRY(request.consistency, take_hashes(text, where));
    request.checkpoint = text;
    return request;
}

}  // namespace signalbox::merkle
