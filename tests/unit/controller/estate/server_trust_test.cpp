// SPDX-License-Identifier: Apache-2.0
#include "controller/estate/server_trust.hpp"

#include <gmock/gmock.h>

#include "common/crypto/encoding.hpp"
#include "controller/estate/git_credentials.hpp"

namespace signalbox::estate {
namespace {

using ::testing::HasSubstr;

TEST(GitServer, is_the_same_for_every_way_to_write_it) {
    EXPECT_EQ(git_server("https://Git.Example.com/a/b.git"), "https://git.example.com:443");
    EXPECT_EQ(git_server("https://git.example.com:8443/a"), "https://git.example.com:8443");
    EXPECT_EQ(git_server("ssh://git@git.example.com/a"), "ssh://git.example.com:22");
    EXPECT_EQ(git_server("git@git.example.com:team/a:b.git"), "ssh://git.example.com:22");
    EXPECT_EQ(git_server("/srv/a@b:c/estate.git"), "");
}

TEST(KnownHosts, a_key_is_known_for_its_own_server_only) {
    const Bytes key = to_bytes("the key"), other = to_bytes("another");
    const std::string text = "# comment\n\nGit.Example.com,10.0.0.1 ssh-ed25519 " + crypto::to_base64(key) +
                             " a comment\n[git.example.com]:2222 ssh-rsa " + crypto::to_base64(other) + "\n";
    EXPECT_TRUE(check_server_trust("ssh://git.example.com/e", {"", text}).ok());
    EXPECT_TRUE(knows_host_key(text, "ssh://git.example.com:22", key));
    EXPECT_TRUE(knows_host_key(text, "ssh://10.0.0.1:22", key));
    EXPECT_TRUE(knows_host_key(text, "ssh://git.example.com:2222", other));
    EXPECT_FALSE(knows_host_key(text, "ssh://git.example.com:2222", key)) << "another port, another server";
    EXPECT_FALSE(knows_host_key(text, "ssh://git.example.com:22", other));
    EXPECT_FALSE(knows_host_key(text, "ssh://example.com:22", key));
    EXPECT_FALSE(knows_host_key(text, "ssh://git.example.com:22", {}));
    EXPECT_FALSE(knows_host_key("", "ssh://git.example.com:22", key));
}

// A line that is passed over would be a revocation that has no effect, or a server that is never known.
TEST(KnownHosts, what_is_not_read_is_refused) {
    const std::string key = " ssh-ed25519 " + crypto::to_base64(to_bytes("the key")) + "\n";
    for (const std::string& line :
         {"@revoked host" + key, "@cert-authority *.example.com" + key, "|1|c2FsdA==|aGFzaA==" + key,
          "*.example.com" + key, std::string("host ssh-ed25519\n"),
          std::string("host ssh-ed25519 not/base64!\n")}) {
        const auto refused = check_server_trust("git@host:e", {"", "host" + key + line});
        ASSERT_FALSE(refused) << line;
        EXPECT_THAT(refused.error().message(), HasSubstr("line 2")) << line;
    }
}

TEST(GitCredentials, are_found_for_the_server_of_their_line) {
    constexpr auto kText =
        "# "
        "tokens\r\nhttps://deploy:a%40b%3A@git.example.com\n\nhttps://other:x@git.example.com:8443/\nhttps://"
        "late:y@git.example.com";
    const auto first = find_credential(kText, "https://git.example.com:443").value();
    ASSERT_TRUE(first);
    EXPECT_EQ(first->user, "deploy");
    EXPECT_EQ(first->password, "a@b:");
    EXPECT_EQ(find_credential(kText, "https://git.example.com:8443").value()->user, "other");
    EXPECT_FALSE(find_credential(kText, "https://git.example.com.evil.example:443").value());
    EXPECT_FALSE(find_credential("", "https://git.example.com:443").value());
}

TEST(GitCredentials, a_line_that_is_wrong_is_named_and_not_repeated) {
    for (const auto* line : {"secret", "http://a:secret@h", "https://a@h", "https://a:@h",
                             "https://:secret@h", "https://a:secret%4", "https://a:secret%0a@h",
                             "https://a:secret@", "https://a:secret@h h", "ssh://a:secret@h"}) {
        const auto refused = find_credential(std::string("https://a:b@c\n") + line, "https://c:443");
        ASSERT_FALSE(refused) << line;
        EXPECT_THAT(refused.error().message(), HasSubstr("line 2")) << line;
        EXPECT_EQ(refused.error().to_string().find("secret"), std::string::npos) << line;
    }
}

}  // namespace
}  // namespace signalbox::estate
