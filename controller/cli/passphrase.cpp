// SPDX-License-Identifier: Apache-2.0
#include "controller/cli/passphrase.hpp"

#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>

#include "common/crypto/encoding.hpp"
#include "common/crypto/key_file.hpp"
#include "controller/cli/file.hpp"

namespace signalbox::cli {
namespace {

Status long_enough(const crypto::SecretBytes& passphrase) {
    if (passphrase.size() >= kShortestPassphrase) return {};
    return Error(Code::invalid_argument,
                 fmt::format("the passphrase is too short: at least {} characters", kShortestPassphrase),
                 "choose a longer one: a few words are easy to remember");
}

}  // namespace

Result<crypto::SecretBytes> passphrase_from_file(const std::string& path) {
    struct stat info {};
    const bool pipe = ::stat(path.c_str(), &info) == 0 && S_ISFIFO(info.st_mode);
    crypto::SecretBytes content;
    if (pipe) {
        SB_TRY(const std::string text, read_file(path, 4096));
        content = crypto::SecretBytes::from_text(text);
    } else {
        SB_TRY(content, crypto::read_secret_file(path));
    }
    const ByteView all = content.expose();
    auto end = std::find(all.begin(), all.end(), static_cast<std::uint8_t>('\n'));
    if (end != all.begin() && end != all.end() && *(end - 1) == '\r') --end;
    const auto size = static_cast<std::size_t>(end - all.begin());
    if (size == 0) {
        return Error(Code::invalid_argument,
                     fmt::format("passphrase file {}: its first line is empty", path));
    }
    return crypto::SecretBytes(all.first(size));
}

Result<crypto::SecretBytes> passphrase_to_open(Prompt& prompt, const std::string& file,
                                               const std::string& what) {
    if (!file.empty()) return passphrase_from_file(file);
    return prompt.secret(fmt::format("Passphrase of {}: ", what));
}

Result<crypto::SecretBytes> new_passphrase(Prompt& prompt, const std::string& file, const std::string& what) {
    if (!file.empty()) {
        SB_TRY(crypto::SecretBytes read, passphrase_from_file(file));
        SB_CHECK(long_enough(read).with_context(file));
        return read;
    }
    SB_TRY(crypto::SecretBytes first, prompt.secret(fmt::format("New passphrase for {}: ", what)));
    SB_CHECK(long_enough(first));
    SB_TRY(const crypto::SecretBytes again, prompt.secret("The same again: "));
    if (!crypto::constant_time_equal(first.expose(), again.expose())) {
        return Error(Code::invalid_argument, "the two passphrases are not the same", "run the command again");
    }
    return first;
}

}  // namespace signalbox::cli
