# shellcheck shell=bash
# Slurm's signals, and going on after them. Sourced by slurm/job.sh.
#
# Before the time limit Slurm signals the batch script (#SBATCH --signal=B:USR1@120), and only that. kindling-study
# finishes its step, writes a checkpoint and exits 75; the job is then requeued under the same id and goes on.

child=
child_status=0
stop_asked=no
interrupted=no

pass_signal() {
  stop_asked=yes
  interrupted=yes
  if [ -n "$child" ]; then kill -USR1 "$child" 2>/dev/null || true; fi
}
# From the beginning: a signal that comes while data is copied must not end the job unprepared.
trap pass_signal USR1 TERM

# run_and_pass_signals COMMAND...: its exit status is in child_status.
run_and_pass_signals() {
  if [ "$stop_asked" = yes ]; then
    child_status=75 # there is no time left to begin anything
    return 0
  fi
  "$@" &
  child=$!
  # A trap interrupts wait, and then its status says nothing of the child.
  while :; do
    interrupted=no
    child_status=0
    wait "$child" || child_status=$?
    if [ "$interrupted" = no ]; then break; fi
  done
}

# requeue_if_stopped MOST: puts a job that was stopped with a good checkpoint back into the queue, at most MOST times.
requeue_if_stopped() {
  local most=$1 restarts=${SLURM_RESTART_COUNT:-0} state
  require_count SLURM_RESTART_COUNT "$restarts"
  # Statuses 138 and 143: the signal came before kindling-study could catch it, so that nothing was begun.
  case $child_status in
    75) ;;
    138 | 143) if [ "$stop_asked" = yes ]; then child_status=75; else return 0; fi ;;
    *) return 0 ;;
  esac
  # A job that its user cancels must not come back, and one that Slurm preempts is requeued by Slurm. Where Slurm gives
  # no answer, requeueing is tried: else the job would be lost.
  state=$(squeue -h -j "$SLURM_JOB_ID" -o %T 2>/dev/null) || state=unknown
  if [ "$state" != RUNNING ] && [ "$state" != unknown ]; then
    echo "== stopped; the job is $state, so it isn't requeued; the same command goes on where it was"
  elif [ "$restarts" -ge "$most" ]; then
    fail 75 "stopped for the ${restarts}th time after a requeue; --max-requeues is $most. Submit it again to go on"
  else
    echo "== stopped with a good checkpoint; requeueing job $SLURM_JOB_ID (restart $((restarts + 1)) of at most $most)"
    scontrol requeue "$SLURM_JOB_ID" ||
      fail 75 "Slurm refuses to requeue job $SLURM_JOB_ID. Submit it again to go on"
  fi
}
