// SPDX-License-Identifier: Apache-2.0
#include "controller/app/secrets_key.hpp"

#include <gtest/gtest.h>

#include "common/os/file.hpp"
#include "common/os/temp_directory.hpp"
#include "controller/ledger/sealer.hpp"

namespace signalbox::app {
namespace {

class ListedSecrets final : public secret::SecretStore {
  public:
    Status add(const secret::StoredSecret&, const ledger::PendingEntry&) override { return not_here(); }
    Result<std::optional<secret::StoredSecret>> find(const std::string&, const std::string&,
                                                     std::int64_t) const override {
        return not_here();
    }
    Result<std::vector<secret::StoredSecret>> list() const override { return secrets; }
    Status remove(const secret::StoredSecret&, Instant, const ledger::PendingEntry&) override {
        return not_here();
    }
    std::vector<secret::StoredSecret> secrets;

  private:
    static Error not_here() { return {Code::internal, "not asked for here"}; }
};

TEST(SecretsKey, ThatIsLostWhileSecretsAreKeptIsNotReplaced) {
    const os::TempDirectory keys = *os::TempDirectory::make();
    ListedSecrets store;
    EXPECT_TRUE(check_secrets_key(keys.path(), store).ok()) << "the first start makes it";
    store.secrets.resize(2);
    store.secrets[0].removed = store.secrets[1].removed = Instant{};
    EXPECT_TRUE(check_secrets_key(keys.path(), store).ok()) << "what was removed needs no key";
    store.secrets[1].removed.reset();
    const Status lost = check_secrets_key(keys.path(), store);
    ASSERT_FALSE(lost.ok());
    EXPECT_EQ(lost.error().code(), Code::data_loss);
    EXPECT_NE(lost.error().message().find("secrets.key is missing, and 1 version of secrets is sealed"),
              std::string::npos);
    ASSERT_TRUE(os::write_file_atomically(keys.file("secrets.key"), "x").ok());
    EXPECT_TRUE(check_secrets_key(keys.path(), store).ok()) << "what it holds is looked at when it is loaded";
}

}  // namespace
}  // namespace signalbox::app
