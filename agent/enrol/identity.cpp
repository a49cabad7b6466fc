// SPDX-License-Identifier: Apache-2.0
#include "agent/enrol/identity.hpp"

#include <fmt/format.h>

#include <charconv>
#include <filesystem>
#include <system_error>
#include <vector>

#include "common/json/json.hpp"
#include "common/os/file.hpp"
#include "common/os/private_directory.hpp"

namespace signalbox::enrol {
namespace {

namespace fs = std::filesystem;
constexpr std::size_t kMaxFileBytes = 64 * 1024;

// The numbered directories under pki/, lowest first.
std::vector<int> generations(const std::string& pki) {
    std::vector<int> found;
    std::error_code problem;
    for (const auto& entry : fs::directory_iterator(pki, problem)) {
        const std::string name = entry.path().filename().string();
        int number = 0;
        const auto [stop, bad] = std::from_chars(name.data(), name.data() + name.size(), number);
        if (bad == std::errc() && stop == name.data() + name.size()) found.push_back(number);
    }
    std::sort(found.begin(), found.end());
    return found;
}

Result<Identity> parse(std::string_view text) {
    SB_TRY(const json::Json document, json::parse(text));
    SB_TRY(auto reader, json::ObjectReader::open(document));
    SB_TRY(std::string agent, reader.string("agent_id"));
    SB_TRY(std::string cluster, reader.string("cluster"));
    Identity identity{AgentId(std::move(agent)), ClusterId(std::move(cluster)), {}, {}, {}};
    SB_TRY(identity.environment, reader.string("environment"));
    SB_TRY(identity.host, reader.string("host"));
    SB_TRY(identity.address, reader.string("address"));
    SB_CHECK(reader.finish());
    return identity;
}

}  // namespace

bool IdentityStore::enrolled() const {
    std::error_code problem;
    return fs::exists(directory_ + "/identity", problem);
}

Result<Identity> IdentityStore::load() const {
    const std::string path = directory_ + "/identity";
    auto text = os::read_file(path, kMaxFileBytes);
    if (!text && text.error().code() == Code::not_found) {
        return Error(Code::failed_precondition, "this host is not enrolled",
                     "Run `signalbox-agent enrol` with a join line from `signalbox enrol-token create`");
    }
    if (!text) return std::move(text).error();
    return parse(*text).with_context(path);
}

Status IdentityStore::save(const Identity& identity) const {
    const json::Json document = {{"agent_id", identity.agent_id.str()},
                                 {"cluster", identity.cluster.str()},
                                 {"environment", identity.environment},
                                 {"host", identity.host},
                                 {"address", identity.address}};
    return os::write_file_atomically(directory_ + "/identity", json::canonical(document) + "\n");
}

Status IdentityStore::install(const Certificate& certificate) const {
    const std::string pki = directory_ + "/pki";
    SB_CHECK(os::make_private_directory(pki));
    const std::vector<int> before = generations(pki);
    const std::string next = std::to_string(before.empty() ? 1 : before.back() + 1);
    const std::string made = fmt::format("{}/{}", pki, next);
    SB_CHECK(os::make_private_directory(made));
    SB_CHECK(os::write_file_atomically(made + "/agent.key", certificate.key_pem));
    SB_CHECK(os::write_file_atomically(made + "/agent.crt", certificate.certificate_pem));
    SB_CHECK(os::write_file_atomically(made + "/ca.crt", certificate.ca_pem));
    SB_CHECK(os::sync_directory(pki));
    SB_CHECK(os::replace_link(next, live()));
    // The one before stays for a reader that has opened half of it.
    for (std::size_t i = 0; i + 1 < before.size(); ++i) {
        std::error_code ignored;
        fs::remove_all(fmt::format("{}/{}", pki, before[i]), ignored);
    }
    return {};
}

Result<std::string> IdentityStore::certificate_pem() const {
    return os::read_file(live() + "/agent.crt", kMaxFileBytes);
}

rpc::TlsFiles IdentityStore::tls_files() const {
    return {live() + "/agent.key", live() + "/agent.crt", live() + "/ca.crt"};
}

}  // namespace signalbox::enrol
