#!/usr/bin/env bash
# Submits tasks as Makefile.slurm's variables say, and prints the id of the (last) job last.
#
#   slurm/submit.sh {c1..c7,scaling,all,report,build,data,study}
#
# From the environment: PARTITION ACCOUNT GPUS CPUS TIME DATA OUT PRESET QUICK OPTIONS SBATCH (what each means stands in
# Makefile.slurm). `study` submits build and data where they are needed, c1 to c7 and scaling one after another (they
# share a results folder, and two measurements beside each other would disturb both), then the report.
set -euo pipefail
cd "$(dirname "$0")/.."
source slurm/lib.sh
load_site

gpus=${GPUS:-0}
data=${DATA:-${KINDLING_DATA:-build/data}}
out=${OUT:-out/study}
[[ $gpus =~ ^[0-9]+$ ]] || fail 2 "GPUS wants a whole number, found $gpus"
preset=${PRESET:-$(default_preset "$gpus")}

# sbatch_options TASK: what is asked of Slurm beyond the script's own defaults, in the array asked.
sbatch_options() {
  asked=()
  if [ -n "${PARTITION:-}" ]; then asked+=(--partition="$PARTITION"); fi
  if [ -n "${ACCOUNT:-}" ]; then asked+=(--account="$ACCOUNT"); fi
  case $1 in
    report | data) ;; # these need little, and their scripts ask for it
    *)
      if [ -n "${CPUS:-}" ]; then asked+=(--cpus-per-task="$CPUS"); fi
      if [ -n "${TIME:-}" ]; then asked+=(--time="$TIME"); fi
      if [ "$gpus" -gt 0 ] && [ "$1" != build ]; then asked+=(--gres=gpu:"$gpus"); fi
      ;;
  esac
  # shellcheck disable=SC2206  # words
  asked+=(${SBATCH:-})
}

# job_options TASK: the words for slurm/job.sh, in the array words.
job_options() {
  words=(--preset "$preset" --data-path "$data" --out "$out")
  case $1 in
    c[1-7] | scaling | all)
      if [ "${QUICK:-0}" != 0 ]; then words+=(--quick); fi
      # shellcheck disable=SC2206  # words
      words+=(${OPTIONS:-})
      ;;
  esac
}

# submit TASK [sbatch options]: leaves the job's id in job.
submit() {
  local task=$1 script=slurm/${1}_submit.sh asked words answer
  shift
  case $task in c[1-7]) script=slurm/${task^}_submit.sh ;; esac
  [ -f "$script" ] || fail 2 "unknown task $task (known: c1 to c7, scaling, all, report, build, data, study)"
  command -v sbatch >/dev/null || fail 2 "no sbatch here: this is not a machine that submits to Slurm"
  # Slurm makes no folder for a job's log: without one the job fails and leaves no word.
  mkdir -p "$out/slurm" 2>/dev/null || fail 8 "can't make the folder $out/slurm (OUT)"
  sbatch_options "$task"
  job_options "$task"
  answer=$(sbatch --parsable --output="$out/slurm/$task-%j.log" "${asked[@]}" "$@" "$script" "${words[@]}" 2>&1) ||
    fail 2 "Slurm refuses $task (asked beyond the script's own: ${asked[*]:-nothing}): $(paste -sd ' ' <<<"$answer")"
  job=$(tail -n 1 <<<"$answer" | cut -d ';' -f 1) # a federation adds its cluster's name
  [[ $job =~ ^[0-9]+$ ]] || fail 1 "sbatch printed no job id for $task: $answer"
  printf '%s %s %s\n' "$job" "$task" "$(date -u +%FT%TZ)" >>"$out/slurm/jobs"
  printf '%s: job %s, log %s\n' "$task" "$job" "$out/slurm/$task-$job.log"
}

# built: whether there is nothing to build; ninja knows.
built() {
  [ -f "build/$preset/build.ninja" ] && command -v ninja >/dev/null &&
    ninja -C "build/$preset" -n apps/all 2>/dev/null | grep -c 'no work to do' >/dev/null
}

# need TASK: submits build or data unless it's there already; the ids to wait for gather in needed.
need() {
  if [ "$1" = build ] && built; then
    echo "build: build/$preset is up to date"
  elif [ "$1" = data ] && cifar10_folder "$data" >/dev/null; then
    echo "data: CIFAR-10 is in $data"
  else
    submit "$1"
    needed+=":$job"
  fi
}

study() {
  local needed='' previous='' task after
  need build
  need data
  # A failed experiment doesn't end the study; without programs or images there is none.
  for task in c1 c2 c3 c4 c5 c6 c7 scaling report; do
    after=()
    if [ -n "$needed" ]; then after+=("afterok$needed"); fi
    if [ -n "$previous" ]; then after+=("afterany:$previous"); fi
    submit "$task" --kill-on-invalid-dep=yes --dependency="$(IFS=, && echo "${after[*]}")"
    previous=$job
  done
}

[ $# -eq 1 ] || fail 2 "which task? slurm/submit.sh {c1..c7,scaling,all,report,build,data,study}"
job=
needed=
case $1 in
  build | data) need "$1" ;;
  study) study ;;
  *) submit "$1" ;;
esac
if [ -n "$job" ]; then echo "$job"; fi
