// SPDX-License-Identifier: Apache-2.0
#include "controller/estate/estate_service.hpp"

#include <gmock/gmock.h>

#include "common/os/temp_directory.hpp"
#include "tests/fakes/estate_source_store.hpp"
#include "tests/fakes/fixed_random.hpp"
#include "tests/fakes/manual_strand.hpp"
#include "tests/support/estate/git_fixture.hpp"
#include "tests/support/estate/sample_estate.hpp"

namespace signalbox::estate {
namespace {

using ::testing::HasSubstr;

class EstateServiceTest : public ::testing::Test {
  protected:
    os::TempDirectory temp_ = os::TempDirectory::make().value();
    fakes::ManualClock clock_;
    fakes::ManualStrand domain_{clock_}, side_{clock_};
    support::GitFixture origin_{temp_.file("origin.git")};
    GitCache git_{{temp_.file("cache"), {}}, clock_};
    fakes::MemorySourceStore store_;
    crypto::SigningKey key_ = crypto::SigningKey::generate();
    ledger::Sealer sealer_{ClusterId("demo"), key_};
    EstateService service_{{domain_, side_, git_, store_, sealer_, clock_}};

    std::string commit(const support::SampleEstate& sample, const std::string& ref = "refs/heads/main") {
        std::map<std::string, support::GitFile> files{{"README.md", {"not read"}}};
        for (const auto& [path, text] : sample.texts) files[path] = {text};
        return origin_.commit(files, ref);
    }
    void settle() {
        while (side_.run_ready() + domain_.run_ready() > 0) {
        }
    }
    Result<v1::SetEstateSourceResponse> set_source(const std::string& url) {
        std::optional<Result<v1::SetEstateSourceResponse>> out;
        v1::SetEstateSourceRequest request;
        request.set_url(url);
        service_.set_source({}, request, [&](auto response) { out = std::move(response); });
        settle();
        return *out;
    }
    Result<v1::CheckEstateResponse> check(const std::string& ref = "") {
        std::optional<Result<v1::CheckEstateResponse>> out;
        v1::CheckEstateRequest request;
        request.set_ref(ref);
        service_.check({}, request, [&](auto response) { out = std::move(response); });
        settle();
        return *out;
    }
};

TEST_F(EstateServiceTest, checks_the_configured_repository_and_other_refs_of_it) {
    const auto good = commit({});
    support::SampleEstate slip;
    slip.edit("services/shop.yaml", "owner:", "ownr:");
    commit(slip, "refs/heads/draft");
    ASSERT_EQ(set_source(origin_.path()).value().commit(), good);
    const auto response = check().value();
    EXPECT_EQ(response.commit(), good);
    EXPECT_EQ(response.problems_size(), 0);
    EXPECT_EQ(response.environments(), 2U);
    EXPECT_EQ(response.services(), 1U);
    EXPECT_EQ(response.releases(), 1U);
    const auto draft = check("draft").value();
    ASSERT_EQ(draft.problems_size(), 2);
    EXPECT_EQ(draft.problems(1).file(), "services/shop.yaml");
    EXPECT_EQ(draft.problems(1).line(), 3U);
}

// protobuf takes no other bytes in a string: the whole answer was lost.
TEST_F(EstateServiceTest, a_repository_that_is_not_utf8_is_answered_in_utf8) {
    support::SampleEstate sample;
    sample.edit("services/shop.yaml", "owner: team-shop", "owner: \xe9quipe");
    sample.texts["services/caf\xe9.yaml"] = support::kService;
    sample.texts["services/caf\xe9.yml"] = "x";
    sample.texts["services/ok.yaml"] = "kind: Servic\xe9";
    commit(sample);
    ASSERT_TRUE(set_source(origin_.path()));
    const auto found = check();
    ASSERT_TRUE(found) << found.error().to_string();
    std::string bytes;
    EXPECT_TRUE(found->SerializeToString(&bytes));
    v1::CheckEstateResponse again;
    EXPECT_TRUE(again.ParseFromString(bytes));
    std::string all;
    for (const auto& problem : again.problems()) all += problem.file() + ": " + problem.message() + "\n";
    EXPECT_THAT(all,
                HasSubstr("services/shop.yaml: the byte 0xe9 stands here, which is no character of UTF-8"));
    EXPECT_THAT(all, HasSubstr("services/caf\\xe9.yaml: the name of the file is not UTF-8"));
}

TEST_F(EstateServiceTest, a_source_that_cannot_be_read_is_not_kept) {
    const auto refused = set_source(temp_.file("nowhere.git"));
    ASSERT_FALSE(refused);
    EXPECT_FALSE(refused.error().remedy().empty());
    EXPECT_FALSE(store_.load().value().has_value());
    const auto unset = check();
    ASSERT_FALSE(unset);
    EXPECT_EQ(unset.error().code(), Code::failed_precondition);
    EXPECT_THAT(unset.error().remedy(), HasSubstr("signalbox estate set"));
}

}  // namespace
}  // namespace signalbox::estate
