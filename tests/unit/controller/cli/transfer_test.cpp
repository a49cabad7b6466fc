// SPDX-License-Identifier: Apache-2.0
// What takes time: watching a release, sending an artifact, exporting and verifying the ledger.
#include <gmock/gmock.h>

#include "common/crypto/digest.hpp"
#include "common/dsse/dsse.hpp"
#include "common/merkle/checkpoint.hpp"
#include "common/merkle/tlog_proof.hpp"
#include "common/merkle/tree.hpp"
#include "common/record/record.hpp"
#include "common/trust/trust_file.hpp"
#include "controller/cli/archive_format.hpp"
#include "controller/cli/file.hpp"
#include "signalbox/v1/operator.pb.h"
#include "tests/unit/controller/cli/cli_fixture.hpp"

namespace signalbox::cli {
namespace {

using testing::HasSubstr;

class Watching : public testing::Test {
  protected:
    void SetUp() override {
        person_.has_credentials();
        person_.api.on<v1::GetReleaseRequest, v1::GetReleaseResponse>(
            "ReleaseService/Get", [this](const auto& request) -> Result<v1::GetReleaseResponse> {
                person_.clock.at += std::chrono::milliseconds(request.wait_ms());
                if (at_ < outage_.size() && outage_[at_])
                    return outage_[at_] = false, Error(Code::unavailable, "restarting");
                v1::GetReleaseResponse answer;
                auto* release = answer.mutable_release();
                release->set_release_id("shop-7"), release->set_service("shop"),
                    release->set_version("1.1.0");
                release->set_revision(at_ + 1);
                release->set_status(statuses_[std::min(at_, statuses_.size() - 1)]);
                ++at_;
                return answer;
            });
    }
    std::vector<std::string> statuses_ = {"waiting", "running", "succeeded"};
    std::vector<bool> outage_;
    std::size_t at_ = 0;
    Person person_;
};

TEST_F(Watching, AppendsLinesIntoAPipeAndEndsAsTheReleaseEnds) {
    EXPECT_EQ(person_.run({"release", "watch", "shop-7"}), kOk) << person_.err.text;
    EXPECT_EQ(person_.out.text,
              "2026-11-23T09:00:00Z release shop-7 waiting\n2026-11-23T09:00:25Z release shop-7 running\n"
              "2026-11-23T09:00:50Z release shop-7 succeeded\nshop 1.1.0 is released\n");
    at_ = 0;
    statuses_.back() = "undone";
    EXPECT_EQ(person_.run({"release", "watch", "shop-7"}), kUndone);
    at_ = 0;
    statuses_.back() = "undone_partly";
    EXPECT_EQ(person_.run({"release", "watch", "shop-7", "--plain"}), kUndonePartly);
}

TEST_F(Watching, RedrawsOnATerminalUnlessToldNotTo) {
    person_.terminal.interactive = true;
    EXPECT_EQ(person_.run({"release", "watch", "shop-7"}), kOk);
    EXPECT_THAT(person_.out.text, HasSubstr("\x1b[2A\r"));
    at_ = 0;
    EXPECT_EQ(person_.run({"release", "watch", "shop-7", "--plain"}), kOk);
    EXPECT_EQ(person_.out.text.find('\x1b'), std::string::npos);
}

TEST_F(Watching, JsonIsOneObjectPerChange) {
    EXPECT_EQ(person_.run({"release", "watch", "shop-7", "--json"}), kOk);
    EXPECT_EQ(std::count(person_.out.text.begin(), person_.out.text.end(), '\n'), 3);
}

TEST_F(Watching, OutlivesARestartOfTheController) {
    outage_ = {false, true};
    EXPECT_EQ(person_.run({"release", "watch", "shop-7"}), kOk) << person_.err.text;
    EXPECT_THAT(person_.err.text, HasSubstr("still trying"));
    EXPECT_THAT(person_.err.text, HasSubstr("answers again"));
    EXPECT_EQ(person_.pauses, 1);
    at_ = 0;
    outage_ = {true};
    EXPECT_EQ(person_.run({"release", "watch", "shop-7"}), kUnreachable) << "the first call tells at once";
}

TEST_F(Watching, GivesUpAfterTheTimeoutWithoutTouchingTheRelease) {
    statuses_ = {"running"};
    EXPECT_EQ(person_.run({"release", "watch", "shop-7", "--timeout", "2m"}), kTimedOut);
    EXPECT_THAT(person_.err.text, HasSubstr("it goes on"));
    EXPECT_EQ(person_.run({"release", "watch", "shop-7", "--timeout", "soon"}), kUsage);
}

TEST(Sniff, KnowsArchivesByTheirFirstBytes) {
    std::string tar(512, '\0');
    tar.replace(257, 5, "ustar");
    EXPECT_EQ(sniff_format(as_bytes(tar)), "tar");
    EXPECT_EQ(sniff_format(as_bytes("\x1f\x8b\x08")), "tar.gz");
    EXPECT_EQ(sniff_format(as_bytes("\x28\xb5\x2f\xfd")), "tar.zst");
    EXPECT_EQ(sniff_format(as_bytes("PK\x03\x04")), std::nullopt);
    EXPECT_EQ(sniff_format({}), std::nullopt);
}

class Pushing : public testing::Test {
  protected:
    void SetUp() override {
        person_.has_credentials();
        content_ = "\x1f\x8b" + std::string((2 << 20) + 5, 'x');
        path_ = person_.write("shop.tar.gz", content_);
        person_.api.on<v1::BeginUploadRequest, v1::BeginUploadResponse>(
            "ArtifactService/BeginUpload", [this](const auto& request) {
                EXPECT_EQ(request.sha256(), crypto::sha256(content_).hex());
                EXPECT_EQ(request.format(), "tar.gz");
                v1::BeginUploadResponse answer;
                answer.set_have(held_.size()), answer.set_complete(complete_);
                return answer;
            });
        person_.api.on<v1::PutChunkRequest, v1::PutChunkResponse>(
            "ArtifactService/PutChunk", [this](const auto& request) -> Result<v1::PutChunkResponse> {
                if (failures_ > 0) return --failures_, Error(Code::unavailable, "connection reset");
                EXPECT_EQ(request.offset(), held_.size());
                EXPECT_LE(request.data().size(), 1U << 20);
                held_ += request.data();
                v1::PutChunkResponse answer;
                answer.set_have(held_.size());
                return answer;
            });
        person_.api.on<v1::FinishUploadRequest, v1::FinishUploadResponse>(
            "ArtifactService/FinishUpload", [this](const auto&) {
                complete_ = true;
                return v1::FinishUploadResponse();
            });
    }
    std::string content_, path_, held_;
    bool complete_ = false;
    int failures_ = 0;
    Person person_;
};

TEST_F(Pushing, SendsPiecesAndPrintsWhatAManifestNeeds) {
    EXPECT_EQ(person_.run({"artifact", "push", path_}), kOk) << person_.err.text;
    EXPECT_EQ(person_.out.text, "blob:sha256:" + crypto::sha256(content_).hex() + "\n");
    EXPECT_EQ(held_, content_);
    person_.api.calls.clear();
    EXPECT_EQ(person_.run({"artifact", "push", path_}), kOk);
    EXPECT_EQ(person_.api.calls.size(), 1U) << "what is there is not sent again";
}

TEST_F(Pushing, GoesOnWhereItStopped) {
    held_ = content_.substr(0, 1 << 20);
    failures_ = 3;
    EXPECT_EQ(person_.run({"artifact", "push", path_}), kOk) << person_.err.text;
    EXPECT_EQ(held_, content_);
    EXPECT_EQ(person_.pauses, 3);
    EXPECT_THAT(person_.err.text, HasSubstr("resumed at 1.0 MiB"));
}

TEST_F(Pushing, GivesUpWhenTheControllerStaysAway) {
    failures_ = 1000;
    EXPECT_EQ(person_.run({"artifact", "push", path_}), kUnreachable);
    EXPECT_EQ(person_.run({"artifact", "push", person_.file("nothing")}), kUsage);
    EXPECT_EQ(person_.run({"artifact", "push", person_.write("empty", "")}), kUsage);
    EXPECT_EQ(person_.run({"artifact", "push", person_.write("zip", "PK\x03\x04")}), kUsage);
    EXPECT_EQ(person_.run({"artifact", "import", "https://example.org/x.tar"}), kUsage)
        << "https needs a digest";
    EXPECT_EQ(
        person_.run({"artifact", "import", "https://example.org/x.tar", "--sha256", std::string(64, 'a')}),
        kUsage);
    EXPECT_THAT(person_.err.text, HasSubstr("--format tar, tar.gz or tar.zst"));
    EXPECT_EQ(person_.run({"artifact", "push", folder_of(path_)}), kUsage);
    EXPECT_THAT(person_.err.text, HasSubstr("Is a directory"));
}

// A ledger of decisions, signed as a controller would, and its trust file.
class Evidence : public testing::Test {
  protected:
    void SetUp() override {
        person_.has_credentials();
        trust::TrustFile file;
        file.cluster_id = ClusterId("acme");
        file.expires = person_.clock.at + std::chrono::hours(24 * 365);
        for (const char* role : {"root", "token", "ledger"}) {
            const crypto::SigningKey& key = *role == 'r' ? root_ : *role == 't' ? token_ : ledger_;
            file.keys.emplace(key.public_key().id(), trust::TrustedKey{key.public_key(), role});
            file.roles[role] = trust::Role{{key.public_key().id()}, 1};
        }
        dsse::Envelope envelope{std::string(trust::kTrustPayloadType), trust::serialize(file), {}};
        ASSERT_TRUE(dsse::add_signature(envelope, root_));
        trust_text_ = dsse::serialize(envelope);
        trust_path_ = person_.write("trust.json", trust_text_);
        for (int i = 0; i < 7; ++i) {
            record::Decision decision{ClusterId("acme"),
                                      person_.clock.at,
                                      i == 0 ? "cluster_initialised" : "gate_verdict",
                                      {{"n", i}}};
            const std::string sealed = record::seal(decision, ledger_);
            entries_.push_back({record::ledger_leaf(sealed, ledger_.public_key()), sealed});
            tree_.append(merkle::leaf_hash(entries_.back().first));
        }
        person_.api.on<v1::GetStatusRequest, v1::GetStatusResponse>("StatusService/Get", [](const auto&) {
            v1::GetStatusResponse answer;
            answer.set_cluster_id("acme");
            return answer;
        });
        person_.api.on<v1::GetCheckpointRequest, v1::GetCheckpointResponse>(
            "LedgerService/GetCheckpoint", [this](const auto&) {
                v1::GetCheckpointResponse answer;
                answer.set_size(tree_.size());
                answer.set_checkpoint(merkle::sign_checkpoint(
                    {merkle::origin_of("acme"), tree_.size(), tree_.root()}, ledger_));
                return answer;
            });
        person_.api.on<v1::ListEntriesRequest, v1::ListEntriesResponse>(
            "LedgerService/ListEntries", [this](const auto& request) {
                v1::ListEntriesResponse answer;
                answer.set_size(entries_.size());
                // Fewer than asked for, as a controller with a size cap may.
                for (std::uint64_t i = request.from(); i < entries_.size() && answer.entries_size() < 3;
                     ++i) {
                    if (i == left_out_) continue;
                    auto* entry = answer.add_entries();
                    entry->set_index(i), entry->set_leaf(entries_[i].first),
                        entry->set_envelope(entries_[i].second);
                }
                return answer;
            });
    }
    // What it proves, two entries at a time; `bend` spoils an answer.
    void serve_proofs(std::function<void(v1::ProveResponse&)> bend = [](auto&) {}) {
        person_.api.on<v1::ProveRequest, v1::ProveResponse>(
            "LedgerService/Prove", [this, bend = std::move(bend)](const auto& request) {
                v1::ProveResponse answer;
                answer.set_checkpoint(merkle::sign_checkpoint(
                    {merkle::origin_of("acme"), tree_.size(), tree_.root()}, ledger_));
                answer.set_size(tree_.size());
                answer.set_ledger_key(ledger_.public_key().paserk());
                for (int i = 0; i < std::min(2, request.indexes_size()); ++i) {
                    const std::uint64_t index = request.indexes(i);
                    auto* proof = answer.add_entries();
                    proof->mutable_entry()->set_index(index);
                    proof->mutable_entry()->set_leaf(entries_[index].first);
                    proof->mutable_entry()->set_envelope(entries_[index].second);
                    const auto hashes = merkle::inclusion_proof(index, tree_.size(), tree_.reader()).value();
                    for (const auto& hash : hashes) proof->add_hashes(to_text(hash.view()));
                }
                if (request.from_size() != 0) {
                    const auto hashes =
                        merkle::consistency_proof(request.from_size(), tree_.size(), tree_.reader()).value();
                    for (const auto& hash : hashes) answer.add_consistency(to_text(hash.view()));
                }
                bend(answer);
                return answer;
            });
    }
    int verify(std::vector<std::string> more = {}) {
        std::vector<std::string> words = {"ledger", "verify", person_.file("ledger.jsonl"), "--trust",
                                          trust_path_};
        words.insert(words.end(), more.begin(), more.end());
        return person_.run(words);
    }
    Person person_;
    crypto::SigningKey root_ = crypto::SigningKey::generate();
    crypto::SigningKey token_ = crypto::SigningKey::generate();
    crypto::SigningKey ledger_ = crypto::SigningKey::generate();
    std::vector<std::pair<std::string, std::string>> entries_;
    merkle::MemoryTree tree_;
    std::string trust_text_, trust_path_;
    std::uint64_t left_out_ = 1000;
};

TEST_F(Evidence, AnExportVerifiesOfflineWithNothingButTheTrustFile) {
    ASSERT_EQ(person_.run({"ledger", "export", person_.file("ledger.jsonl")}), kOk) << person_.err.text;
    person_.api.calls.clear();
    EXPECT_EQ(verify(), kOk) << person_.out.text << person_.err.text;
    EXPECT_TRUE(person_.api.calls.empty());
    EXPECT_THAT(person_.out.text, HasSubstr("verified: 7 entries of cluster acme"));
    EXPECT_EQ(verify({"--trust-sha256", crypto::sha256(trust_text_).hex(), "--json"}), kOk);
    EXPECT_THAT(person_.out.text, HasSubstr("\"ok\": true"));
    EXPECT_EQ(person_.run({"ledger", "export", person_.file("ledger.jsonl")}), kFailed)
        << "never over a file";
    EXPECT_EQ(person_.run({"ledger", "export", person_.file("nowhere/ledger.jsonl")}), kUsage);
    EXPECT_THAT(person_.err.text, Not(HasSubstr(".part-"))) << "a name that nobody gave";
}

TEST_F(Evidence, AnEntryIsProvenToStrangersInTheirFormats) {
    serve_proofs();
    ASSERT_EQ(person_.run({"ledger", "proof", "3"}), kOk) << person_.err.text;
    const auto proof = merkle::parse_tlog_proof(person_.out.text);
    ASSERT_TRUE(proof.ok()) << person_.out.text;
    EXPECT_EQ(proof->index, 3U);
    EXPECT_EQ(to_text(proof->extra), entries_[3].first);
    ASSERT_EQ(person_.run({"ledger", "bundle", "3", "--out", person_.file("3.json")}), kOk)
        << person_.err.text;
    EXPECT_THAT(*read_file(person_.file("3.json"), 1 << 20), HasSubstr("sigstore.bundle.v0.3+json"));
    EXPECT_EQ(person_.run({"ledger", "bundle", "3", "--out", person_.file("3.json")}), kFailed)
        << "never over a file";
    ASSERT_EQ(person_.run({"ledger", "proof", "--from", "4"}), kOk) << person_.err.text;
    EXPECT_EQ(merkle::parse_add_checkpoint(person_.out.text)->old_size, 4U);
    EXPECT_EQ(person_.run({"ledger", "proof"}), kUsage);
    EXPECT_EQ(person_.run({"ledger", "proof", "3", "--release", "shop-7"}), kUsage);
    EXPECT_EQ(person_.run({"ledger", "proof", "--release", "shop-7"}), kUsage) << "a folder is due";
    EXPECT_EQ(person_.run({"ledger", "proof", "--release", "shop-7", "--out", person_.file("")}), kUsage)
        << "nothing names it";
}

TEST_F(Evidence, EveryEntryOfAReleaseIsWrittenHoweverManyTheControllerProvesAtOnce) {
    for (int i = 0; i < 5; ++i) {
        const record::Decision decision{ClusterId("acme"),
                                        person_.clock.at,
                                        "release_event",
                                        {{"release_id", i == 2 ? "shop-8" : "shop-7"}}};
        const std::string sealed = record::seal(decision, ledger_);
        entries_.push_back({record::ledger_leaf(sealed, ledger_.public_key()), sealed});
        tree_.append(merkle::leaf_hash(entries_.back().first));
    }
    serve_proofs();
    ASSERT_EQ(person_.run({"ledger", "proof", "--release", "shop-7", "--out", person_.file(".")}), kOk)
        << person_.err.text;
    for (const int index : {7, 8, 10, 11})
        EXPECT_TRUE(path_exists(person_.file(std::to_string(index) + ".tlog-proof"))) << index;
    EXPECT_FALSE(path_exists(person_.file("9.tlog-proof"))) << "another release's";
}

TEST_F(Evidence, AProofThatDoesNotHoldIsNotWritten) {
    const std::vector<std::function<void(v1::ProveResponse&)>> lies = {
        [](auto& answer) { answer.mutable_entries(0)->mutable_hashes()->RemoveLast(); },
        [](auto& answer) { answer.mutable_entries(0)->mutable_entry()->set_index(2); },
        [this](auto& answer) {
            answer.mutable_entries(0)->mutable_entry()->set_envelope(entries_[1].second);
        },
        [](auto& answer) { answer.set_ledger_key(crypto::SigningKey::generate().public_key().paserk()); },
        [](auto& answer) { answer.set_ledger_key("none"); },
        [](auto& answer) { answer.clear_entries(); }};
    for (const auto& lie : lies) {
        serve_proofs(lie);
        EXPECT_EQ(person_.run({"ledger", "proof", "3", "--out", person_.file("3.tlog-proof")}), kFailed);
        EXPECT_THAT(person_.err.text, HasSubstr("what the controller proved does not hold"));
        EXPECT_FALSE(path_exists(person_.file("3.tlog-proof")));
    }
}

TEST_F(Evidence, AChangedEntryIsNamed) {
    ASSERT_EQ(person_.run({"ledger", "export", person_.file("ledger.jsonl")}), kOk);
    std::string text = *read_file(person_.file("ledger.jsonl"), 1 << 20);
    const std::size_t line = text.find("\"index\":4");
    ASSERT_NE(line, std::string::npos);
    const std::size_t payload = text.rfind("payload", line) + 30;
    text[payload] = text[payload] == 'A' ? 'B' : 'A';
    person_.write("ledger.jsonl", text);
    EXPECT_EQ(verify(), kFailed);
    EXPECT_THAT(person_.out.text, HasSubstr("NOT VERIFIED"));
    EXPECT_THAT(person_.out.text, HasSubstr("first bad entry: 4"));
}

TEST_F(Evidence, AnotherTrustFileVerifiesNothing) {
    ASSERT_EQ(person_.run({"ledger", "export", person_.file("ledger.jsonl")}), kOk);
    EXPECT_EQ(verify({"--trust-sha256", std::string(64, '0')}), kRefused);
    std::string torn = trust_text_;
    torn[torn.find("\"sig\":\"") + 10] ^= 1;
    trust_path_ = person_.write("torn.json", torn);
    EXPECT_NE(verify(), kOk);
    trust_path_ = person_.file("absent.json");
    EXPECT_EQ(verify(), kUsage);
}

TEST_F(Evidence, AControllerThatLeavesAnEntryOutGetsNoExport) {
    left_out_ = 4;
    EXPECT_EQ(person_.run({"ledger", "export", person_.file("ledger.jsonl")}), kFailed);
    EXPECT_THAT(person_.err.text, HasSubstr("do not trust this export"));
    EXPECT_FALSE(path_exists(person_.file("ledger.jsonl")));
}

TEST_F(Evidence, ShowReadsEntriesAndHidesNone) {
    entries_[2].second = "not an envelope";
    ASSERT_EQ(person_.run({"ledger", "show", "--from", "0"}), kOk) << person_.err.text;
    EXPECT_THAT(person_.out.text, HasSubstr("decision:cluster_initialised"));
    EXPECT_THAT(person_.out.text, HasSubstr("unreadable"));
}

}  // namespace
}  // namespace signalbox::cli
