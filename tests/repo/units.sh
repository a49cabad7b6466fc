#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The systemd units are hardened to the exposure that docs/security.md promises (systemd-analyze security, 0 best, 10
# worst), and sysusers.d and tmpfiles.d parse.
set -euo pipefail
cd "$(dirname "$0")/../../systemd"

failed=0
# exposure UNIT LIMIT: the limit is in tenths, as --threshold takes it.
exposure() {
  local answer
  if ! answer=$(systemd-analyze security --offline=true --threshold="$2" "$1.service" 2>&1); then
    echo "$1.service is more exposed than $(($2 / 10)).$(($2 % 10)):"
    grep '✗' <<<"$answer" || tail -n 5 <<<"$answer"
    failed=1
  fi
}
exposure signalboxd 15
exposure signalbox-agent 15
exposure signalbox-executor 20
exposure signalbox-witness 15

root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT
mkdir -p "$root/etc"
echo 'root:x:0:0::/:/bin/sh' >"$root/etc/passwd"
echo 'root:x:0:' >"$root/etc/group"
systemd-sysusers --root="$root" "$PWD/signalbox.sysusers" >/dev/null || failed=1
for user in signalbox signalbox-agent signalbox-witness; do
  grep -q "^$user:" "$root/etc/passwd" || { echo "signalbox.sysusers does not make the user $user"; failed=1; }
done
if [ "$(id -u)" -eq 0 ]; then
  systemd-tmpfiles --root="$root" --create "$PWD/signalbox.tmpfiles" || failed=1
  [ "$(stat -c %U:%a "$root/var/lib/signalbox")" = root:755 ] || { echo "the parent of all state is not root's"; failed=1; }
fi
exit "$failed"
