// SPDX-License-Identifier: Apache-2.0
#include "controller/cli/ssh_agent.hpp"

#include <fmt/format.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "common/crypto/digest.hpp"
#include "common/crypto/encoding.hpp"
#include "controller/cli/ssh_wire.hpp"

namespace signalbox::cli {
namespace {

// draft-miller-ssh-agent section 6.1
constexpr std::uint8_t kFailure = 5;
constexpr std::uint8_t kRequestIdentities = 11;
constexpr std::uint8_t kIdentitiesAnswer = 12;
constexpr std::uint8_t kSignRequest = 13;
constexpr std::uint8_t kSignResponse = 14;
constexpr std::string_view kEd25519 = "ssh-ed25519";
constexpr std::uint32_t kLongestAnswer = 256 * 1024;  // OpenSSH's own cap
constexpr std::uint32_t kMostIdentities = 1000;

Error unreachable(const std::string& path, int why) {
    return {Code::failed_precondition, fmt::format("ssh-agent at {}: {}", path, std::strerror(why)),
            "start one with: eval \"$(ssh-agent)\", then ssh-add"};
}

class Connection {
  public:
    static Result<Connection> open(const std::string& path) {
        if (path.empty()) {
            return Error(Code::failed_precondition, "no ssh-agent: SSH_AUTH_SOCK is not set",
                         "start one with: eval \"$(ssh-agent)\", then ssh-add; or use a key file");
        }
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        if (path.size() >= sizeof address.sun_path) return unreachable(path, ENAMETOOLONG);
        std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
        Connection connection(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
        if (connection.fd_ < 0 ||
            ::connect(connection.fd_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
            return unreachable(path, errno);
        }
        connection.path_ = path;
        return connection;
    }
    Connection(Connection&& other) noexcept
        : fd_(std::exchange(other.fd_, -1)), path_(std::move(other.path_)) {}
    Connection& operator=(Connection&&) = delete;
    Connection(const Connection&) = delete;
    Connection& operator=(const Connection&) = delete;
    ~Connection() {
        if (fd_ >= 0) ::close(fd_);
    }

    // One framed request, one framed answer. No deadline: the agent may be waiting for its person.
    Result<Bytes> exchange(const SshWriter& request) const {
        SshWriter framed;
        framed.string(request.bytes());
        ByteView out = framed.bytes();
        while (!out.empty()) {
            const ssize_t n = ::send(fd_, out.data(), out.size(), MSG_NOSIGNAL);
            if (n < 0 && errno == EINTR) continue;
            if (n < 0) return unreachable(path_, errno);
            out = out.subspan(static_cast<std::size_t>(n));
        }
        SB_TRY(const Bytes head, receive(4));
        SB_TRY(const std::uint32_t size, SshReader(head).uint32());
        if (size == 0 || size > kLongestAnswer) {
            return Error(Code::data_loss, fmt::format("ssh-agent at {}: an answer of {} bytes", path_, size));
        }
        return receive(size);
    }

  private:
    explicit Connection(int fd) : fd_(fd) {}
    Result<Bytes> receive(std::size_t size) const {
        Bytes bytes(size);
        std::size_t have = 0;
        while (have < size) {
            const ssize_t n = ::recv(fd_, bytes.data() + have, size - have, 0);
            if (n < 0 && errno == EINTR) continue;
            if (n < 0) return unreachable(path_, errno);
            if (n == 0) return unreachable(path_, ECONNRESET);
            have += static_cast<std::size_t>(n);
        }
        return bytes;
    }
    int fd_;
    std::string path_;
};

Bytes key_blob(const crypto::PublicKey& key) {
    SshWriter blob;
    blob.string(as_bytes(kEd25519));
    blob.string(key.bytes());
    return blob.bytes();
}

// nullopt-like: an error means "another kind of key", which the list leaves out.
Result<crypto::PublicKey> parse_blob(ByteView blob) {
    SshReader reader(blob);
    SB_TRY(const ByteView type, reader.string());
    if (to_text(type) != kEd25519) return Error(Code::invalid_argument, "not an ssh-ed25519 key");
    SB_TRY(const ByteView raw, reader.string());
    if (!reader.at_end()) return Error(Code::data_loss, "bytes after an ssh-ed25519 key");
    return crypto::PublicKey::from_bytes(raw);
}

}  // namespace

std::string ssh_fingerprint(const crypto::PublicKey& key) {
    std::string text = crypto::to_base64(crypto::sha256(ByteView(key_blob(key))).view());
    while (text.ends_with('=')) text.pop_back();
    return "SHA256:" + text;
}

std::string ssh_public_line(const crypto::PublicKey& key) {
    return fmt::format("{} {}", kEd25519, crypto::to_base64(key_blob(key)));
}

Result<std::vector<SshIdentity>> list_ssh_identities(const std::string& socket_path) {
    SB_TRY(const Connection connection, Connection::open(socket_path));
    SshWriter request;
    request.byte(kRequestIdentities);
    SB_TRY(const Bytes answer, connection.exchange(request));
    SshReader reader(answer);
    SB_TRY(const std::uint8_t type, reader.byte());
    if (type != kIdentitiesAnswer) {
        return Error(Code::permission_denied,
                     fmt::format("ssh-agent at {} will not list its keys", socket_path),
                     "unlock it with: ssh-add -X");
    }
    SB_TRY(const std::uint32_t count, reader.uint32());
    if (count > kMostIdentities) return Error(Code::data_loss, "the ssh-agent names too many keys");
    std::vector<SshIdentity> identities;
    for (std::uint32_t i = 0; i < count; ++i) {
        SB_TRY(const ByteView blob, reader.string());
        SB_TRY(const ByteView comment, reader.string());
        auto key = parse_blob(blob);
        if (!key) continue;
        identities.push_back({*key, to_text(comment), ssh_fingerprint(*key)});
    }
    return identities;
}

Result<crypto::Signature> SshAgentSigner::sign(ByteView message) const {
    SB_TRY(const Connection connection, Connection::open(socket_path_));
    SshWriter request;
    request.byte(kSignRequest);
    request.string(key_blob(identity_.key));
    request.string(message);
    request.uint32(0);
    SB_TRY(const Bytes answer, connection.exchange(request));
    SshReader reader(answer);
    SB_TRY(const std::uint8_t type, reader.byte());
    if (type == kFailure || type != kSignResponse) {
        return Error(Code::permission_denied,
                     fmt::format("the ssh-agent refused to sign with {}", identity_.fingerprint),
                     "confirm the question that it asks, touch the security key, or unlock it (ssh-add -X)");
    }
    SB_TRY(const ByteView blob, reader.string());
    SshReader inner(blob);
    SB_TRY(const ByteView algorithm, inner.string());
    SB_TRY(const ByteView raw, inner.string());
    if (to_text(algorithm) != kEd25519 || !inner.at_end() || !reader.at_end()) {
        return Error(Code::data_loss, "the ssh-agent answered with another kind of signature");
    }
    SB_TRY(const crypto::Signature signature, crypto::signature_from_bytes(raw));
    if (!identity_.key.verify(message, signature)) {
        return Error(Code::data_loss, "the ssh-agent's signature does not verify: it was not sent",
                     "check which program answers at SSH_AUTH_SOCK");
    }
    return signature;
}

Result<SshIdentity> find_ssh_identity(const std::string& socket_path, std::string_view which) {
    SB_TRY(const std::vector<SshIdentity> identities, list_ssh_identities(socket_path));
    const SshIdentity* found = nullptr;
    std::string known;
    for (const SshIdentity& identity : identities) {
        known += fmt::format("{}{} ({})", known.empty() ? "" : ", ", identity.comment, identity.fingerprint);
        if (identity.comment != which && identity.fingerprint != which && identity.key.id().str() != which)
            continue;
        if (found != nullptr) {
            return Error(Code::invalid_argument,
                         fmt::format("more than one key in the ssh-agent is called '{}'", which),
                         "name it by its fingerprint (ssh-add -l)");
        }
        found = &identity;
    }
    if (found == nullptr) {
        return Error(Code::not_found, fmt::format("no ssh-ed25519 key called '{}' in the ssh-agent", which),
                     known.empty() ? "add one with: ssh-add" : "choose one of: " + known);
    }
    return *found;
}

}  // namespace signalbox::cli
