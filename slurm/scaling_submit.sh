#!/usr/bin/env bash
# Batch sizes 32, 128, 512, ... until memory ends. From the repository's root:
#   sbatch [sbatch options] slurm/scaling_submit.sh [options of slurm/job.sh]
#SBATCH --job-name=scaling-kindling
#SBATCH --cpus-per-task=8
#SBATCH --mem=16G
#SBATCH --time=04:00:00
#SBATCH --signal=B:USR1@120
#SBATCH --requeue
#SBATCH --open-mode=append
#SBATCH --output=slurm-%x-%j.out
# Slurm runs a copy of this file, so that only the folder of the submission tells where the repository is.
job=${SLURM_SUBMIT_DIR:-.}/slurm/job.sh
if [ ! -x "$job" ]; then
  echo "kindling slurm: no $job: submit in the repository's root, by sbatch slurm/scaling_submit.sh" >&2
  exit 2
fi
exec "$job" scaling "$@"
