#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Builds the programs of the version before this one from the history, and releases with both (upgrade_test.py).
#   tests/upgrade.sh          against the commit that tests/PREVIOUS_VERSION names
#   tests/upgrade.sh COMMIT   against another one
# Without the history (a shallow clone) there is nothing to compare with: it says so, and fails.
set -euo pipefail
cd "$(dirname "$0")/.."

previous=${1:-$(grep -v '^#' tests/PREVIOUS_VERSION)}
if ! git cat-file -e "$previous^{commit}" 2>/dev/null; then
  echo "The version before this one, $previous, is not in this clone." >&2
  echo "next: run 'git fetch --unshallow', then this again." >&2
  exit 1
fi
tree=$PWD/build/previous
if [ "$(cat "$tree/COMMIT" 2>/dev/null)" != "$previous" ]; then
  rm -rf "$tree"
  mkdir -p "$tree"
  git archive "$previous" | tar -x -C "$tree"
  echo "$previous" >"$tree/COMMIT"
fi
cmake -S "$tree" --preset dev >/dev/null
cmake --build "$tree/build/dev" -j2 --target signalbox signalboxd signalbox-agent signalbox-executor
cd tests/integration
SIGNALBOX_BIN=${SIGNALBOX_BIN:-$PWD/../../build/dev/bin} SIGNALBOX_PREVIOUS_BIN=$tree/build/dev/bin PYTHONDONTWRITEBYTECODE=1 \
  python3 -m unittest -v upgrade_test
