#!/usr/bin/env bash
# Runs clang-tidy over the C++ sources of a build (its compile_commands.json).
#
#   tools/check_tidy.sh [--minutes N] BUILD_FOLDER FOLDER...
#
# FOLDER: kernels, engine, data, apps, tests, bench. With --minutes, files not begun by then are left out, and it says
# how many. Exit status 1 if there are findings.
set -euo pipefail
# shellcheck source=tools/lib.sh
source "$(dirname "$0")/lib.sh"

minutes=600
if [ "${1:-}" = --minutes ]; then
  [ $# -ge 2 ] || die "--minutes needs a number"
  minutes=$2
  shift 2
fi
[ $# -ge 2 ] || die "usage: check_tidy.sh [--minutes N] BUILD_FOLDER FOLDER..."
build=$(cd "$1" && pwd)
shift
command -v clang-tidy >/dev/null || die "clang-tidy is not installed"
[ -f "$build/compile_commands.json" ] || die "$build has no compile_commands.json"

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$root"
python3 - "$build/compile_commands.json" "$root" "$@" >"$work/files" <<'PYTHON'
import json, os, sys

commands, root, *folders = sys.argv[1:]
files = sorted({os.path.relpath(entry["file"], root) for entry in json.load(open(commands))})
print("\n".join(file for file in files if file.split("/")[0] in folders))
PYTHON

# tidy_one FILE: its findings on stdout; leaves a mark for what was begun and what failed.
tidy_one() {
  if [ "$(date +%s)" -ge "$deadline" ]; then return; fi
  echo "$1" >>"$work/begun"
  if ! clang-tidy --quiet -p "$build" "$1" 2>"$work/errors.$$" >"$work/findings.$$"; then
    cat "$work/findings.$$"
    grep -v 'warnings\? \(generated\|treated\)' "$work/errors.$$" || true
    echo "$1" >>"$work/failed"
  fi
}
export -f tidy_one
deadline=$(($(date +%s) + minutes * 60))
export build work deadline
touch "$work/begun" "$work/failed"
xargs -P "$jobs" -I{} bash -c 'tidy_one {}' <"$work/files"

total=$(wc -l <"$work/files")
begun=$(wc -l <"$work/begun")
failed=$(wc -l <"$work/failed")
echo "clang-tidy: $begun of $total files in $* looked at, $failed with findings"
if [ "$begun" -lt "$total" ]; then echo "the $minutes minutes were over: tools/test.sh --long looks at the rest"; fi
[ "$failed" -eq 0 ]
