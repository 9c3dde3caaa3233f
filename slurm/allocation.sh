# shellcheck shell=bash
# What Slurm granted a job, and how the job uses just that. Sourced by slurm/job.sh.
# shellcheck disable=SC2154,SC2034  # task, options and data_path are job.sh's, which reads threads

# One thread for each CPU, also on a cluster that doesn't bind jobs to their CPUs.
use_granted_cpus() {
  cpus=${SLURM_CPUS_PER_TASK:-${SLURM_CPUS_ON_NODE:-1}}
  require_count "SLURM_CPUS_PER_TASK (or SLURM_CPUS_ON_NODE)" "$cpus"
  export SLURM_CPUS_PER_TASK=$cpus OMP_NUM_THREADS=$cpus
}

# A job that was granted a GPU insists on it; one without measures the CPU.
use_granted_gpus() {
  gpus=${SLURM_GPUS_ON_NODE:-0}
  require_count SLURM_GPUS_ON_NODE "$gpus"
  if [ -z "$device" ]; then
    if [ "$gpus" -gt 0 ]; then device=cuda; else device=cpu; fi
  fi
  if [ -z "$preset" ]; then preset=$(default_preset "$gpus"); fi
}

# thread_options: loader workers and compute threads that together are as many as the CPUs. A GPU computes by itself, so
# that all CPUs but the trainer's load (C5 computes on the CPU too); a CPU computes so much longer than it loads that a
# quarter loads, of C3 and C4, which measure many workers, half. kindling-study takes the last of equal options, so that
# a person's own come after these.
thread_options() {
  local workers most compute
  if [ "$device" = cuda ] && [ "$task" != c5 ]; then
    workers=$((cpus > 1 ? cpus - 1 : 0))
    if [ "$workers" -gt 16 ]; then workers=16; fi
    most=$workers compute=1
  else
    workers=$((cpus / 4))
    if [ "$workers" -gt 4 ]; then workers=4; fi
    most=$workers
    case $task in c3 | c4) most=$(largest_count $((cpus / 2))) ;; esac
    compute=$((cpus > most ? cpus - most : 1))
  fi
  threads=(--workers "$workers" --threads "$compute" --workers-list="$(counts_up_to "$most")")
}

# counts_up_to MOST: the worker counts that are measured, 1 among them however few the CPUs: C4 compares with it.
counts_up_to() {
  local count counts=0,1
  for count in 2 4 8 12 16; do
    if [ "$count" -le "$1" ]; then counts+=,$count; fi
  done
  echo "$counts"
}

# largest_count MOST: the last of them.
largest_count() {
  local counts
  counts=$(counts_up_to "$1")
  echo "${counts##*,}"
}

# stage_data: copies the images to the node's own disk where the site offers one ($SLURM_TMPDIR), and changes data_path.
stage_data() {
  local folder staged need have
  staged=${SLURM_TMPDIR:-}/kindling-$SLURM_JOB_ID
  # kindling-study puts files of its own beside the images.
  # shellcheck disable=SC2064  # the name of now
  if [ -d "${SLURM_TMPDIR:-}" ]; then trap "rm -rf ${staged@Q}" EXIT; fi
  if [[ " ${options[*]} " =~ \ --dataset[=\ ]synthetic\  ]]; then return 0; fi
  folder=$(cifar10_folder "$data_path") || fail 3 "no CIFAR-10 in $data_path: wanted data_batch_1.bin there or in its \
cifar-10-batches-bin (make -f Makefile.slurm data)"
  if [ -z "${SLURM_TMPDIR:-}" ]; then return 0; fi
  if [ ! -d "$SLURM_TMPDIR" ] || [ ! -w "$SLURM_TMPDIR" ]; then
    echo "== data: SLURM_TMPDIR=$SLURM_TMPDIR is no folder that can be written; reading in $data_path"
    return 0
  fi
  need=$(du -ck --apparent-size "$folder"/*.bin | tail -n 1 | cut -f 1)
  have=$(df -Pk "$SLURM_TMPDIR" | awk 'NR == 2 { print $4 }')
  if [ "$have" -le "$need" ]; then
    echo "== data: $need KiB don't fit into SLURM_TMPDIR=$SLURM_TMPDIR with $have KiB free; reading in $data_path"
    return 0
  fi
  if mkdir -p "$staged/cifar-10-batches-bin" && cp "$folder"/*.bin "$staged/cifar-10-batches-bin/"; then
    data_path=$staged
    echo "== data: $need KiB copied to $staged"
  else
    echo "== data: can't copy to $staged; reading in $data_path"
  fi
}
