#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Sets up, builds and runs every test; ends with ctest's closing lines.
#   tests/run.sh            packages, builds with g++ and with clang (warnings are errors), house rules, all tests
#   tests/run.sh --thorough the same, and clang-tidy over every unit
#   tests/run.sh --quick    a developer's answer: g++ build, house rules, unit and contract tests
#   tests/run.sh -R REGEX   everything built with g++, then only the tests whose names match
# Any further argument goes to ctest.
set -euo pipefail
cd "$(dirname "$0")/.."

quick=false
thorough=false
ctest_args=()
while [ $# -gt 0 ]; do
  case "$1" in
    --quick) quick=true ;;
    --thorough) thorough=true ;;
    -h | --help) sed -n '3,9s/^# \{0,1\}//p' "$0"; exit 0 ;;
    *) ctest_args+=("$1") ;;
  esac
  shift
done

say() { printf '\n== %s (%dm%02ds)\n' "$1" $((SECONDS / 60)) $((SECONDS % 60)); }

say "packages"
installers/dependencies.sh
tests/integration/strangers/install.sh build/dev/strangers

say "configure and build with g++"
export CCACHE_MAXSIZE=${CCACHE_MAXSIZE:-5G}
cmake --preset dev >build-configure.log 2>&1 || { cat build-configure.log; rm -f build-configure.log; exit 1; }
rm -f build-configure.log
cmake --build --preset dev

if $quick; then
  say "quick tests"
  exec ctest --preset dev --label-exclude 'integration|scenario|lint|slow' "${ctest_args[@]}"
fi

say "build with clang"
cmake --preset clang >/dev/null
cmake --build --preset clang

if $thorough; then
  say "clang-tidy"
  python3 tests/repo/lint.py build/dev
fi

say "all tests"
exec ctest --preset dev "${ctest_args[@]}"
