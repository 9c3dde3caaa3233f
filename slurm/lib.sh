# shellcheck shell=bash
# What the scripts of this folder share. Sourced in the repository's root, never run; the caller sets -euo pipefail.

# A build folder with this file was made by a build job.
# shellcheck disable=SC2034  # for those who source this
built_here=.made-by-makefile-slurm

# fail STATUS MESSAGE: one line on stderr; the statuses are those of docs/ARCHITECTURE.md.
fail() {
  printf 'kindling slurm: %s\n' "$2" >&2
  exit "$1"
}

# require_count NAME VALUE: a plain number. Bash's arithmetic would run a command that stands in its place.
require_count() { [[ $2 =~ ^(0|[1-9][0-9]{0,5})$ ]] || fail 2 "$1 is ${2@Q}; it must be a whole number"; }

# A site's own: modules, environment. KINDLING_SITE names the file, else slurm/site.sh is read where it exists.
load_site() {
  local file=${KINDLING_SITE:-slurm/site.sh}
  if [ -z "${KINDLING_SITE:-}" ] && [ ! -e "$file" ]; then return 0; fi
  [ -r "$file" ] || fail 2 "can't read the site file $file (KINDLING_SITE)"
  # What `module` runs isn't written for the strict mode.
  set +euo pipefail
  # shellcheck source=/dev/null
  source "$file"
  set -euo pipefail
}

# cifar10_folder DIR: the folder that has the .bin files, DIR itself or one in it, as --data-path finds it.
cifar10_folder() {
  local folder
  for folder in "$1" "$1/cifar-10-batches-bin"; do
    if [ -f "$folder/data_batch_1.bin" ]; then
      printf '%s\n' "$folder"
      return
    fi
  done
  return 1
}

# typed WORD...: the words as a person would type them.
typed() {
  local word plain='^[A-Za-z0-9_./:=,@%+-]+$'
  for word in "$@"; do
    if [[ $word =~ $plain ]]; then printf '%s ' "$word"; else printf '%q ' "$word"; fi
  done
}

# default_preset GPUS: the build that a job with so many GPUs runs.
default_preset() { if [ "$1" -gt 0 ]; then echo cuda-release; else echo cpu-release; fi; }
