// SPDX-License-Identifier: Apache-2.0
// Makes every golden vector again and compares it with the file (README.md here).
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <string>

#include "common/evidence/export_bundle.hpp"
#include "common/evidence/proven_entry.hpp"
#include "common/evidence/verify.hpp"
#include "common/merkle/checkpoint.hpp"
#include "common/merkle/cosignature.hpp"
#include "common/merkle/tlog_proof.hpp"
#include "common/merkle/tree.hpp"
#include "common/record/record.hpp"
#include "common/token/token.hpp"
#include "common/trust/standing.hpp"
#include "common/trust/withdrawal.hpp"
#include "tests/fakes/trust_fixture.hpp"

namespace signalbox {
namespace {

using fakes::test_key;
using fakes::TrustFixture;
using json::Json;

const AgentId kAgent{"0d5e3b1e-0000-4000-8000-000000000001"};
const ClusterId kCluster{"demo"};
constexpr std::int64_t kTime = 1'800'000'000;

std::string path_of(const std::string& name) {
    return std::string(SIGNALBOX_SOURCE_DIR) + "/tests/vectors/" + name;
}

std::string stored(const std::string& name) {
    std::ifstream in(path_of(name), std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
}

// The file is the text and, for editors' sake, a newline that is no part of it.
void expect_golden(const std::string& name, const std::string& text) {
    if (std::getenv("SIGNALBOX_WRITE_VECTORS") != nullptr) std::ofstream(path_of(name)) << text << "\n";
    EXPECT_EQ(stored(name), text + "\n") << name;
}

crypto::SigningKey record_key() {
    return test_key(40);
}

trust::Approval approval() {
    trust::Approval out;
    out.cluster_id = kCluster;
    out.environment = "production";
    out.release_id = ReleaseId{"web-1.2.3-7"};
    out.release_counter = 7;
    out.plan_sha256 = crypto::sha256("plan");
    out.not_before = from_unix_seconds(kTime);
    out.not_after = from_unix_seconds(kTime + 7200);
    out.undo_not_after = from_unix_seconds(kTime + 10'800);
    out.overrun = "undo";
    out.closed = {{from_unix_seconds(kTime + 3600), from_unix_seconds(kTime + 4500), "stock-taking"}};
    out.requester_name = "Rob";
    out.change = "CHG0001";
    out.tickets = {"T-1"};
    const StepId forward{"production/web-1/activate"};
    out.steps = {
        {forward, kAgent, "web-1", "release.activate", crypto::sha256("a"), {crypto::sha256("x")}, 2, {}},
        {StepId{"production/web-1/activate!undo"},
         kAgent,
         "web-1",
         "release.revert",
         crypto::sha256("b"),
         {},
         1,
         forward}};
    return out;
}

token::Claims claims() {
    token::Claims out;
    out.iss = kCluster;
    out.aud = kAgent;
    out.iat = out.nbf = from_unix_seconds(kTime);
    out.exp = from_unix_seconds(kTime + 300);
    out.jti = "000102030405060708090a0b0c0d0e0f";
    out.akp = record_key().public_key().id();
    out.nce = "CQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQk";
    out.act = "release.activate";
    out.adg = crypto::sha256("a");
    out.art = {crypto::sha256("x")};
    out.apr = trust::approval_digest(trust::serialize(approval()));
    out.stp = StepId{"production/web-1/activate"};
    out.window_nbf = approval().not_before;
    out.window_exp = approval().not_after;
    out.rc = 7;
    return out;
}

record::ActionRecord action_record() {
    record::ActionRecord out;
    out.cluster_id = kCluster;
    out.agent_id = kAgent;
    out.boot_id = "0d5e3b1e-0000-4000-8000-0000000000b0";
    out.time_wall = from_unix_seconds(kTime + 10);
    out.time_boot_ns = 123'456'789;
    out.kind = record::Kind::finished;
    out.jti = claims().jti;
    out.approval_sha256 = claims().apr;
    out.step_id = claims().stp;
    out.attempt = 1;
    out.action_sha256 = claims().adg;
    out.outcome = record::Outcome{"ok", 0, 0, false, 1500, ""};
    out.stdout_sha256 = crypto::sha256("done\n");
    out.stdout_len = 5;
    return out;
}

record::Decision decision() {
    return {kCluster,
            from_unix_seconds(kTime),
            "agent_enrolled",
            {{"agent_id", kAgent.str()},
             {"host", "web-1"},
             {"environment", "production"},
             {"site", "north"},
             {"labels", Json::object()},
             {"record_key", record_key().public_key().paserk()},
             {"record_kid", record_key().public_key().id().str()}}};
}

TEST(Vectors, Keys) {
    Json keys = Json::object();
    for (const int number : {1, 2, 3, 4, 5, 11, 12, 13, 14, 40}) {
        const crypto::SigningKey key = test_key(static_cast<std::uint8_t>(number));
        keys[std::to_string(number)] = {{"secret", to_text(key.paserk().expose())},
                                        {"public", key.public_key().paserk()},
                                        {"id", key.public_key().id().str()},
                                        {"pem", key.public_key().pem()}};
    }
    expect_golden("keys.json", keys.dump(1));
}

TEST(Vectors, TrustFileAndApproval) {
    const TrustFixture f{};
    expect_golden("trust.dsse.json", f.text());
    const trust::TrustFile file = trust::verify_initial(f.text()).value();
    const std::string approved = TrustFixture::sign_approval(approval(), {&f.tom, &f.ben, &f.cat});
    expect_golden("approval.dsse.json", approved);
    EXPECT_TRUE(trust::verify_approval(file, approved));
}

trust::StandingApproval standing() {
    trust::StandingApproval out;
    out.cluster_id = kCluster;
    out.environment = "production";
    out.name = "web-patches";
    out.service = "web";
    out.versions = {1, 4, 2};
    out.uses = 10;
    out.release_counter = 7;
    out.not_before = from_unix_seconds(kTime);
    out.not_after = from_unix_seconds(kTime + 90 * 86'400);
    out.overrun = "finish";
    out.closed = {{from_unix_seconds(kTime + 3600), from_unix_seconds(kTime + 4500), "stock-taking"}};
    out.requester_name = "Rob";
    out.change = "STD0001";
    out.steps = {{StepId{"production/web-1/activate"},
                  kAgent,
                  "web-1",
                  {{"kind", "release.activate"},
                   {"service", "web"},
                   {"deadline_s", 60},
                   {"artifact_sha256", "${artifact.sha256}"},
                   {"argv", {"/opt/web/switch", "--to=${release.version}"}},
                   {"user", ""}},
                  1,
                  2,
                  {}}};
    return out;
}

TEST(Vectors, StandingApprovalArtifactStatementAndWithdrawal) {
    const TrustFixture f{};
    const auto signed_by = [](std::string payload, std::initializer_list<const crypto::SigningKey*> who) {
        return fakes::signed_text(trust::kInTotoPayloadType, std::move(payload), who);
    };
    const std::string standing_text = signed_by(trust::serialize(standing()), {&f.tom, &f.ben, &f.cat});
    expect_golden("standing-approval.dsse.json", standing_text);
    EXPECT_TRUE(trust::verify_standing(f.file, standing_text));
    const trust::ArtifactStatement statement{kCluster, "web", "1.4.3", crypto::sha256("x"), 1, "tar"};
    const std::string artifact_text = signed_by(trust::serialize(statement), {&f.ann});
    expect_golden("artifact-statement.dsse.json", artifact_text);
    trust::TrustFile file = f.file;
    file.roles["artifact/production"].keyids.insert(f.ann.public_key().id());
    EXPECT_TRUE(trust::open_under(file, standing_text, artifact_text));
    expect_golden("standing-step.json", trust::fill(standing().steps[0], statement));
    const trust::Withdrawal withdrawal{
        kCluster,      "production",  trust::approval_digest(trust::serialize(approval())),
        "web-1.2.3-7", "a bad build", from_unix_seconds(kTime)};
    const std::string withdrawn = signed_by(trust::serialize(withdrawal), {&f.ben});
    expect_golden("withdrawal.dsse.json", withdrawn);
    EXPECT_TRUE(trust::verify_withdrawal(f.file, withdrawn));
}

TEST(Vectors, Token) {
    const std::string text = token::sign(claims(), TrustFixture{}.token);
    expect_golden("token.txt", text);
    const token::Unverified opened = token::open(text).value();
    const token::Binding binding{claims().iss, claims().aud, claims().akp, claims().nce};
    expect_golden("token.json", Json{{"claims", json::parse(opened.message).value()},
                                     {"footer", opened.footer},
                                     {"implicit_assertion", binding.implicit_assertion()}}
                                    .dump(1));
    EXPECT_TRUE(token::verify_signature(opened, TrustFixture{}.token.public_key(), binding));
}

TEST(Vectors, RotationOfARecordKey) {
    record::ActionRecord rotated;
    rotated.cluster_id = kCluster;
    rotated.agent_id = kAgent;
    rotated.boot_id = action_record().boot_id;
    rotated.seq = 2;
    rotated.prev = crypto::sha256(record::serialize(action_record()));
    rotated.time_wall = from_unix_seconds(kTime + 20);
    rotated.time_boot_ns = 223'456'789;
    rotated.kind = record::Kind::key_rotated;
    const crypto::SigningKey next = test_key(14);
    const std::string said =
        record::rotation_message(kCluster, kAgent, record_key().public_key().id(), next.public_key().id());
    rotated.next_key = record::NextKey{next.public_key(), next.sign_now(as_bytes(said))};
    expect_golden("record-rotated.dsse.json", record::seal(rotated, record_key()));
    const auto opened = record::open(stored("record-rotated.dsse.json"));
    ASSERT_TRUE(opened.ok()) << opened.error().to_string();
    const auto read = record::parse_action_record(opened->envelope.payload);
    ASSERT_TRUE(read.ok()) << read.error().to_string();
    EXPECT_EQ(record::rotated_to(*read, record_key().public_key()).value(), next.public_key());
}

TEST(Vectors, RecordsLeafAndLedger) {
    const TrustFixture f{};
    const std::string enrolled = record::seal(decision(), f.ledger);
    const std::string finished = record::seal(action_record(), record_key());
    expect_golden("decision.dsse.json", enrolled);
    expect_golden("record.dsse.json", finished);
    const std::string first = record::ledger_leaf(enrolled, f.ledger.public_key());
    const std::string second = record::ledger_leaf(finished, record_key().public_key());
    expect_golden("leaf.json", first);

    merkle::MemoryTree tree;
    tree.append(merkle::leaf_hash(first));
    tree.append(merkle::leaf_hash(second));
    const std::string origin = merkle::origin_of("demo");
    const std::string note = merkle::sign_checkpoint({origin, 2, tree.root()}, f.ledger);
    expect_golden("checkpoint.txt", note);
    expect_golden("vkey.txt", merkle::verifier_key(origin, f.ledger.public_key()));
    expect_golden("ledger-export.jsonl", evidence::to_line(evidence::Header{kCluster, 2, note}) + "\n" +
                                             evidence::to_line(evidence::Entry{0, first, enrolled}) + "\n" +
                                             evidence::to_line(evidence::Entry{1, second, finished}));
    const std::string lines = stored("ledger-export.jsonl");
    const evidence::Report report = evidence::verify_export(evidence::lines_of(lines), f.file);
    EXPECT_TRUE(report.ok) << report.what;

    // What leaves the ledger for strangers: of the host's record, cosigned by a witness.
    const crypto::SigningKey witness = test_key(9);
    const std::string cosignature = merkle::cosign(note.substr(0, note.rfind("\n\n") + 1),
                                                   "witness.example/w", witness, from_unix_seconds(kTime));
    expect_golden("checkpoint-cosigned.txt", note + cosignature);
    expect_golden("vkey-witness.txt", merkle::cosigner_vkey("witness.example/w", witness.public_key()));
    const evidence::ProvenEntry proven{1, second, finished, {merkle::leaf_hash(first)}, note + cosignature};
    expect_golden("tlog-proof.txt", evidence::tlog_proof(proven));
    expect_golden("bundle.sigstore.json", evidence::sigstore_bundle(proven, f.ledger.public_key()).value());
    expect_golden("add-checkpoint.txt",
                  merkle::to_text(merkle::AddCheckpoint{1, {merkle::leaf_hash(second)}, note}));
    EXPECT_TRUE(
        merkle::verify_consistency(1, merkle::leaf_hash(first), 2, tree.root(), {merkle::leaf_hash(second)}));
}

}  // namespace
}  // namespace signalbox
