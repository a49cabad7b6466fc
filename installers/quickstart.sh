#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# From nothing to a hybrid release whose signed log a stranger can verify, on one machine.
#   quickstart.sh [--dir DIR] [--exit] [--bin DIR]
#     --dir DIR   where everything is left (default: ./quickstart)
#     --exit      stop when the story is told, instead of waiting for Ctrl-C
#     --bin DIR   use these programs and build nothing
# Runs as an ordinary user; root (or sudo) only to install the Debian packages that are missing.
set -euo pipefail
cd "$(dirname "$0")/.."

bin=
arguments=()
while [ $# -gt 0 ]; do
  case "$1" in
    --dir) arguments+=(--dir "$(realpath -m -- "${2:?--dir needs a folder}")"); shift ;;
    --exit) arguments+=(--exit) ;;
    --bin) bin=$(realpath -m -- "${2:?--bin needs a folder}"); shift ;;
    -h | --help) sed -n '3,8s/^# \{0,1\}//p' "$0"; exit 0 ;;
    *) echo "quickstart.sh: unknown argument '$1'; see --help" >&2; exit 2 ;;
  esac
  shift
done

# The steps of the build on one line of a terminal; nothing into a file.
progress() {
  if [ ! -t 1 ]; then
    cat >/dev/null
    return
  fi
  local line
  while IFS= read -r line; do
    [[ $line =~ ^\[([0-9]+)/([0-9]+)\] ]] || continue
    printf '\r  step %d of %d, %dm%02ds ' "${BASH_REMATCH[1]}" "${BASH_REMATCH[2]}" $((SECONDS / 60)) $((SECONDS % 60))
  done
}

if [ -z "$bin" ]; then
  installers/dependencies.sh
  echo "Building Signalbox (minutes the first time, seconds after that)"
  mkdir -p build
  log=build/quickstart-build.log
  if ! { cmake --preset release && cmake --build --preset release --target signalbox signalboxd signalbox-agent signalbox-executor; } \
      > >(tee "$log" | progress) 2>&1; then
    tail -n 30 "$log" >&2
    echo "error: the build failed; all that it said is in $log" >&2
    echo "next: look for its first 'error:'; a change in the source, or a compiler other than Debian 12's, may be the cause" >&2
    exit 1
  fi
  [ ! -t 1 ] || printf '\r  built in %dm%02ds          \n' $((SECONDS / 60)) $((SECONDS % 60))
  bin=build/release/bin
fi

exec python3 installers/quickstart/run.py --bin "$bin" "${arguments[@]}"
