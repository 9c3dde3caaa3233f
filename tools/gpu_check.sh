#!/usr/bin/env bash
# Builds, proves and measures Kindling on a machine with a GPU, in calls of limited length: each call goes on where the
# last one stopped. tools/gpu_plan.txt lists stages and steps.
#
#   tools/gpu_check.sh [--stage STAGE|all|archive] [--seconds N] [--bundle DIR] [--state DIR] [--retry] [--rehearse]
#
# The bundle of tools/gpu_pack.sh is looked for in build/gpu-bundle and beside the tree. Everything is written below the
# state folder (build/gpu-check). A step that fails or exceeds its time is noted, and the rest goes on; --retry forgets
# failures. `archive` (also the end of `all`) makes kindling-gpu-results.tar.gz there. --rehearse: tiny sizes, PyTorch
# on the CPU, to try the scripts without a GPU. KINDLING_GPU_PYTHON: a Python with PyTorch (default python3).
# Exit status: 0 all of the stage is done, 1 a step failed, 2 usage, 75 steps are left: call again.
set -euo pipefail
# shellcheck source=tools/lib.sh
source "$(dirname "$0")/lib.sh"
# shellcheck source=tools/gpu_state.sh
source "$root/tools/gpu_state.sh"

stage=all
seconds=540
bundle=
state=$root/build/gpu-check
plan=$root/tools/gpu_plan.txt
steps=$root/tools/gpu_steps.sh
retry=no
export KINDLING_REHEARSE=no

usage() {
  warn "$*"
  exit 2
}

while [ $# -gt 0 ]; do
  case $1 in
    --stage | --seconds | --bundle | --state | --plan | --steps)
      [ $# -ge 2 ] || usage "$1 needs a value"
      declare "${1#--}=$2"
      shift
      ;;
    --retry) retry=yes ;;
    --rehearse) KINDLING_REHEARSE=yes ;;
    -h | --help)
      sed -n '2,14s/^# \{0,1\}//p' "$0"
      exit 0
      ;;
    *) usage "unknown option $1 (--help lists them)" ;;
  esac
  shift
done
[[ $seconds =~ ^[1-9][0-9]*$ ]] || usage "--seconds is $seconds; it must be a number"
deadline=$((SECONDS + seconds))

mkdir -p "$state"
state=$(cd "$state" && pwd)
mkdir -p "$state"/{steps,logs,results}
for place in "$root/build/gpu-bundle" "$root/.."; do
  if [ -z "$bundle" ] && [ -f "$place/bundle.txt" ]; then bundle=$place; fi
done
export KINDLING_STATE=$state KINDLING_BUNDLE=$bundle
if [ -f "$bundle/bundle.txt" ] && [ -z "${KINDLING_COMMIT:-}" ]; then
  KINDLING_COMMIT=$(sed -n 's/^commit: //p' "$bundle/bundle.txt")
  export KINDLING_COMMIT
fi

known=$(plan_lines all | cut -d ' ' -f 1 | uniq | paste -sd ' ')
case " $known all archive " in
  *" $stage "*) ;;
  *) usage "--stage is $stage; it may be $known, archive or all" ;;
esac

if [ "$retry" = yes ]; then forget_failures; fi
status=0
run_stage "$stage" || status=$?
print_table | tee "$state/results/stages.txt"
case $stage in all | archive)
  if [ "$status" -ne 75 ]; then make_archive || status=1; fi
  ;;
esac
if [ "$status" -eq 75 ]; then say "steps are left: call again with --stage $stage"; fi
exit "$status"
