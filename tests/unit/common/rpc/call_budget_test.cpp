// SPDX-License-Identifier: Apache-2.0
#include "common/rpc/call_budget.hpp"

#include <gtest/gtest.h>

#include <exception>
#include <vector>

#include "tests/fakes/manual_clock.hpp"

namespace signalbox::rpc {
namespace {

// What gRPC hands out for a connection: properties that stay.
class FakeConnection final : public grpc::AuthContext {
  public:
    [[nodiscard]] bool IsPeerAuthenticated() const override { return false; }
    [[nodiscard]] std::vector<grpc::string_ref> GetPeerIdentity() const override { return {}; }
    [[nodiscard]] std::string GetPeerIdentityPropertyName() const override { return {}; }
    [[nodiscard]] std::vector<grpc::string_ref> FindPropertyValues(const std::string& name) const override {
        std::vector<grpc::string_ref> found;
        for (const auto& [key, value] : properties_) {
            if (key == name) found.emplace_back(value);
        }
        return found;
    }
    [[nodiscard]] grpc::AuthPropertyIterator begin() const override { std::terminate(); }
    [[nodiscard]] grpc::AuthPropertyIterator end() const override { std::terminate(); }
    void AddProperty(const std::string& key, const grpc::string_ref& value) override {
        properties_.emplace_back(key, std::string(value.data(), value.size()));
    }
    bool SetPeerIdentityPropertyName(const std::string&) override { return false; }

  private:
    std::vector<std::pair<std::string, std::string>> properties_;
};

int let_in(CallBudget& budget, FakeConnection& connection, int calls) {
    int passed = 0;
    for (int i = 0; i < calls; ++i) {
        const auto status = budget.Process({}, &connection, nullptr, nullptr);
        if (status.ok())
            ++passed;
        else
            EXPECT_EQ(status.error_code(), grpc::StatusCode::RESOURCE_EXHAUSTED);
    }
    return passed;
}

TEST(CallBudget, EachConnectionHasABurstAndThenARate) {
    fakes::ManualClock clock;
    int told = 0;
    CallBudget budget(clock, {20, 5}, [&] { ++told; });
    FakeConnection loud, quiet;
    EXPECT_EQ(let_in(budget, loud, 1000), 20);
    EXPECT_EQ(budget.refused(), 980U);
    EXPECT_EQ(told, 980);
    EXPECT_EQ(let_in(budget, quiet, 20), 20) << "another connection pays nothing for it";
    clock.advance(std::chrono::seconds(2));
    EXPECT_EQ(let_in(budget, loud, 1000), 10);
    clock.advance(std::chrono::hours(1));
    EXPECT_EQ(let_in(budget, loud, 1000), 20) << "what is saved up ends at the burst";
}

TEST(CallBudget, ForgettingConnectionsThatEndedGivesNobodyMore) {
    fakes::ManualClock clock;
    int told = 0;
    CallBudget budget(clock, {20, 5}, [&] { ++told; });
    FakeConnection loud;
    EXPECT_EQ(let_in(budget, loud, 25), 20);
    for (int i = 0; i < 3000; ++i) {
        FakeConnection passing;
        EXPECT_EQ(let_in(budget, passing, 1), 1);
    }
    EXPECT_EQ(let_in(budget, loud, 25), 0);
}

}  // namespace
}  // namespace signalbox::rpc
