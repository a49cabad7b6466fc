// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "controller/estate/git_handle.hpp"

namespace signalbox::estate {

Error git_error_to_error(int code, const std::string& what) {
    const git_error* last = git_error_last();
    const std::string detail = last == nullptr || last->message == nullptr ? "no detail" : last->message;
    const int kind = last == nullptr ? GIT_ERROR_NONE : last->klass;
    const std::string message = fmt::format("{}: {}", what, detail);
    if (code == GIT_ENOTFOUND || code == GIT_EINVALIDSPEC) {
        return {Code::not_found, message, "Check the repository, the branch and the path"};
    }
    if (code == GIT_EAUTH) {
        return {Code::permission_denied, message,
                "Give the controller's user a key that may read it: in its ssh-agent, or as estate/ssh_key "
                "in the "
                "data directory"};
    }
    if (code == GIT_ECERTIFICATE || kind == GIT_ERROR_SSL) {
        return {Code::refused, message,
                "The server's certificate is not trusted: give its CA with signalbox estate set URL "
                "--ca-file FILE, or "
                "install the CA on the controller's machine; a server with another name or an expired "
                "certificate "
                "needs a new one"};
    }
    if (kind == GIT_ERROR_NOMEMORY) return {Code::resource_exhausted, message, "Free memory"};
    if (kind == GIT_ERROR_NET || kind == GIT_ERROR_HTTP || kind == GIT_ERROR_SSH) {
        return {Code::unavailable, message, "Check that this machine reaches the server, and the URL"};
    }
    if (kind == GIT_ERROR_OS) {
        return {Code::unavailable, message,
                "Check that the path is there, that the controller's user may read it, and that the disk has "
                "room"};
    }
    return {Code::unavailable, message, "Check the URL; 'git ls-remote URL' should answer"};
}

}  // namespace signalbox::estate
