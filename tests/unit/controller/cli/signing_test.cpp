// SPDX-License-Identifier: Apache-2.0
// Keys, the first trust file, its successors, and approvals: everything that people sign.
#include <gmock/gmock.h>
#include <sys/stat.h>

#include <filesystem>

#include "common/crypto/keys.hpp"
#include "common/dsse/dsse.hpp"
#include "common/trust/approval.hpp"
#include "common/trust/trust_file.hpp"
#include "common/trust/withdrawal.hpp"
#include "controller/cli/keyring.hpp"
#include "signalbox/v1/operator.pb.h"
#include "tests/unit/controller/cli/cli_fixture.hpp"
#include "tests/unit/controller/cli/plan_fixture.hpp"

namespace signalbox::cli {
namespace {

using testing::HasSubstr;
using testing::Not;

unsigned mode_of(const std::string& path) {
    struct stat info {};
    return ::stat(path.c_str(), &info) == 0 ? info.st_mode & 0777U : 0;
}

TEST(Keys, ArePasswordProtectedFilesThatAreNeverWrittenOver) {
    Person person;
    person.prompt.secrets = {"correct horse", "correct horse"};
    ASSERT_EQ(person.run({"key", "new", "alice"}), kOk) << person.err.text;
    const std::string path = person.file(".config/signalbox/keys/alice.key");
    EXPECT_EQ(mode_of(path), 0600U);
    EXPECT_TRUE(crypto::is_password_wrapped(*read_file(path, 4096)));
    EXPECT_TRUE(person.out.text.starts_with("k4.public."));
    person.prompt.secrets = {"correct horse", "correct horse"};
    EXPECT_EQ(person.run({"key", "new", "alice"}), kFailed);
    person.prompt.secrets = {"correct horse", "correct house"};
    EXPECT_EQ(person.run({"key", "new", "bob"}), kUsage);
    person.prompt.secrets = {"short", "short"};
    EXPECT_EQ(person.run({"key", "new", "bob"}), kUsage);
    EXPECT_THAT(person.err.text, HasSubstr("at least 10"));
    EXPECT_EQ(person.run({"key", "new", "../bob"}), kUsage);
    ASSERT_EQ(person.run({"key", "list"}), kOk);
    EXPECT_THAT(person.out.text, HasSubstr("alice  k4.pid."));
    EXPECT_THAT(person.out.text, Not(HasSubstr("bob")));
    ASSERT_EQ(person.run({"key", "show", "alice", "--format", "pem"}), kOk);
    EXPECT_THAT(person.out.text, HasSubstr("-----BEGIN PUBLIC KEY-----"));
    EXPECT_EQ(person.run({"key", "show", "carol"}), kUsage);
}

TEST(Keys, APublicFileOfAnotherKeyIsNoticed) {
    Person person;
    const std::string pass = person.write("pass", "correct horse\n");
    ASSERT_EQ(person.run({"key", "new", "alice", "--passphrase-file", pass}), kOk) << person.err.text;
    const Keyring ring{person.file(".config/signalbox/keys"), ""};
    ASSERT_TRUE(ring.open("alice", person.prompt, pass));
    const std::string wrong = person.write("wrong", "wrong horse 1\n");
    EXPECT_EQ(ring.open("alice", person.prompt, wrong).error().code(), Code::permission_denied);
    (void)replace_file(ring.folder + "/alice.pub", crypto::SigningKey::generate().public_key().paserk(),
                       0644);
    EXPECT_EQ(ring.open("alice", person.prompt, pass).error().code(), Code::data_loss);
}

// A cluster made by init, its trust service played by the fake.
class Cluster : public testing::Test {
  protected:
    void SetUp() override {
        pass_ = person_.write("pass", "correct horse battery\n");
        ASSERT_EQ(person_.run({"init", "--cluster", "acme", "--data", data(), "--root-keys",
                               person_.file("roots"), "--passphrase-file", pass_}),
                  kOk)
            << person_.err.text;
        trust_ = *read_file(data() + "/trust/trust.json", 1 << 20);
        person_.api.on<v1::GetTrustRequest, v1::GetTrustResponse>("TrustService/Get", [this](const auto&) {
            v1::GetTrustResponse answer;
            answer.set_trust(trust_), answer.set_version(1);
            return answer;
        });
        person_.api.on<v1::PublishTrustRequest, v1::PublishTrustResponse>(
            "TrustService/Publish", [this](const auto& request) -> Result<v1::PublishTrustResponse> {
                SB_TRY(const auto current, trust::verify_initial(trust_));
                SB_TRY(const auto next, trust::verify_update(current, request.trust()));
                trust_ = request.trust();
                v1::PublishTrustResponse answer;
                answer.set_version(static_cast<std::uint64_t>(next.version));
                return answer;
            });
    }
    [[nodiscard]] std::string data() const { return person_.file("data"); }
    int sign_with_root(int number, const std::string& pass = "") {
        return person_.run({"trust", "sign", "--key",
                            person_.file("roots") + fmt::format("/root-{}.key", number), "--passphrase-file",
                            pass.empty() ? pass_ : pass});
    }
    void may_approve(const std::string& environment, const std::string& name) {
        if (!path_exists(person_.file(".config/signalbox/keys/" + name + ".key"))) {
            ASSERT_EQ(person_.run({"key", "new", name, "--passphrase-file", pass_}), kOk) << person_.err.text;
        }
        ASSERT_EQ(person_.run({"trust", "add-approver", "--environment", environment, "--role", "operations",
                               "--label", name, name}),
                  kOk)
            << person_.err.text;
        ASSERT_EQ(sign_with_root(1), kOk) << person_.err.text;
        ASSERT_EQ(sign_with_root(2), kOk) << person_.err.text;
        ASSERT_EQ(person_.run({"trust", "publish"}), kOk) << person_.err.text;
    }
    Person person_;
    std::string pass_;
    std::string trust_;
};

TEST_F(Cluster, InitMakesWhatTheControllerNeedsAndNothingThatOthersCanRead) {
    const auto trust = trust::verify_initial(trust_);
    ASSERT_TRUE(trust) << trust.error().to_string();
    EXPECT_EQ(trust->roles.at("root").threshold, 2);
    EXPECT_EQ(trust->roles.at("root").keyids.size(), 3U);
    for (const auto* service : {"token", "ledger"}) {
        const auto key = crypto::load_service_key(data() + "/keys/" + service + ".key");
        ASSERT_TRUE(key) << key.error().to_string();
        EXPECT_NE(trust->key_in_role(service, key->public_key().id()), nullptr);
    }
    for (const auto& entry : std::filesystem::recursive_directory_iterator(data())) {
        EXPECT_EQ(mode_of(entry.path().string()), entry.is_directory() ? 0700U : 0600U) << entry.path();
    }
    EXPECT_TRUE(load_credentials(person_.file("credentials.json")));
    EXPECT_THAT(person_.out.text, HasSubstr("signalboxd --data " + data()));
    EXPECT_FALSE(path_exists(data() + "/root-1.key"));
}

TEST_F(Cluster, InitNeverWritesOverAnything) {
    EXPECT_EQ(person_.run({"init", "--cluster", "acme", "--data", data(), "--passphrase-file", pass_}),
              kFailed);
    EXPECT_EQ(person_.run({"init", "--cluster", "acme", "--data", person_.file("other"), "--root-keys",
                           person_.file("roots"), "--passphrase-file", pass_}),
              kFailed);
    EXPECT_EQ(person_.run(
                  {"init", "--cluster", "acme", "--data", person_.file("other"), "--passphrase-file", pass_}),
              kFailed)
        << "credentials are there";
    EXPECT_EQ(person_.run({"init", "--cluster", "Acme!", "--data", person_.file("other"), "--credentials",
                           person_.file("c2"), "--passphrase-file", pass_}),
              kUsage);
    EXPECT_EQ(person_.run({"init", "--cluster", "acme", "--data", person_.file("other"), "--root-keys",
                           person_.file("other/roots"), "--credentials", person_.file("c2"),
                           "--passphrase-file", pass_}),
              kUsage);
    EXPECT_FALSE(path_exists(person_.file("other")));
    EXPECT_EQ(*read_file(data() + "/trust/trust.json", 1 << 20), trust_);
}

TEST_F(Cluster, InitThatCannotFinishLeavesNothing) {
    const std::string blocked = person_.write("a-file", "x");
    EXPECT_NE(person_.run({"init", "--cluster", "acme", "--data", person_.file("other"), "--credentials",
                           blocked + "/credentials.json", "--passphrase-file", pass_}),
              kOk);
    EXPECT_FALSE(path_exists(person_.file("other")));
    EXPECT_FALSE(path_exists(person_.file("other-root-keys")));
}

TEST_F(Cluster, ATrustChangeNeedsTwoRootKeys) {
    ASSERT_EQ(person_.run({"key", "new", "alice", "--passphrase-file", pass_}), kOk);
    ASSERT_EQ(person_.run({"trust", "add-approver", "--environment", "production", "--role", "operations",
                           "--label", "alice", "alice"}),
              kOk)
        << person_.err.text;
    EXPECT_THAT(person_.out.text, HasSubstr("+ approve/production/operations: alice"));
    EXPECT_EQ(person_.run({"trust", "publish"}), kRefused) << person_.err.text;
    EXPECT_EQ(sign_with_root(1, person_.write("wrong", "wrong horse battery\n")), kRefused);
    EXPECT_EQ(sign_with_root(1), kOk) << person_.err.text;
    EXPECT_THAT(person_.out.text, HasSubstr("1 of 2 root keys"));
    EXPECT_EQ(sign_with_root(1), kFailed) << "one key counts once";
    EXPECT_EQ(person_.run({"trust", "publish"}), kRefused);
    EXPECT_EQ(person_.run({"trust", "sign", "--key", "alice", "--passphrase-file", pass_}), kRefused)
        << "alice is no root";
    EXPECT_EQ(sign_with_root(3), kOk);
    EXPECT_EQ(person_.run({"trust", "show", "--pending", "--json"}), kOk);
    EXPECT_THAT(person_.out.text, HasSubstr("\"complete\": true"));
    EXPECT_EQ(person_.run({"trust", "publish"}), kOk) << person_.err.text;
    EXPECT_FALSE(path_exists(person_.file("trust-draft.json")));
    EXPECT_EQ(person_.run({"trust", "show"}), kOk);
    EXPECT_THAT(person_.out.text, HasSubstr("trust version 2"));
    EXPECT_THAT(person_.out.text, HasSubstr("alice"));
}

TEST_F(Cluster, AnEditAfterASignatureTakesTheSignatureAway) {
    ASSERT_EQ(person_.run({"trust", "renew", "--expires", "30d"}), kOk) << person_.err.text;
    ASSERT_EQ(sign_with_root(1), kOk);
    ASSERT_EQ(sign_with_root(2), kOk);
    ASSERT_EQ(person_.run({"trust", "renew", "--expires", "300d"}), kOk);
    EXPECT_THAT(person_.err.text, HasSubstr("fall away"));
    EXPECT_EQ(person_.run({"trust", "publish"}), kRefused);
    EXPECT_EQ(person_.run({"trust", "set-role", "root", "--threshold", "4"}), kUsage);
    EXPECT_EQ(person_.run({"trust", "remove-key", "--role", "token", "token"}), kFailed)
        << "a cluster without token key is dead";
    EXPECT_EQ(person_.run({"trust", "discard"}), kOk);
    EXPECT_EQ(person_.run({"trust", "publish"}), kUsage);
}

TEST_F(Cluster, AnExpiryThatComesNearIsWarnedOf) {
    person_.clock.at += std::chrono::hours(24 * 350);
    ASSERT_EQ(person_.run({"trust", "show"}), kOk);
    EXPECT_THAT(person_.err.text, HasSubstr("warning: it must be renewed"));
    person_.clock.at += std::chrono::hours(24 * 20);
    ASSERT_EQ(person_.run({"trust", "show"}), kOk);
    EXPECT_THAT(person_.out.text, HasSubstr("EXPIRED"));
}

class Approving : public Cluster {
  protected:
    void SetUp() override {
        Cluster::SetUp();
        may_approve("production", "alice");
        plan_["cluster_id"] = "acme";
        document_ = sample_approval(plan_, "production", person_.clock.at);
        person_.api.on<v1::GetApprovalsRequest,
                       v1::GetApprovalsResponse>("ReleaseService/GetApprovals", [this](const auto&) {
            v1::GetApprovalsResponse answer;
            answer.set_plan(json::canonical(plan_));
            for (const auto& approval : {sample_approval(plan_, "staging", person_.clock.at), document_}) {
                auto* document = answer.add_documents();
                document->set_environment(approval.environment);
                document->set_payload(trust::serialize(approval));
                document->set_envelope(dsse::serialize(
                    {std::string(trust::kInTotoPayloadType), document->payload(), signatures_}));
                auto* role = document->add_roles();
                role->set_role("operations"), role->set_have(0), role->set_need(1);
            }
            return answer;
        });
        person_.api.on<v1::ApproveRequest, v1::ApproveResponse>(
            "ReleaseService/Approve", [this](const auto& request) {
                sent_.push_back(request);
                v1::ApproveResponse answer;
                auto* role = answer.add_roles();
                role->set_role("operations"), role->set_have(1), role->set_need(1);
                return answer;
            });
        person_.prompt.asked.clear();
    }
    int approve(std::vector<std::string> more = {}) {
        std::vector<std::string> words = {"release", "approve",           "shop-1.1.0-7", "--key",
                                          "alice",   "--passphrase-file", pass_};
        words.insert(words.end(), more.begin(), more.end());
        return person_.run(words);
    }
    json::Json plan_ = sample_plan_json();
    trust::Approval document_;
    std::vector<v1::ApproveRequest> sent_;
    std::vector<dsse::EnvelopeSignature> signatures_;  // on the documents that the controller shows
};

TEST_F(Approving, ShowsTheStepsAsksSignsAndSendsWhatHostsWillAccept) {
    person_.prompt.yes = true;
    ASSERT_EQ(approve(), kOk) << person_.err.text;
    EXPECT_THAT(person_.err.text, HasSubstr("You are about to approve shop 1.1.0 for production"));
    EXPECT_THAT(person_.err.text, HasSubstr(std::string("switch to ") + kArtifact +
                                            "; then run systemctl restart \"the shop\""));
    EXPECT_THAT(person_.err.text,
                HasSubstr("production/web-1/activate by agent agent-of-web-1; action sha256 " +
                          document_.steps[1].action_sha256.hex()));
    EXPECT_THAT(person_.err.text, HasSubstr("undone by production/web-1/activate!undo"));
    EXPECT_THAT(person_.err.text, HasSubstr("; undoes production/web-1/activate"));
    EXPECT_THAT(person_.err.text, HasSubstr("may start until " + to_rfc3339(document_.undo_not_after)));
    EXPECT_THAT(person_.err.text, HasSubstr("closed     at no time of the window"));
    EXPECT_THAT(person_.err.text, HasSubstr("carol, without an approver's key"));
    EXPECT_THAT(person_.err.text, HasSubstr("tickets    SHOP-1"));
    EXPECT_THAT(person_.err.text, Not(HasSubstr("stage-1"))) << "alice may not approve staging";
    ASSERT_EQ(person_.prompt.asked.size(), 1U);
    ASSERT_EQ(sent_.size(), 1U);
    dsse::Envelope envelope{std::string(trust::kInTotoPayloadType), trust::serialize(document_), {}};
    envelope.signatures.push_back(
        {crypto::KeyId(sent_[0].kid()), *crypto::signature_from_bytes(as_bytes(sent_[0].signature()))});
    const auto base = trust::parse_payload(dsse::parse(trust_)->payload);
    ASSERT_TRUE(base);
    const auto accepted = trust::verify_approval(*base, dsse::serialize(envelope));
    EXPECT_TRUE(accepted) << accepted.error().to_string();
}

TEST_F(Approving, ANoSignsNothing) {
    EXPECT_EQ(approve(), kFailed);
    EXPECT_TRUE(sent_.empty());
    person_.prompt.is_interactive = false;
    EXPECT_EQ(approve(), kUsage) << "nobody to ask, and no --yes";
    EXPECT_TRUE(sent_.empty());
    EXPECT_EQ(approve({"--yes"}), kOk);
    EXPECT_EQ(sent_.size(), 1U);
}

TEST_F(Approving, ADocumentThatIsNotThePlanIsNeverSigned) {
    document_.steps[1].action_sha256 = crypto::sha256("something else");
    EXPECT_EQ(approve({"--yes"}), kRefused);
    EXPECT_THAT(person_.err.text, HasSubstr("do not sign"));
    EXPECT_TRUE(sent_.empty());
}

TEST_F(Approving, AnActionThatCannotBeShownWholeIsNeverSigned) {
    json::Json& step = plan_["environments"][1]["steps"][1];
    step["action"]["umask"] = "000";
    step["action_sha256"] = crypto::sha256(json::canonical(step["action"])).hex();
    document_ = sample_approval(plan_, "production", person_.clock.at);
    EXPECT_EQ(approve({"--yes"}), kRefused);
    EXPECT_THAT(person_.err.text, HasSubstr("action.umask"));
    EXPECT_TRUE(sent_.empty());
}

TEST_F(Approving, TheRequestersOwnKeyAndAStrangersAreRefusedBeforeSigning) {
    EXPECT_EQ(approve({"--yes", "--environment", "staging"}), kRefused);
    EXPECT_THAT(person_.err.text, HasSubstr("may not approve for staging"));
    EXPECT_EQ(approve({"--yes", "--environment", "moon"}), kUsage);
    const Keyring ring{person_.file(".config/signalbox/keys"), ""};
    document_.requester = ring.find("alice")->key.id();
    EXPECT_EQ(approve({"--yes"}), kRefused);
    EXPECT_THAT(person_.err.text, HasSubstr("carol asked for this release"));
    // Another key of the same person, by its label, does not count either.
    const auto second = crypto::SigningKey::generate().public_key();
    ASSERT_EQ(person_.run({"trust", "add-approver", "--environment", "production", "--role", "security",
                           "--label", "alice", second.paserk()}),
              kOk)
        << person_.err.text;
    ASSERT_EQ(sign_with_root(1), kOk);
    ASSERT_EQ(sign_with_root(2), kOk);
    ASSERT_EQ(person_.run({"trust", "publish"}), kOk);
    document_.requester = second.id();
    EXPECT_EQ(approve({"--yes"}), kRefused);
    EXPECT_TRUE(sent_.empty());
}

TEST_F(Approving, TheDocumentsAreShownAndGivenAsTheTextsThatAreSigned) {
    const auto key = crypto::SigningKey::generate();
    signatures_.push_back({key.public_key().id(), key.sign_now(as_bytes("shown, not verified"))});
    ASSERT_EQ(person_.run({"release", "approvals", "shop-1.1.0-7"}), kOk) << person_.err.text;
    EXPECT_THAT(person_.out.text, HasSubstr("production  operations 0 of 1\n"));
    EXPECT_THAT(person_.out.text, HasSubstr("signed by  " + key.public_key().id().str()));
    EXPECT_THAT(person_.err.text, HasSubstr("no signature was verified"));

    ASSERT_EQ(person_.run({"release", "approvals", "shop-1.1.0-7", "--json"}), kOk) << person_.err.text;
    const auto shown = *json::parse(person_.out.text, {.max_bytes = 1 << 20});
    EXPECT_EQ(shown["plan"], plan_);
    EXPECT_EQ(shown["documents"][1]["payload"], trust::serialize(document_));
    const auto envelope = dsse::parse(shown["documents"][1]["envelope"].get<std::string>());
    ASSERT_TRUE(envelope) << envelope.error().to_string();
    EXPECT_EQ(envelope->payload, trust::serialize(document_));
    EXPECT_EQ(envelope->signatures.size(), 1U);
}

// An earlier release of the shop that alice approved for production, and the list with both.
class ApprovingTheNext : public Approving {
  protected:
    void SetUp() override {
        Approving::SetUp();
        before_ = plan_;
        before_["release_id"] = "shop-1.0.0-5";
        before_["release_counter"] = 5;
        before_["version"] = before_["services"][0]["version"] = "1.0.0";
        json::Json& steps = before_["environments"][1]["steps"];
        change(steps[0], [](json::Json& a) { a["artifact"]["sha256"] = std::string(64, 'b'); });
        steps[0]["artifacts"][0]["sha256"] = steps[1]["artifacts"][0]["sha256"] = std::string(64, 'b');
        change(steps[1], [](json::Json& a) {
            a["artifact_sha256"] = std::string(64, 'b');
            a["argv"] = {"systemctl", "reload", "the shop"};
        });
        json::Json extra = steps[0];
        extra["id"] = "production/web-0/stage", extra["host"] = extra["target"] = "web-0";
        steps.push_back(extra);
        extra = steps[1];
        extra["id"] = "production/web-1/run-warm";
        steps.push_back(extra);
        auto& api = person_.api;
        api.on<v1::ListReleasesRequest, v1::ListReleasesResponse>("ReleaseService/List", [](const auto&) {
            v1::ListReleasesResponse answer;
            for (const char* id : {"shop-2.0.0-9", "shop-1.1.0-7", "blog-1.0.0-6", "shop-1.0.0-5"}) {
                auto* release = answer.add_releases();
                release->set_release_id(id);
                release->add_services()->set_service(std::string(id).substr(0, 4));
            }
            return answer;
        });
        api.on<v1::GetApprovalsRequest, v1::GetApprovalsResponse>(
            "ReleaseService/GetApprovals", [this](const auto& request) {
                const bool now = request.release_id() == "shop-1.1.0-7";
                const json::Json& plan = now ? plan_ : before_;
                asked_.push_back(request.release_id());
                v1::GetApprovalsResponse answer;
                answer.set_plan(json::canonical(plan));
                auto approval = sample_approval(plan, "production", person_.clock.at);
                if (!now) approval.not_after = approval.not_before + std::chrono::hours(2);
                auto* document = answer.add_documents();
                document->set_environment("production");
                document->set_payload(trust::serialize(approval));
                dsse::Envelope envelope{std::string(trust::kInTotoPayloadType), document->payload(), {}};
                if (!now && signed_before_) {
                    const Keyring ring{person_.file(".config/signalbox/keys"), ""};
                    EXPECT_TRUE(dsse::add_signature(envelope, **ring.open("alice", person_.prompt, pass_)));
                }
                document->set_envelope(dsse::serialize(envelope));
                return answer;
            });
    }
    static void change(json::Json& step, const std::function<void(json::Json&)>& edit) {
        edit(step["action"]);
        step["action_sha256"] = crypto::sha256(json::canonical(step["action"])).hex();
    }
    int show(std::vector<std::string> more = {}) {
        std::vector<std::string> words = {"release", "approve", "shop-1.1.0-7", "--show"};
        words.insert(words.end(), more.begin(), more.end());
        return person_.run(words);
    }
    json::Json before_;
    std::vector<std::string> asked_;
    bool signed_before_ = true;
};

TEST_F(ApprovingTheNext, ShowPrintsWhatWouldBeSignedAndWhatChangedAndSignsNothing) {
    ASSERT_EQ(show(), kOk) << person_.err.text;
    EXPECT_TRUE(sent_.empty());
    EXPECT_TRUE(person_.prompt.asked.empty());
    const std::string& text = person_.out.text;
    EXPECT_THAT(text, HasSubstr("To be approved: shop 1.1.0 for production"));
    EXPECT_THAT(text, HasSubstr("action sha256 " + document_.steps[1].action_sha256.hex()));
    EXPECT_THAT(text, HasSubstr("  shop since shop-1.0.0-5\n"));
    EXPECT_THAT(text, HasSubstr("    version: 1.0.0 -> 1.1.0\n"));
    EXPECT_THAT(text, HasSubstr("    artifact: " + std::string(64, 'b') + " -> " + kArtifact + "\n"));
    EXPECT_THAT(text, HasSubstr("    no more host: web-0, with 1 step\n"));
    EXPECT_THAT(text, HasSubstr("    no more step on web-1: run-warm (release.activate)\n"));
    EXPECT_THAT(text,
                HasSubstr("    changed on web-1: activate: argv: "
                          R"(["systemctl","reload","the shop"] -> ["systemctl","restart","the shop"])"));
    EXPECT_THAT(text, HasSubstr("    length of the window: 2h00m -> 1d00h\n"));
    EXPECT_THAT(text, Not(HasSubstr("changed on web-1: stage"))) << "the artifact is said once";
    EXPECT_THAT(asked_, testing::ElementsAre("shop-1.1.0-7", "shop-1.0.0-5"));
    EXPECT_THAT(person_.err.text, HasSubstr("nothing was signed"));

    ASSERT_EQ(show({"--json"}), kOk) << person_.err.text;
    const auto shown = *json::parse(person_.out.text, {.max_bytes = 1 << 20});
    EXPECT_EQ(shown["documents"][0]["payload"], trust::serialize(document_));
    EXPECT_EQ(shown["documents"][0]["changes"][1], "  version: 1.0.0 -> 1.1.0");
}

TEST_F(ApprovingTheNext, OnlyAReleaseThatPeopleApprovedIsComparedWith) {
    signed_before_ = false;
    ASSERT_EQ(show(), kOk) << person_.err.text;
    EXPECT_THAT(person_.out.text,
                HasSubstr("shop: no earlier release of it was approved for production: all of it is new"));
}

TEST_F(ApprovingTheNext, WhoSignsIsShownTheSame) {
    EXPECT_EQ(person_.run({"release", "approve", "shop-1.1.0-7", "--yes"}), kUsage) << "no key";
    ASSERT_EQ(approve({"--yes"}), kOk) << person_.err.text;
    EXPECT_THAT(person_.err.text, HasSubstr("    version: 1.0.0 -> 1.1.0\n"));
    EXPECT_EQ(sent_.size(), 1U);
    before_ = plan_;
    before_["release_id"] = "shop-1.0.0-5";
    ASSERT_EQ(show({"--key", "alice"}), kOk) << person_.err.text;
    EXPECT_THAT(person_.out.text, HasSubstr("  shop since shop-1.0.0-5: nothing\n"));
    EXPECT_EQ(sent_.size(), 1U);
}

TEST_F(ApprovingTheNext, AWithdrawalIsSignedByWhoApprovedAndByNobodyElse) {
    std::vector<v1::WithdrawApprovalRequest> withdrawn;
    person_.api.on<v1::WithdrawApprovalRequest, v1::WithdrawApprovalResponse>(
        "ReleaseService/Withdraw", [&](const auto& request) {
            withdrawn.push_back(request);
            return v1::WithdrawApprovalResponse();
        });
    const auto withdraw = [&](const std::string& release, std::vector<std::string> more = {}) {
        std::vector<std::string> words = {"release",           "withdraw", release,    "--key",      "alice",
                                          "--passphrase-file", pass_,      "--reason", "a bad build"};
        words.insert(words.end(), more.begin(), more.end());
        return person_.run(words);
    };
    EXPECT_EQ(withdraw("shop-1.1.0-7", {"--yes"}), kRefused) << "not signed yet";
    EXPECT_THAT(person_.err.text, HasSubstr("has not approved shop-1.1.0-7"));
    EXPECT_EQ(withdraw("shop-1.0.0-5"), kFailed) << "no at the question";
    EXPECT_TRUE(withdrawn.empty());
    ASSERT_EQ(withdraw("shop-1.0.0-5", {"--yes"}), kOk) << person_.err.text;
    EXPECT_THAT(person_.out.text, HasSubstr("withdrew the approval of shop-1.0.0-5 for production"));
    ASSERT_EQ(withdrawn.size(), 1U);
    const auto base = trust::parse_payload(dsse::parse(trust_)->payload);
    const auto verified = trust::verify_withdrawal(*base, withdrawn[0].withdrawal());
    ASSERT_TRUE(verified) << verified.error().to_string();
    EXPECT_EQ(verified->withdrawal.reason, "a bad build");
    EXPECT_EQ(verified->withdrawal.approval_sha256, trust::approval_digest(trust::serialize([&] {
                  auto approval = sample_approval(before_, "production", person_.clock.at);
                  approval.not_after = approval.not_before + std::chrono::hours(2);
                  return approval;
              }())));
}

TEST_F(Approving, AWrongPassphraseSendsNothing) {
    const std::string wrong = person_.write("wrong", "wrong horse battery\n");
    EXPECT_EQ(person_.run({"release", "approve", "shop-1.1.0-7", "--key", "alice", "--passphrase-file", wrong,
                           "--yes"}),
              kRefused);
    EXPECT_TRUE(sent_.empty());
}

}  // namespace
}  // namespace signalbox::cli
