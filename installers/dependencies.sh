#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The only list of Debian packages that Signalbox needs, and the installer of those that are missing.
#   dependencies.sh            install what is missing (asks sudo when not root)
#   dependencies.sh --list     print the list
#   dependencies.sh --missing  print what is not installed; exit 1 when there is something
set -euo pipefail

packages=(
  # compilers and build tools
  g++ clang cmake ninja-build ccache mold pkg-config git ca-certificates
  # libraries (docs/adr/0002 says why each)
  libgrpc++-dev protobuf-compiler-grpc libprotobuf-dev protobuf-compiler
  libboost-dev libcurl4-openssl-dev libssl-dev libsodium-dev libsqlite3-dev libgit2-dev libarchive-dev
  libyaml-cpp-dev nlohmann-json3-dev libspdlog-dev libfmt-dev libcli11-dev libabsl-dev tzdata
  # tests, lint and house rules
  libgtest-dev libgmock-dev libbenchmark-dev clang-format clang-tidy shellcheck patch python3 systemd sqlite3 valgrind faketime
  # what the quickstart and the integration tests run: real programs, no mocks
  haproxy nginx-light runit curl openssl openssh-client openssh-server zstd procps util-linux
  # other people's verifiers (docs/verify-without-us.md); @sigstore/verify comes by npm
  nodejs golang-go golang-golang-x-mod-dev
)
# Debian has npm as a package of its own; other builds of Node bring it along.
command -v npm >/dev/null || packages+=(npm)

missing() {
  local name
  for name in "${packages[@]}"; do
    dpkg-query -W -f '${db:Status-Status}' "$name" 2>/dev/null | grep -qx installed || echo "$name"
  done
}

case "${1-}" in
  --list) printf '%s\n' "${packages[@]}" ;;
  --missing)
    names=$(missing)
    [ -z "$names" ] || { echo "$names"; exit 1; }
    ;;
  "")
    mapfile -t names < <(missing)
    [ "${#names[@]}" -gt 0 ] || exit 0
    as_root=()
    if [ "$(id -u)" -ne 0 ]; then
      command -v sudo >/dev/null || {
        echo "These packages are missing and installing them takes root: ${names[*]}" >&2
        echo "next: run 'apt-get install --no-install-recommends ${names[*]}' as root, then this again." >&2
        exit 3
      }
      as_root=(sudo)
    fi
    echo "Installing ${#names[@]} Debian packages: ${names[*]}"
    "${as_root[@]}" apt-get update -qq
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${names[@]}" >/dev/null
    ;;
  *)
    echo "usage: dependencies.sh [--list | --missing]" >&2
    exit 2
    ;;
esac
