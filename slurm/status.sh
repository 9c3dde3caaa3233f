#!/usr/bin/env bash
# The jobs that were submitted for a results folder, and what each experiment has come to: slurm/status.sh [OUT]
set -euo pipefail
cd "$(dirname "$0")/.."
source slurm/lib.sh

out=${1:-out/study}
if [ ! -f "$out/slurm/jobs" ]; then
  echo "no job was submitted for $out"
  exit 0
fi

# field NAME: its value in a line of `scontrol -o show job`, read from stdin.
field() { tr ' ' '\n' | sed -n "s/^$1=//p" | head -n 1; }

# result TASK: what its result.json says.
result() {
  local file=$out/$1/result.json
  case $1 in build | data | report | all) return 0 ;; esac
  if [ -f "$file" ]; then sed -n 's/.*"status": *"\([a-z]*\)".*/\1/p' "$file" | head -n 1; else echo "none yet"; fi
}

printf '%-9s %-8s %-11s %-10s %-8s %-24s %s\n' job task state "run time" restarts reason result
while read -r job task _; do
  line=$(scontrol -o show job "$job" 2>/dev/null) || line="JobState=ended"
  reason=$(field Reason <<<"$line")
  if [ "$reason" = None ]; then reason=; fi
  printf '%-9s %-8s %-11s %-10s %-8s %-24s %s\n' "$job" "$task" "$(field JobState <<<"$line")" \
    "$(field RunTime <<<"$line")" "$(field Restarts <<<"$line")" "${reason:--}" "$(result "$task")"
done <"$out/slurm/jobs"
