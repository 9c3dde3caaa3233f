#!/usr/bin/env bash
# Removes what jobs of Makefile.slurm made, and nothing else: slurm/clean.sh OUT PRESET
#
# That is, in OUT, the results and logs of the tasks that were submitted, and build/PRESET where a build job made the
# folder. Downloaded images stay. Refuses while a job for OUT is in the queue or a study is at work there.
set -euo pipefail
cd "$(dirname "$0")/.."
source slurm/lib.sh
[ $# -eq 2 ] || fail 2 "usage: slurm/clean.sh OUT PRESET"
out=$1
build=build/$2

# require_gone JOB TASK: refuses unless Slurm says that it doesn't know the job any more. Without an answer, a job may
# still write.
require_gone() {
  local said
  if said=$(squeue -h -j "$1" -o %i 2>&1); then
    [ -z "$said" ] || fail 2 "job $1 ($2) for $out is still in the queue: wait, or scancel $1"
  elif [[ $said != *"Invalid job id"* ]]; then
    fail 2 "can't tell whether job $1 ($2) for $out is in the queue: $(paste -sd ' ' <<<"$said")"
  fi
}

# lock_results: as kindling-study locks its folder; held until this script ends.
lock_results() {
  exec {lock}>>"$out/.lock" || fail 8 "can't write $out/.lock"
  flock -n "$lock" || fail 2 "a study is at work in $out: wait for it"
}

clean_results() {
  local job task name names=() lock
  if [ ! -f "$out/slurm/jobs" ]; then
    echo "$out: no job was submitted for it, nothing to remove"
    return 0
  fi
  while read -r job task _; do
    require_gone "$job" "$task"
    case $task in
      c[1-7] | scaling) names+=("$task") ;;
      all) names+=(c1 c2 c3 c4 c5 c6 c7 scaling) ;;
    esac
  done <"$out/slurm/jobs"
  lock_results
  for task in "${names[@]}"; do
    for name in "$out/earlier/$task"-*; do
      if [[ ${name##*-} =~ ^[0-9]+$ ]]; then rm -rf "$name"; fi
    done
  done
  rmdir "$out/earlier" 2>/dev/null || true
  if [ ${#names[@]} -gt 0 ]; then names+=(study.json forced.json report.html report.md plots); fi
  for name in "${names[@]}" slurm .lock; do rm -rf "${out:?}/$name"; done
  rmdir "$out" 2>/dev/null || echo "$out: it holds other files too, they stay"
}

clean_results
if [ -f "$build/$built_here" ]; then
  rm -rf "${build:?}" "build/configure-${build##*/}.log"
elif [ -d "$build" ]; then
  echo "$build: no build job made it, it stays"
fi
