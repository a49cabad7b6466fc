#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Sets up, builds and runs every test; ends with ctest's closing lines.
#   tests/run.sh            packages, builds with g++ and with clang (warnings are errors), house rules, clang-tidy, all
#                           tests, ten seconds of each fuzz target, and the sanitizer slice whose turn it is
#   tests/run.sh --thorough the same, with every sanitizer slice
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

# part WORDS COMMAND…: runs it, and keeps how long it took for the end.
parts=()
part() {
  local words=$1 start=$SECONDS
  shift
  printf '\n== %s (%dm%02ds)\n' "$words" $((SECONDS / 60)) $((SECONDS % 60))
  "$@"
  parts+=("$(printf '%4d s  %s' $((SECONDS - start)) "$words")")
}
build() {
  cmake --preset "$1" >build-configure.log 2>&1 || { cat build-configure.log; rm -f build-configure.log; return 1; }
  rm -f build-configure.log
  cmake --build --preset "$1"
}

export CCACHE_MAXSIZE=${CCACHE_MAXSIZE:-5G}
part "packages" installers/dependencies.sh
part "packages of strangers' tools" tests/integration/strangers/install.sh build/dev/strangers
part "build with g++" build dev
if $quick; then
  exec ctest --preset dev --no-tests=error --label-exclude 'integration|scenario|slow' "${ctest_args[@]}"
fi
if [ "${#ctest_args[@]}" -gt 0 ]; then
  exec ctest --preset dev --no-tests=error "${ctest_args[@]}"
fi

part "build with clang" build clang
part "clang-tidy" python3 tests/repo/lint.py build/dev
part "fuzz targets" tests/fuzz/run.sh --each 10
if $thorough; then
  part "address sanitizer" tests/sanitize/run.py address
  part "thread sanitizer" tests/sanitize/run.py thread
else
  part "a slice of the sanitizers" tests/sanitize/run.py --turn
fi
printf '\n== time of each part\n'
printf '%s\n' "${parts[@]}"
printf '\n== all tests (%dm%02ds)\n' $((SECONDS / 60)) $((SECONDS % 60))
exec ctest --preset dev --no-tests=error
