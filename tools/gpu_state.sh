# shellcheck shell=bash
# What tools/gpu_check.sh remembers from call to call. Sourced after tools/lib.sh; the caller sets plan, steps, state,
# seconds and deadline. Each step has a file state/steps/STAGE.STEP with a line RESULT SECONDS WHY: ok, skipped, FAILED
# and TIMEOUT are final, cut means that the call ended before the step did.
# shellcheck disable=SC2154

# A step that was cut so often is given up: it doesn't fit into a call.
most_cuts=3

# plan_lines STAGE|all: the plan's lines, without comments, one blank between words.
plan_lines() {
  sed 's/#.*//' "$plan" | awk -v stage="$1" 'NF >= 4 && (stage == "all" || $1 == stage) { $1 = $1; print }'
}

# remembered STAGE.STEP: its RESULT, SECONDS and WHY, or `pending 0`.
remembered() {
  if [ -f "$state/steps/$1" ]; then cat "$state/steps/$1"; else echo "pending 0"; fi
}

remember() {
  echo "$2 $3 ${4:-}" >"$state/steps/$1.new"
  mv "$state/steps/$1.new" "$state/steps/$1"
}

is_final() {
  case $1 in ok | skipped | FAILED | TIMEOUT) return 0 ;; esac
  return 1
}

forget_failures() {
  local file result
  for file in "$state"/steps/*; do
    [ -f "$file" ] || continue
    read -r result _ <"$file"
    case $result in FAILED | TIMEOUT | skipped | cut*) rm "$file" ;; esac
  done
}

# result_of STATUS LIMIT ALLOWED BEFORE: what the exit status of a step means, when it might run ALLOWED seconds of its
# LIMIT and was BEFORE when it started.
result_of() {
  local cuts=1
  case $4 in cut*) cuts=$((${4#cut} + 1)) ;; esac
  case $1 in
    0) echo ok ;;
    77) echo skipped ;;
    124 | 137)
      if [ "$3" -lt "$2" ] && [ "$cuts" -lt "$most_cuts" ]; then echo "cut$cuts"; else echo TIMEOUT; fi
      ;;
    *) echo FAILED ;;
  esac
}

# run_step STAGE STEP LIMIT COMMAND...: runs it unless it is done; 75 if no time is left for it.
run_step() {
  local id=$1.$2 limit=${3%\~} resumes=no before took allowed status=0 start=$SECONDS result why=
  # Of a call of 540 s: 5 s for the end, and a step isn't begun for less than 20 s unless it takes less.
  local margin=$((seconds / 100)) least=$((seconds / 27))
  if [ "$limit" != "$3" ]; then resumes=yes; fi
  shift 3
  read -r before took _ < <(remembered "$id")
  if is_final "$before"; then return 0; fi
  # What a step that goes on has used counts.
  if [ "$resumes" = yes ]; then limit=$((limit > took ? limit - took : 1)); else took=0; fi
  allowed=$((deadline - SECONDS - margin))
  if [ "$allowed" -lt 1 ] || [ "$allowed" -lt $((limit < least ? limit : least)) ]; then return 75; fi
  allowed=$((allowed < limit ? allowed : limit))
  say "$id: at most $allowed s"
  # TERM first: kindling-train leaves a checkpoint. Then KILL, which nothing survives.
  timeout --kill-after 5 "$allowed" bash "$steps" "$@" >>"$state/logs/$id.log" 2>&1 </dev/null || status=$?
  result=$(result_of "$status" "$limit" "$allowed" "$before")
  case $result in skipped | FAILED) why=$(tail -n 1 "$state/logs/$id.log" | cut -c 1-120) ;; esac
  remember "$id" "$result" $((took + SECONDS - start)) "$why"
  say "$id: $result, $((SECONDS - start)) s${why:+; $why}"
  case $result in cut*) return 75 ;; esac
}

# run_stage STAGE|all: 0, 1 if a step failed, 75 if steps are left.
run_stage() {
  local line words status
  # Not a pipe, so that a step can't eat the plan and the loop's own return counts.
  while read -r -a words <&3; do
    status=0
    run_step "${words[@]}" || status=$?
    if [ "$status" -eq 75 ]; then return 75; fi
  done 3< <(plan_lines "$1")
  while read -r line; do
    read -r -a words <<<"$line"
    case $(remembered "${words[0]}.${words[1]}") in FAILED* | TIMEOUT*) return 1 ;; esac
  done < <(plan_lines "$1")
}

# What became of every step of the plan.
print_table() {
  local words result took why
  printf '%-10s %-20s %-8s %7s  %s\n' stage step result seconds why
  while read -r -a words; do
    read -r result took why < <(remembered "${words[0]}.${words[1]}")
    printf '%-10s %-20s %-8s %7s  %s\n' "${words[0]}" "${words[1]}" "$result" "$took" "$why"
  done < <(plan_lines all)
}

# All results and logs in one file of less than 16 MiB; of a long log only the end.
make_archive() {
  local archive=$state/kindling-gpu-results.tar.gz work=$state/archive/kindling-gpu-results log
  rm -rf "$state/archive"
  mkdir -p "$work/logs"
  cp -r "$state/results/." "$work/"
  for log in "$state"/logs/*.log; do
    [ ! -f "$log" ] || tail -c 200000 "$log" >"$work/logs/$(basename "$log")"
  done
  python3 "$root/bench/gpu_summary.py" "$work" >"$work/summary.md" || warn "no summary"
  tar -C "$state/archive" -czf "$archive" kindling-gpu-results
  [ "$(stat -c %s "$archive")" -le $((16 << 20)) ] || die "$archive is larger than 16 MiB"
  rm -r "$state/archive"
  say "results: $archive, $(stat -c %s "$archive") bytes"
}
