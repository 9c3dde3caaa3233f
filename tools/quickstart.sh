#!/usr/bin/env bash
# From a fresh clone on Debian 12 to a training run: installs packages, builds, finds CIFAR-10, trains for a few minutes.
#
#   tools/quickstart.sh [--data-path DIR] [--no-install] [kindling-train options]
#
# Data: --data-path, else KINDLING_DATA, else CIFAR-10 from its home page (kept in build/data), else, without network,
# the built-in synthetic set; with --dataset NAME just what that and --data-path say. Other options are handed to
# kindling-train, and those that keep this run short are added where the command line doesn't have them.
set -euo pipefail
# shellcheck source=tools/lib.sh
source "$(dirname "$0")/lib.sh"

data_path=${KINDLING_DATA:-}
dataset=
install=yes
options=()
while [ $# -gt 0 ]; do
  case $1 in
    --data-path)
      [ $# -ge 2 ] || die "--data-path needs a folder"
      data_path=$2
      shift
      ;;
    --data-path=*) data_path=${1#*=} ;;
    --dataset)
      [ $# -ge 2 ] || die "--dataset needs a name"
      dataset=$2
      shift
      ;;
    --dataset=*) dataset=${1#*=} ;;
    --no-install) install=no ;;
    -h | --help)
      sed -n '2,8s/^# \{0,1\}//p' "$0"
      exit 0
      ;;
    *) options+=("$1") ;;
  esac
  shift
done

if [ "$install" = yes ]; then install_packages build tests; fi
use_ccache
build_preset cpu-release kindling-train kindling-predict

# given NAME: whether kindling-train's option --NAME is on the command line
given() {
  local word
  for word in "${options[@]}"; do
    case $word in "--$1" | "--$1="*) return 0 ;; esac
  done
  return 1
}

if [ -n "$dataset" ]; then
  data=(--dataset "$dataset")
  if [ -n "$data_path" ] && [ "$dataset" != synthetic ]; then data+=(--data-path "$(realpath -m "$data_path")"); fi
  say "data: ${data[*]}"
elif [ -n "$data_path" ]; then
  data_path=$(realpath -m "$data_path")
  [ -d "$data_path" ] || die "no folder $data_path (from --data-path or KINDLING_DATA)"
  say "data: CIFAR-10 in $data_path"
  data=(--data-path "$data_path")
elif "$root/tools/fetch_cifar10.sh" "$root/build/data"; then
  say "data: the official CIFAR-10 archive, in build/data"
  data=(--data-path "$root/build/data")
else
  say "data: no CIFAR-10 here, so the built-in SYNTHETIC set: it shows that training works, its accuracy means nothing"
  data=(--dataset synthetic)
fi

# Only this script's own folder may be replaced unasked, never one that the user names or resumes.
if ! given output-dir && ! given resume; then options+=(--overwrite); fi

# What keeps this run short; an option given on the command line replaces its own.
short=()
for default in width=16 epochs=2 limit-batches=100 max-minutes=4; do
  if ! given "${default%%=*}"; then short+=("--$default"); fi
done
options+=("${short[@]}")
if ! given output-dir; then options+=("--output-dir=$root/out/quickstart"); fi

say "training; to keep it short: ${short[*]:-nothing is set} (the task itself: width 64, 5 epochs of 391 batches)"
train=$root/build/cpu-release/bin/kindling-train
"$train" "${data[@]}" "${options[@]}"

say "done; the output folder holds batches.csv, epochs.csv, run.json and weights.safetensors. Next:"
echo "   the whole task, full width, 5 epochs:  $train ${data[*]@Q} --output-dir out/c1"
echo "   every option:                          $train --help"
echo "   prove it right:                        $root/tools/test.sh"
