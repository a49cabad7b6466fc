// SPDX-License-Identifier: Apache-2.0
// The shapes of single values: names, versions, commits, URLs. Each function answers with what is wrong and
// the remedy, or with nothing when the value is good. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "common/base/result.hpp"
#include "controller/estate/model.hpp"

namespace signalbox::estate {

// [a-z0-9] then up to 39 of [a-z0-9-]: names of environments, services, groups, traffic, commands, roles.
[[nodiscard]] std::optional<Error> check_name(std::string_view name);
// Semantic Versioning 2.0.0, without build metadata (it orders nothing, and '+' is no good in a file name).
[[nodiscard]] std::optional<Error> check_semver(std::string_view version);
// 7 to 64 lower-case hex digits.
[[nodiscard]] std::optional<Error> check_commit(std::string_view commit);
// http:// or https://, host, optional port; no user info, no blank; ${…} templates stand for any text.
[[nodiscard]] std::optional<Error> check_health_url(std::string_view url);
// An absolute path without "..": of a socket.
[[nodiscard]] std::optional<Error> check_socket_path(std::string_view path);
// An absolute path without "..": of a file, at most 255 bytes.
[[nodiscard]] std::optional<Error> check_file_path(std::string_view path);
// "10.0.0.1:8080", "web.example:8080" or "[::1]:8080".
[[nodiscard]] std::optional<Error> check_address(std::string_view address);
// Letters, digits and ._:- : a backend or server of a load balancer.
[[nodiscard]] std::optional<Error> check_proxy_name(std::string_view name);

// blob:sha256:<64 hex> | https://… with a digest beside it | git:<repository>#<40 hex>:<path>.
// `sha256` is the text of the digest beside it; empty: none.
[[nodiscard]] Result<ArtifactSource> parse_artifact_source(const std::string& url, const std::string& sha256);

}  // namespace signalbox::estate
