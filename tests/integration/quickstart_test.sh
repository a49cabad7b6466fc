#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The quickstart tells its whole story, as an ordinary user, twice in the same folder, and leaves no process behind.
set -euo pipefail
cd "$(dirname "$0")/../.."

folder=$(mktemp -d)
as_user=()
if [ "$(id -u)" -eq 0 ]; then
  chown nobody "$folder"
  as_user=(setpriv --reuid=nobody --regid=nogroup --clear-groups env HOME="$folder")
fi
trap 'rm -rf "$folder"' EXIT

for round in first second; do
  echo "-- the $round time"
  "${as_user[@]}" installers/quickstart.sh --bin "${SIGNALBOX_BIN:?the folder of the programs}" --dir "$folder/q" --exit
done
if pgrep -f -- "$folder/q" >/dev/null; then
  echo "still running:"
  pgrep -af -- "$folder/q"
  exit 1
fi
