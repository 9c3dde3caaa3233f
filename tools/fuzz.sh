#!/usr/bin/env bash
# Feeds hostile input to every reader: libFuzzer with AddressSanitizer, UBSan and LeakSanitizer (clang, the preset fuzz).
#
#   tools/fuzz.sh SECONDS [TARGET...]
#
# Fuzzes each target (tests/fuzz; all if none is named) for SECONDS, as many at a time as there are cores, starting from
# tests/fuzz/corpus and from what earlier runs found out (build/fuzz-corpus). A finding is one file in
# build/fuzz-findings: kept as tests/fuzz/corpus/TARGET/found-WHAT it is a test of every build. Exit status 1 if there is
# one. Ends with a table: inputs run, branches reached, CPU seconds now and in all runs of this build folder.
set -euo pipefail
# shellcheck source=tools/lib.sh
source "$(dirname "$0")/lib.sh"

[[ "${1:-}" =~ ^[1-9][0-9]*$ ]] || die "usage: tools/fuzz.sh SECONDS [TARGET...]"
seconds=$1
shift
command -v clang++ >/dev/null || die "clang++ is not installed"
use_ccache
source_folder=$root/tests/fuzz
work=$root/build/fuzz-corpus
findings=$root/build/fuzz-findings
logs=$root/build/logs
mkdir -p "$work" "$findings" "$logs"

targets=("$@")
if [ ${#targets[@]} -eq 0 ]; then
  for file in "$source_folder"/*_fuzz.cc; do targets+=("$(basename "$file" _fuzz.cc)"); done
fi
for target in "${targets[@]}"; do
  [ -f "$source_folder/${target}_fuzz.cc" ] || die "no target '$target' in tests/fuzz"
done
build_preset fuzz "${targets[@]/#/fuzz_}"

# dictionary_of TARGET: its words, or those of the format it is written in.
dictionary_of() {
  case $1 in
    checkpoint | plan_cache | safetensors) echo "$source_folder/dictionaries/json.dict" ;;
    *) echo "$source_folder/dictionaries/$1.dict" ;;
  esac
}

# fuzz_one TARGET: leaves its log in build/logs/fuzz-TARGET.log and adds its CPU seconds to build/fuzz-corpus/TARGET.cpu.
fuzz_one() {
  local target=$1 log=$logs/fuzz-$1.log options=() dictionary
  dictionary=$(dictionary_of "$target")
  if [ -f "$dictionary" ]; then options+=("-dict=$dictionary"); fi
  mkdir -p "$work/$target"
  # close_fd_mask=1: --help prints. Nothing that Kindling reads in a test is worth half a gigabyte.
  TIMEFORMAT='%U %S'
  { time "$root/build/fuzz/bin/fuzz_$target" -max_total_time="$seconds" -max_len=8192 -timeout=20 -rss_limit_mb=1024 \
    -malloc_limit_mb=256 -close_fd_mask=1 -print_final_stats=1 -artifact_prefix="$findings/$target-" "${options[@]}" \
    "$work/$target" "$source_folder/corpus/$target" >"$log" 2>&1 || touch "$work/$target.failed"; } 2>"$work/$target.time"
  awk '{ print $1 + $2 }' "$work/$target.time" >>"$work/$target.cpu"
}
export -f fuzz_one dictionary_of
export root seconds work findings logs source_folder
rm -f "$work"/*.failed
say "fuzzing ${targets[*]} for $seconds s each"
printf '%s\n' "${targets[@]}" | xargs -P "$jobs" -I{} bash -c 'fuzz_one {}'

findings_seen=0
total_inputs=0
total_cpu=0
printf '%-14s %12s %9s %8s %12s %s\n' target inputs branches 'CPU s' 'CPU s ever' finding
for target in "${targets[@]}"; do
  log=$logs/fuzz-$target.log
  finding=none
  if [ -f "$work/$target.failed" ]; then
    finding=$(grep -oE '(ERROR|SUMMARY): .*|promise broken: .*|runtime error: .*' "$log" | head -n 1 || echo "see $log")
    findings_seen=$((findings_seen + 1))
  fi
  inputs=$(awk '/stat::number_of_executed_units/ { print $2 }' "$log")
  cpu=$(tail -n 1 "$work/$target.cpu")
  total_inputs=$((total_inputs + ${inputs:-0}))
  total_cpu=$(awk -v a="$total_cpu" -v b="$cpu" 'BEGIN { printf "%.0f", a + b }')
  printf '%-14s %12s %9s %8.0f %12.0f %s\n' "$target" "${inputs:-0}" \
    "$(grep -oE 'cov: [0-9]+' "$log" | tail -n 1 | cut -d ' ' -f 2)" \
    "$cpu" "$(awk '{ sum += $1 } END { print sum }' "$work/$target.cpu")" "$finding"
done
echo "fuzz: ${#targets[@]} targets, $total_inputs inputs, $total_cpu CPU s, $findings_seen findings"
[ "$findings_seen" -eq 0 ]
