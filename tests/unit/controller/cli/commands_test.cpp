// SPDX-License-Identifier: Apache-2.0
// The program as a person or a script meets it, against a controller of canned answers.
#include <gmock/gmock.h>
#include <sys/stat.h>

#include "controller/cli/connect_api.hpp"
#include "signalbox/v1/operator.pb.h"
#include "tests/unit/controller/cli/cli_fixture.hpp"

namespace signalbox::cli {
namespace {

using testing::HasSubstr;
using testing::Not;

TEST(Errors, WithoutCredentialsSayWhereTheyAreWantedAndHowToGetSome) {
    Person person;
    EXPECT_EQ(person.run({"status"}), kUsage);
    EXPECT_EQ(person.out.text, "");
    EXPECT_THAT(person.err.text, HasSubstr("error: no credentials: " + person.file("credentials.json")));
    EXPECT_THAT(person.err.text, HasSubstr("next: "));
}

TEST(Errors, CredentialsThatOthersMayReadAreNotUsed) {
    Person person;
    person.has_credentials();
    ASSERT_EQ(::chmod(person.file("credentials.json").c_str(), 0644), 0);
    EXPECT_EQ(person.run({"status"}), kRefused);
    EXPECT_THAT(person.err.text, HasSubstr("chmod"));
}

TEST(Errors, BrokenCredentialsAreNamedByMember) {
    Person person;
    person.write("credentials.json", R"({"url":"http://127.0.0.1:1","ca_pem":"x","api_key":"y"})");
    EXPECT_EQ(person.run({"status"}), kUsage);
    EXPECT_THAT(person.err.text, HasSubstr("$.url"));
    person.write("credentials.json", "{");
    EXPECT_EQ(person.run({"status"}), kUsage);
}

TEST(Errors, AreJsonForScriptsAndNeverOnStdout) {
    Person person;
    person.has_credentials();
    person.api.on<v1::GetReleaseRequest, v1::GetReleaseResponse>(
        "ReleaseService/Get", [](const auto& request) {
            return Error(Code::not_found, "no release " + request.release_id(), "signalbox release list");
        });
    EXPECT_EQ(person.run({"release", "show", "nope", "--json"}), kUsage);
    EXPECT_EQ(person.out.text, "");
    EXPECT_EQ(person.err.text,
              "{\"error\":{\"code\":\"not_found\",\"message\":\"no release nope\",\"next\":\"signalbox "
              "release list\"}}\n");
}

TEST(Errors, UsageSuggestsWhatWasMeant) {
    Person person;
    EXPECT_EQ(person.run({"relaese", "list"}), kUsage);
    EXPECT_THAT(person.err.text, HasSubstr("there is no command 'relaese'"));
    EXPECT_THAT(person.err.text, HasSubstr("did you mean 'release'?"));
    EXPECT_EQ(person.run({"release", "list", "--limt", "3"}), kUsage);
    EXPECT_THAT(person.err.text, HasSubstr("did you mean '--limit'?"));
    EXPECT_EQ(person.run({}), kUsage);
    EXPECT_EQ(person.run({"--help"}), kOk);
    EXPECT_THAT(person.out.text, HasSubstr("Exit codes: 0 done; 1 the thing failed"));
}

TEST(Errors, AQuestionThatIsLeftWithCtrlCIsNoMistakeInTheUsage) {
    Person person;
    EXPECT_EQ(person.run({"key", "new", "dora"}), kFailed);
    EXPECT_EQ(person.err.text,
              "error: stopped at the question\nnext: run the command again to be asked again\n");
}

TEST(Errors, AnOutputThatCannotBeWrittenIsNotSuccess) {
    Person person;
    person.out.failure =
        Error(Code::resource_exhausted, "writing to standard output: No space left on device");
    EXPECT_EQ(person.run({"version"}), kFailed);
    EXPECT_THAT(person.err.text, HasSubstr("No space left"));
    person.out.failure = Error(Code::cancelled, "standard output: the reader has gone");
    EXPECT_EQ(person.run({"version"}), kFailed);
    EXPECT_EQ(person.err.text, "") << "signalbox agents | head needs no comment";
}

TEST(ConnectErrors, KeepOurCodeAndRemedy) {
    const Error error =
        parse_connect_error(403, R"({"code":"permission_denied","message":"R_TRUST: old","details":[
        {"type":"signalbox.v1.ErrorDetail","value":"AA","debug":{"code":"refused","remedy":"renew it"}}]})");
    EXPECT_EQ(error.code(), Code::refused);
    EXPECT_EQ(error.message(), "R_TRUST: old");
    EXPECT_EQ(error.remedy(), "renew it");
    EXPECT_EQ(parse_connect_error(409, R"({"code":"aborted"})").code(), Code::conflict);
    EXPECT_THAT(parse_connect_error(502, "<html>proxy</html>").message(), HasSubstr("HTTP 502"));
    EXPECT_EQ(parse_connect_error(502, "<html>proxy</html>").code(), Code::unavailable);
    EXPECT_EQ(parse_connect_error(404, "").code(), Code::failed_precondition);
}

TEST(Agents, AreATableAndTheCommandsBelowAreNotTheList) {
    Person person;
    person.has_credentials();
    person.api.on<v1::ListAgentsRequest, v1::ListAgentsResponse>("FleetService/ListAgents", [](const auto&) {
        v1::ListAgentsResponse answer;
        auto* agent = answer.add_agents();
        agent->set_agent_id("id-1"), agent->set_host("web-1"), agent->set_environment("production");
        agent->set_state("active"), agent->set_presence("online"),
            agent->set_last_seen("2026-11-23T08:59:58Z");
        (*agent->mutable_releases())["shop"] = "1.0.0";
        agent->set_problem("\x1b[31mdisk");
        return answer;
    });
    EXPECT_EQ(person.run({"agents"}), kOk);
    EXPECT_EQ(person.out.text,
              "HOST   ENVIRONMENT  SITE  STATE   PRESENCE  SEEN    VERSION  RELEASES    PROBLEM\n"
              "web-1  production   -     active  online    2s ago  -        shop=1.0.0  \\x1b[31mdisk\n");
    person.api.on<v1::ShowAgentRequest, v1::ShowAgentResponse>(
        "FleetService/ShowAgent", [](const auto& request) -> Result<v1::ShowAgentResponse> {
            if (request.agent() != "web-1") return Error(Code::not_found, "no agent or host 'web-2'");
            v1::ShowAgentResponse answer;
            answer.mutable_agent()->set_environment("production");
            answer.set_record_public("k4.public.x");
            auto* event = answer.add_story();
            event->set_at("2026-11-22T09:00:00Z"), event->set_kind("agent_banned");
            event->set_by("ann"), event->set_text("stolen\x1b[31m");
            return answer;
        });
    EXPECT_EQ(person.run({"agents", "show", "web-1"}), kOk);
    EXPECT_THAT(person.out.text, HasSubstr("environment     production\n"));
    EXPECT_THAT(person.out.text, HasSubstr("  2026-11-22T09:00:00Z  banned by ann: stolen\\x1b[31m\n"));
    EXPECT_EQ(person.run({"agents", "show", "web-2"}), kUsage);
    std::string state;
    person.api.on<v1::SetAgentStateRequest, v1::SetAgentStateResponse>(
        "FleetService/SetAgentState", [&](const auto& request) {
            state = request.agent() + " " + request.state() + " " + request.reason();
            if (request.lift_ban()) state += " lifts";
            return v1::SetAgentStateResponse();
        });
    EXPECT_EQ(person.run({"agents", "ban", "web-1"}), kUsage) << "a ban needs a reason";
    EXPECT_EQ(person.run({"agents", "ban", "web-1", "--reason", "stolen"}), kOk);
    EXPECT_EQ(state, "web-1 banned stolen");
    EXPECT_EQ(person.run({"agents", "unban", "web-1", "--reason", "found"}), kOk);
    EXPECT_EQ(state, "web-1 quarantined found lifts");
}

TEST(EnrolToken, PrintsExactlyOneLineToStdout) {
    Person person;
    person.has_credentials();
    v1::CreateJoinTokenRequest asked;
    std::string line = "sbj1.abc";
    person.api.on<v1::CreateJoinTokenRequest, v1::CreateJoinTokenResponse>(
        "FleetService/CreateJoinToken", [&](const auto& request) {
            asked = request;
            v1::CreateJoinTokenResponse answer;
            answer.set_join_line(line), answer.set_expires("2026-11-23T09:10:00Z");
            return answer;
        });
    EXPECT_EQ(person.run({"enrol-token", "create", "--environment", "production", "--host", "web-1",
                          "--label", "role=web", "--label", "color=blue", "--ttl", "1h"}),
              kOk);
    EXPECT_EQ(person.out.text, "sbj1.abc\n");
    EXPECT_EQ(asked.ttl_s(), 3600U);
    EXPECT_EQ(asked.labels().at("color"), "blue");
    EXPECT_EQ(
        person.run({"enrol-token", "create", "--environment", "p", "--host", "h", "--label", "nothing"}),
        kUsage);
    EXPECT_EQ(person.run({"enrol-token", "create", "--environment", "p", "--host", "h", "--ttl", "8d"}),
              kUsage);
    EXPECT_EQ(person.run({"enrol-token", "create", "--environment", "p", "--host", "h", "--label", "x=a",
                          "--label", "x=b"}),
              kUsage);
    EXPECT_THAT(person.err.text, testing::HasSubstr("x is given twice"));
    EXPECT_THAT(person.err.text, Not(HasSubstr("the estate has no")));
    v1::CheckEstateResponse estate;
    estate.add_environment_names("production"), estate.add_environment_names("staging");
    person.api.on<v1::CheckEstateRequest, v1::CheckEstateResponse>("EstateService/Check",
                                                                   [&](const auto&) { return estate; });
    asked.Clear();
    EXPECT_EQ(person.run({"enrol-token", "create", "--environment", "prodution", "--host", "h"}), kUsage);
    EXPECT_THAT(person.err.text, HasSubstr("no environment 'prodution'"));
    EXPECT_THAT(person.err.text, HasSubstr("did you mean production?"));
    EXPECT_EQ(asked.host(), "") << "no line is made";
    EXPECT_EQ(person.run({"enrol-token", "create", "--environment", "staging", "--host", "h"}), kOk);
    estate.add_problems()->set_file("environments/p.yaml");
    EXPECT_EQ(person.run({"enrol-token", "create", "--environment", "p", "--host", "h"}), kOk);
    EXPECT_THAT(person.err.text, HasSubstr("was not checked")) << "it may be in the file that has errors";
    asked.Clear();
    EXPECT_FALSE(asked.replace());
    EXPECT_EQ(person.run({"enrol-token", "create", "--environment", "p", "--host", "h", "--replace"}), kOk);
    EXPECT_TRUE(asked.replace());
    line = "two\nlines";
    EXPECT_EQ(person.run({"enrol-token", "create", "--environment", "p", "--host", "h"}), kFailed);
    EXPECT_EQ(person.out.text, "");
}

TEST(Releases, AnAbortWithAStepInFlightIsNotSaidToBeDone) {
    Person person;
    person.has_credentials();
    std::string status = "running";
    person.api.on<v1::ReleaseCommandRequest, v1::ReleaseCommandResponse>(
        "ReleaseService/Abort", [&](const auto&) {
            v1::ReleaseCommandResponse answer;
            answer.mutable_release()->set_status(status);
            return answer;
        });
    EXPECT_EQ(person.run({"release", "abort", "shop-1.1.0-7"}), kOk);
    EXPECT_EQ(
        person.out.text,
        "shop-1.1.0-7: to be aborted as soon as what is in flight has ended, and nothing new starts; it is "
        "running now\n");
    status = "aborted";
    EXPECT_EQ(person.run({"release", "abort", "shop-1.1.0-7"}), kOk);
    EXPECT_EQ(person.out.text, "shop-1.1.0-7: aborted; it is aborted now\n");
}

TEST(Estate, ACheckWithErrorsFailsWithTheirPlaces) {
    Person person;
    person.has_credentials();
    v1::CheckEstateResponse answer;
    auto* problem = answer.add_problems();
    problem->set_file("services/shop.yaml"), problem->set_line(7), problem->set_column(3),
        problem->set_message("unknown key 'ownr'");
    problem->set_remedy("did you mean owner?");
    problem->set_warning(true);
    person.api.on<v1::CheckEstateRequest, v1::CheckEstateResponse>("EstateService/Check",
                                                                   [&](const auto&) { return answer; });
    EXPECT_EQ(person.run({"estate", "check"}), kOk) << "a warning is no failure";
    answer.mutable_problems(0)->set_warning(false);
    EXPECT_EQ(person.run({"estate", "check"}), kFailed);
    EXPECT_THAT(
        person.out.text,
        HasSubstr("services/shop.yaml:7:3: error: unknown key 'ownr'\n  next: did you mean owner?\n"));
    answer.mutable_problems(0)->set_line(0), answer.mutable_problems(0)->set_column(0);
    EXPECT_EQ(person.run({"estate", "check"}), kFailed);
    EXPECT_THAT(person.out.text, HasSubstr("services/shop.yaml: error: unknown")) << "the whole file";
}

TEST(AccessKey, CredentialsForSomebodyElseAreWrittenWholeAndNeverOver) {
    Person person;
    person.has_credentials();
    person.api.on<v1::CreateApiKeyRequest, v1::CreateApiKeyResponse>("AccessService/CreateApiKey",
                                                                     [](const auto&) {
                                                                         v1::CreateApiKeyResponse answer;
                                                                         answer.set_api_key("sbk_new");
                                                                         return answer;
                                                                     });
    const std::string path = person.file("bob.json");
    EXPECT_EQ(
        person.run({"access", "key", "create", "bob", "--role", "approver", "--write-credentials", path}),
        kOk);
    const auto written = load_credentials(path);
    ASSERT_TRUE(written) << written.error().to_string();
    EXPECT_EQ(written->api_key, "sbk_new");
    EXPECT_EQ(written->ca_pem, kSomePem);
    EXPECT_THAT(person.out.text + person.err.text, Not(HasSubstr("sbk_new")));
    person.api.calls.clear();
    EXPECT_EQ(
        person.run({"access", "key", "create", "bob", "--role", "approver", "--write-credentials", path}),
        kFailed);
    EXPECT_TRUE(person.api.calls.empty()) << "no key is made that would be lost";
    EXPECT_EQ(person.run({"access", "key", "create", "bob", "--role", "emperor"}), kUsage);
}

TEST(Completion, OffersCommandsOptionsAndValues) {
    Person person;
    EXPECT_EQ(person.run({"__complete", "--", "release", "s"}), kOk);
    EXPECT_EQ(person.out.text, "show\nstart\n");
    EXPECT_EQ(person.run({"__complete", "--", "release", "watch", "--pl"}), kOk);
    EXPECT_EQ(person.out.text, "--plain\n");
    EXPECT_EQ(person.run({"__complete", "--", "--color", "a"}), kOk);
    EXPECT_EQ(person.out.text, "auto\nalways\n");
    EXPECT_EQ(person.run({"__complete", "--", "--json", "age"}), kOk);
    EXPECT_EQ(person.out.text, "agents\n") << "a flag takes no value";
    EXPECT_EQ(person.run({"__complete", "--", "--json", "access", "key", ""}), kOk);
    EXPECT_THAT(person.out.text, HasSubstr("create\n"));
    EXPECT_EQ(person.run({"__complete", "--", "--color", "never", "age"}), kOk);
    EXPECT_EQ(person.out.text, "agents\n");
    EXPECT_EQ(person.run({"__complete", "--", "__"}), kOk);
    EXPECT_EQ(person.out.text, "");
    for (const char* shell : {"bash", "zsh", "fish"}) {
        EXPECT_EQ(person.run({"completion", shell}), kOk);
        EXPECT_THAT(person.out.text, HasSubstr("signalbox __complete -- "));
    }
    EXPECT_EQ(person.run({"completion", "tcsh"}), kUsage);
}

}  // namespace
}  // namespace signalbox::cli
