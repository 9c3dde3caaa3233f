#!/usr/bin/env bash
# What every job of this folder does inside its allocation.
#
#   slurm/job.sh {c1..c7,scaling,all,report,build,data} [--data-path DIR] [--out DIR] [--preset PRESET]
#                [--max-requeues N] [kindling-study options]
#
# Defaults: --data-path $KINDLING_DATA or build/data, --out out/study, --preset cuda-release with a GPU, else
# cpu-release, --max-requeues 20. Exit statuses are kindling-study's: 75 is stopped with a good checkpoint.
set -euo pipefail

cd "$(dirname "$0")/.."
source slurm/lib.sh
source slurm/allocation.sh
source slurm/signals.sh
[ -n "${SLURM_JOB_ID:-}" ] || fail 2 "not in a job; submit one: sbatch slurm/C1_submit.sh"
[ $# -ge 1 ] || fail 2 "which task? slurm/job.sh {c1..c7,scaling,all,report,build,data}"

task=$1
shift
data_path=
out=out/study
preset=
device=
max_requeues=20
options=()

# read_options WORD...: takes what this script needs, keeps the rest for kindling-study.
read_options() {
  local name
  while [ $# -gt 0 ]; do
    case $1 in
      --data-path=* | --out=* | --preset=* | --device=* | --max-requeues=*) set -- "${1%%=*}" "${1#*=}" "${@:2}" ;;
    esac
    case $1 in
      --data-path | --out | --preset | --device | --max-requeues)
        [ $# -ge 2 ] || fail 2 "$1 needs a value"
        name=${1#--}
        printf -v "${name//-/_}" '%s' "$2"
        shift 2
        ;;
      *)
        options+=("$1")
        shift
        ;;
    esac
  done
  [[ $max_requeues =~ ^[0-9]+$ ]] || fail 2 "--max-requeues wants a whole number, found $max_requeues"
}

build() {
  # shellcheck source=tools/lib.sh
  source tools/lib.sh
  use_ccache
  # shellcheck disable=SC2034  # build_preset's
  jobs=$cpus
  # Only a folder that this job makes is make clean's to remove.
  if [ ! -e "build/$preset" ]; then
    mkdir -p "build/$preset" && touch "build/$preset/$built_here"
  fi
  build_preset "$preset" apps/all
}

download() {
  local status=0
  tools/fetch_cifar10.sh "$data_path" || status=$?
  if [ "$status" -eq 4 ]; then
    fail 4 "if this node has no network, download where there is one: tools/fetch_cifar10.sh $data_path"
  fi
  return "$status"
}

study() {
  local program=build/$preset/bin/kindling-study words
  [ -x "$program" ] || fail 2 "no $program; build it: make -f Makefile.slurm build PRESET=$preset"
  words=("$task" --out "$out")
  if [ "$task" != report ]; then
    stage_data
    words+=(--data-path "$data_path" --device "$device")
    thread_options
    words+=("${threads[@]}")
  fi
  words+=("${options[@]}")
  echo "== $(typed "$program" "${words[@]}")"
  run_and_pass_signals "$program" "${words[@]}"
  requeue_if_stopped "$max_requeues"
  return "$child_status"
}

read_options "$@"
load_site
data_path=${data_path:-${KINDLING_DATA:-build/data}} # which the site's file may set
use_granted_cpus
use_granted_gpus
echo "== $task: job $SLURM_JOB_ID on ${SLURM_JOB_NODELIST:-?}, $cpus CPUs, $gpus GPUs, preset $preset," \
  "restart ${SLURM_RESTART_COUNT:-0}, $(date -u +%FT%TZ)"
case $task in
  build) build ;;
  data) download ;;
  c[1-7] | scaling | all | report) study ;;
  *) fail 2 "unknown task $task (known: c1 to c7, scaling, all, report, build, data)" ;;
esac
