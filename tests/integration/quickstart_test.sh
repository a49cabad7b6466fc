#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The quickstart tells its whole story, as an ordinary user, twice in the same folder, and leaves no process behind;
# interrupted with Ctrl-C in the middle it stops everything, and can be run again at once.
set -euo pipefail
cd "$(dirname "$0")/../.."

bin=${SIGNALBOX_BIN:?the folder of the programs}
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
as_user=(env HOME="$folder")
if [ "$(id -u)" -eq 0 ]; then
  chown nobody "$folder"
  nobody=(setpriv --reuid=nobody --regid=nogroup --clear-groups "${as_user[@]}" PATH=/usr/sbin:/usr/bin:/sbin:/bin)
  if "${nobody[@]}" test -x "$bin/signalbox" -a -r installers/quickstart/run.py; then
    as_user=("${nobody[@]}")
  else
    echo "-- as root: this checkout cannot be read by anybody else"
  fi
fi
quickstart=(installers/quickstart.sh --bin "$bin" --dir "$folder/q")

# Every process that works in the folder or was told of it.
left() {
  local process
  for process in /proc/[0-9]*; do
    case "$(readlink "$process/cwd" 2>/dev/null)" in "$folder"*) echo "${process#/proc/}" ;; esac
  done
  pgrep -f -- "$folder/q" || true
}
nothing_left() {
  [ -z "$(left)" ] && return
  echo "still running:"
  left | sort -u | xargs ps -o pid,args -p
  exit 1
}

echo "-- what cannot work is one error with a remedy"
refused() {
  local said
  if said=$("${as_user[@]}" installers/quickstart.sh --exit "$@" 2>&1); then
    echo "accepted: $*"
    exit 1
  fi
  if [[ $said != *"quickstart: "*"next: "* || $said == *Traceback* ]]; then
    echo "$* said: $said"
    exit 1
  fi
}
mkdir -m 755 "$folder/empty"
refused --bin /nonexist/bin --dir "$folder/q"
refused --bin "$folder/empty" --dir "$folder/q"
refused --bin "$bin" --dir /proc/zz
touch "$folder/file"
refused --bin "$bin" --dir "$folder/file"
if [ "${as_user[0]}" = setpriv ]; then
  mkdir -m 700 "$folder/closed"
  refused --bin "$bin" --dir "$folder/closed/zz"
fi

echo "-- interrupted in the middle"
# A process that is started in the background ignores Ctrl-C; this one must not.
"${as_user[@]}" python3 -c 'import os, signal, sys
signal.signal(signal.SIGINT, signal.default_int_handler)
os.execvp(sys.argv[1], sys.argv[1:])' "${quickstart[@]}" >"$folder/said" 2>&1 &
started=$!
# Until chapter 3 has begun: controller and people are there, hosts are coming.
sed '/^3\. /q' < <(tail -n +1 -f --pid="$started" "$folder/said") >/dev/null
kill -INT "$started" || { cat "$folder/said"; exit 1; }
code=0
wait "$started" || code=$?
[ "$code" -eq 130 ] || { echo "interrupted, it ended with exit code $code"; cat "$folder/said"; exit 1; }
nothing_left

for round in first second; do
  echo "-- the $round time"
  "${as_user[@]}" "${quickstart[@]}" --exit
  nothing_left
done
