#!/usr/bin/env bash
# Proves the tree right: installs packages, builds the preset cpu-release and runs its tests.
#
#   tools/test.sh [--long] [--no-install]
#
# Takes up to 15 minutes on 2 cores from a fresh clone. --long also runs every other preset, the long tests, every
# planted bug and clang-tidy over everything (hours), and writes tests/long_run_summary.txt.
# Tests on real images need KINDLING_DATA=DIR (the CIFAR-10 .bin files or their parent) and are skipped without it.
set -euo pipefail
# shellcheck source=tools/lib.sh
source "$(dirname "$0")/lib.sh"
# shellcheck source=tools/stages.sh
source "$root/tools/stages.sh"

long=no
install=yes
for argument in "$@"; do
  case $argument in
    --long) long=yes ;;
    --no-install) install=no ;;
    -h | --help)
      sed -n '2,8s/^# \{0,1\}//p' "$0"
      exit 0
      ;;
    *) die "unknown option $argument (known: --long, --no-install)" ;;
  esac
done

groups=(build tests)
if [ "$long" = yes ]; then groups=(build tests oracle checks slurm); fi
if [ "$install" = yes ]; then install_packages "${groups[@]}"; fi
use_ccache
if [ -z "${KINDLING_DATA:-}" ]; then say "KINDLING_DATA is not set: tests on real images will be skipped"; fi

if [ "$long" = no ]; then
  build_preset cpu-release apps/all tests/all  # no benchmarks
  run_tests cpu-release -LE long
  exit
fi

stage cpu-release build_and_test cpu-release
stage cpu-debug build_and_test cpu-debug -LE 'check|band'
stage cpu-asan build_and_test cpu-asan -LE 'check|band'
stage cpu-tsan build_and_test_more_threads
stage fuzz "$root/tools/fuzz.sh" 1800
if has_cuda; then
  stage cuda build_and_test_cuda
  stage cuda-on-cpu test_cuda_on_cpu cuda-on-cpu
  stage cuda-on-cpu-race test_cuda_on_cpu cuda-on-cpu-race
  stage device-benchmarks try_device_benchmarks
  stage without-cudnn build_without_cudnn
  stage without-cudnn-on-cpu test_without_cudnn
fi
stage clang build_with_clang
stage clang-tests run_tests cpu-clang -LE 'long|check'
stage clang-tidy "$root/tools/check_tidy.sh" "$root/build/cpu-clang" kernels engine data apps tests bench
stage planted-bugs "$root/tools/planted_bugs.py" --all

data=no
if [ -n "${KINDLING_DATA:-}" ]; then data=yes; fi
summary=$root/tests/long_run_summary.txt
{
  echo "tools/test.sh --long, commit $(source_id), $(date -u +%F), $(nproc) cores, real data: $data"
  stage_table || true
  for log in "$logs"/{cpu-release,cpu-debug,cpu-asan,cpu-tsan,fuzz,cuda,cuda-on-cpu,cuda-on-cpu-race,device-benchmarks,without-cudnn,without-cudnn-on-cpu,clang-tests,clang-tidy,planted-bugs}.log; do
    grep -hE '^[0-9]+ tests: |^device tests: |^  skipped |^clang-tidy: |^fuzz: |planted bugs, each' "$log" |
      sed "s/^/$(basename "$log" .log): /" || true
  done
} >"$summary"
say "summary in tests/long_run_summary.txt"
stage_table
