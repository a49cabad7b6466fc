#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Builds the fuzz targets and runs them, as many at a time as there are processors.
#   tests/fuzz/run.sh HOURS [TARGET…]      all targets (or these) share HOURS, which may be a fraction
#   tests/fuzz/run.sh --each S [TARGET…]   each target for S seconds, from the seeds alone: what CI does
# Corpora, findings and logs are kept in $SIGNALBOX_FUZZ_DIR (default ~/.local/state/signalbox-fuzz) between runs.
# Exit status 1 when something was found: put the file into tests/regress/TARGET and fix it (README.md here).
set -euo pipefail
cd "$(dirname "$0")/../.."

die() { echo "tests/fuzz/run.sh: $1" >&2; exit 2; }
from_seeds=false
case "${1-}" in
  --each) from_seeds=true; amount=${2-}; shift 2 || die "--each wants seconds" ;;
  -h | --help | "") sed -n '3,8s/^# \{0,1\}//p' "$0"; exit 0 ;;
  *) amount=$1; shift ;;
esac
[[ $amount =~ ^[0-9]+(\.[0-9]+)?$ ]] || die "'$amount' is not a number"

targets=("$@")
if [ "${#targets[@]}" -eq 0 ]; then
  for each in tests/fuzz/targets/*.cpp; do targets+=("$(basename "$each" .cpp)"); done
fi
for each in "${targets[@]}"; do
  [ -f "tests/fuzz/targets/$each.cpp" ] || die "there is no target $each; see tests/fuzz/targets"
done

jobs=$(nproc)
if $from_seeds; then
  seconds=${amount%.*}
else
  seconds=$(awk -v h="$amount" -v j="$jobs" -v n="${#targets[@]}" \
    'BEGIN { s = h * 3600 * (j < n ? j : n) / n; printf "%d", s < 1 ? 1 : s }')
fi
home=${SIGNALBOX_FUZZ_DIR:-${XDG_STATE_HOME:-${HOME:-/tmp}/.local/state}/signalbox-fuzz}
mkdir -p "$home"

cmake --preset fuzz >"$home/configure.log" 2>&1 || { cat "$home/configure.log"; exit 1; }
cmake --build --preset fuzz --target fuzz -- --quiet
echo "${#targets[@]} targets, $seconds s each, $jobs at a time; everything is kept in $home"

# dictionary TARGET: the words that its format has, if somebody wrote them down.
dictionary() {
  case "$1" in
    action | approval | artifact_statement | connect_json | dsse | ipc_frame | ledger_export | record | standing | token | trust_file | \
      withdrawal) echo json ;;
    estate | manifest) echo yaml ;;
    http_request) echo http ;;
    note | checkpoint | tlog_proof | witness) echo note ;;
  esac
}

# fuzz TARGET: one line at its end.
fuzz() {
  local target=$1 words args=() log="$home/log/$1.log" corpus="$home/corpus/$1" status=0
  mkdir -p "$home/log" "$home/findings/$target"
  $from_seeds && corpus=$(mktemp -d)
  mkdir -p "$corpus"
  words=$(dictionary "$target")
  [ -z "$words" ] || args+=("-dict=tests/fuzz/dictionaries/$words.dict")
  args+=("$corpus" "tests/fuzz/seeds/$target")
  [ ! -d "tests/regress/$target" ] || args+=("tests/regress/$target")
  "build/fuzz/fuzz/fuzz_$target" -max_total_time="$seconds" -timeout=25 -rss_limit_mb=2048 -print_final_stats=1 \
    -artifact_prefix="$home/findings/$target/" "${args[@]}" >"$log" 2>&1 || status=1
  printf '%-18s %10s runs, %6s edges, %5s inputs%s\n' "$target" \
    "$(sed -n 's/^stat::number_of_executed_units: //p' "$log")" \
    "$(grep -o 'cov: [0-9]*' "$log" | tail -n 1 | cut -c 6-)" "$(find "$corpus" -type f | wc -l)" \
    "$([ $status -eq 0 ] || echo "  FOUND SOMETHING: $log")"
  [ $status -eq 0 ] || grep -E 'broken:|what\(\)|ERROR:|SUMMARY:|runtime error|Test unit written|Base64:|signalbox::' "$log" | head -n 20
  ! $from_seeds || rm -rf "$corpus"
  return $status
}
export -f fuzz dictionary
export home seconds from_seeds

if ! printf '%s\n' "${targets[@]}" | xargs -P "$jobs" -I{} bash -euo pipefail -c 'fuzz {}'; then
  echo "next: look into the log; move the input from $home/findings/TARGET to tests/regress/TARGET, then fix what it shows"
  exit 1
fi
