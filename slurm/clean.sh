#!/usr/bin/env bash
# Removes what jobs of Makefile.slurm made, and nothing else: slurm/clean.sh OUT PRESET
#
# That is, in OUT, the results and logs of the tasks that were submitted, and build/PRESET where a build job made the
# folder. Downloaded images stay. Refuses while a job for OUT is in the queue.
set -euo pipefail
cd "$(dirname "$0")/.."
source slurm/lib.sh
[ $# -eq 2 ] || fail 2 "usage: slurm/clean.sh OUT PRESET"
out=$1
build=build/$2

clean_results() {
  local job task names=()
  if [ ! -f "$out/slurm/jobs" ]; then
    echo "$out: no job was submitted for it, nothing to remove"
    return 0
  fi
  while read -r job task _; do
    if [ -n "$(squeue -h -j "$job" -o %i 2>/dev/null)" ]; then
      fail 2 "job $job ($task) for $out is still in the queue: wait, or scancel $job"
    fi
    case $task in
      c[1-7] | scaling) names+=("$task") ;;
      all) names+=(c1 c2 c3 c4 c5 c6 c7 scaling) ;;
    esac
  done <"$out/slurm/jobs"
  if [ ${#names[@]} -gt 0 ]; then names+=(study.json report.html report.md plots); fi
  for task in "${names[@]}" slurm; do rm -rf "${out:?}/$task"; done
  rmdir "$out" 2>/dev/null || echo "$out: it holds other files too, they stay"
}

clean_results
if [ -f "$build/$built_here" ]; then
  rm -rf "${build:?}" "build/configure-${build##*/}.log"
elif [ -d "$build" ]; then
  echo "$build: no build job made it, it stays"
fi
