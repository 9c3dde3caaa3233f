#!/usr/bin/env bash
# Downloads CIFAR-10 into --data-path where it isn't there. From the repository's root:
#   sbatch [sbatch options] slurm/data_submit.sh [options of slurm/job.sh]
#SBATCH --job-name=data-kindling
#SBATCH --cpus-per-task=1
#SBATCH --mem=2G
#SBATCH --time=01:00:00
#SBATCH --signal=B:USR1@120
#SBATCH --requeue
#SBATCH --open-mode=append
#SBATCH --output=slurm-%x-%j.out
# Slurm runs a copy of this file, so that only the folder of the submission tells where the repository is.
job=${SLURM_SUBMIT_DIR:-.}/slurm/job.sh
if [ ! -x "$job" ]; then
  echo "kindling slurm: no $job: submit in the repository's root, by sbatch slurm/data_submit.sh" >&2
  exit 2
fi
exec "$job" data "$@"
