#!/usr/bin/env bash
# The commands of tools/gpu_plan.txt, each in a process of its own: tools/gpu_check.sh runs `gpu_steps.sh FUNCTION
# ARGUMENT...` under a time limit. Exit status 77: skipped, with the reason as last line.
set -euo pipefail
# shellcheck source=tools/lib.sh
source "$(dirname "$0")/lib.sh"

state=${KINDLING_STATE:?gpu_check.sh sets it}
bundle=${KINDLING_BUNDLE:-}
python=${KINDLING_GPU_PYTHON:-python3}
build=$state/build
results=$state/results
prefix=$state/prefix
# Where the packed libraries' own needs are found, by the linker and by our programs; not by Python.
libraries=$prefix/lib/$(g++ -print-multiarch 2>/dev/null || echo x86_64-linux-gnu)
peers=$root/bench/peers

rehearsing() { [ "${KINDLING_REHEARSE:-no}" = yes ]; }

skip() {
  echo "skipped: $*" >&2
  exit 77
}

has_gpu() { command -v nvidia-smi >/dev/null && nvidia-smi -L 2>/dev/null | grep -q '^GPU'; }

# ours COMMAND...: runs a program of the build.
ours() { LD_LIBRARY_PATH=$libraries${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH} "$@"; }

# program NAME: its path; skipped where the build hasn't made it.
program() {
  [ -x "$build/bin/$1" ] || skip "$1 was not built"
  echo "$build/bin/$1"
}

# images: the folder with CIFAR-10.
images() {
  if [ -n "${KINDLING_DATA:-}" ]; then
    echo "$KINDLING_DATA"
  else
    [ -d "$state/data/cifar-10-batches-bin" ] || die "no images: the bundle has none and KINDLING_DATA is not set"
    echo "$state/data"
  fi
}

versions() {
  {
    echo "date: $(date -u +'%F %H:%M') UTC"
    echo "commit: $(source_id)"
    echo "machine: $(nproc) CPUs, $(sed -n 's/^model name.*: //p' /proc/cpuinfo | head -n 1)"
    echo "system: $(. /etc/os-release && echo "$PRETTY_NAME"), $(ldd --version | head -n 1)"
    echo "compiler: $(g++ --version | head -n 1); $(cmake --version | head -n 1)"
    if has_gpu; then
      echo "gpu: $(nvidia-smi --query-gpu=name,driver_version,memory.total,clocks.max.sm,power.limit --format=csv,noheader)"
    else
      echo "gpu: none"
    fi
    echo "cuda: $("$(find_nvcc)" --version | grep release)"
    "$python" -c 'import torch; print(f"torch: {torch.__version__}, CUDA {torch.version.cuda}, cuDNN {torch.backends.cudnn.version()}")' ||
      echo "torch: none in $python"
    if [ -n "${KINDLING_DATA:-}" ]; then
      echo "images: KINDLING_DATA"
    else
      grep '^images' "$bundle/bundle.txt" || echo "images: none"
    fi
  } | tee "$results/versions.txt"
  if has_gpu; then nvidia-smi -q >"$results/nvidia-smi.txt"; fi
}

find_nvcc() {
  local nvcc
  for nvcc in "${CUDACXX:-}" "$(command -v nvcc || true)" "${CUDA_HOME:-/usr/local/cuda}/bin/nvcc"; do
    if [ -x "$nvcc" ]; then
      echo "$nvcc"
      return
    fi
  done
  die "no nvcc in PATH, CUDA_HOME or CUDACXX"
}

unpack() {
  [ -f "$bundle/prefix.tar.xz" ] || die "no bundle of tools/gpu_pack.sh: name it with --bundle"
  tar -C "$state" -xJf "$bundle/prefix.tar.xz"
  [ -d "$libraries" ] || die "the bundle is for $(sed -n 's/^from: //p' "$bundle/bundle.txt"), this is $(uname -m)"
  if [ -f "$bundle/images/make_cifar10.py" ] && [ -z "${KINDLING_DATA:-}" ]; then
    # Another JPEG decoder makes slightly other pixels: the script complains, and its files are good all the same.
    "$python" "$bundle/images/make_cifar10.py" "$state/data" ||
      [ -f "$state/data/cifar-10-batches-bin/batches.meta.txt" ]
  fi
}

# python_package NAME: the folder of a package of NVIDIA's in the Python that has PyTorch, if it is there.
python_package() {
  "$python" -c "import sys, importlib; print(list(importlib.import_module(sys.argv[1]).__path__)[0])" "$1" 2>/dev/null
}

# CMake arguments for cuDNN and cuBLAS where the toolkit lacks them and PyTorch's Python has them.
vendor_arguments() {
  local folder library toolkit
  if folder=$(python_package nvidia.cudnn); then echo "-DCUDNN_ROOT=$folder"; fi
  toolkit=$(dirname "$(dirname "$(readlink -f "$(find_nvcc)")")")
  if ! find -L "$toolkit" -maxdepth 5 -name libcublas.so | grep -q .; then
    for folder in $(python_package nvidia.cu13) $(python_package nvidia.cublas); do
      library=$(find "$folder" -name 'libcublas.so.*' | head -n 1)
      if [ -n "$library" ]; then
        echo "-DCUDA_cublas_LIBRARY=$library"
        echo "-DCMAKE_CUDA_FLAGS=-isystem=$folder/include"
        echo "-DCMAKE_CXX_FLAGS=-isystem $folder/include"
        return
      fi
    done
  fi
}

architecture() {
  if [ -n "${KINDLING_GPU_ARCH:-}" ]; then
    echo "$KINDLING_GPU_ARCH"
  elif has_gpu; then
    nvidia-smi --query-gpu=compute_cap --format=csv,noheader | head -n 1 | tr -d .
  else
    rehearsing || die "no GPU here; KINDLING_GPU_ARCH=90 builds for one that is elsewhere"
    echo 90
  fi
}

configure() {
  local arguments generator="Unix Makefiles"
  if command -v ninja >/dev/null; then generator=Ninja; fi
  mapfile -t arguments < <(vendor_arguments)
  # Where the packages are installed they must not be found, or the trial says nothing about the bundle.
  if rehearsing; then arguments+=("-DCMAKE_IGNORE_PREFIX_PATH=/usr;/"); fi
  CUDACXX=$(find_nvcc) ours cmake -S "$root" -B "$build" -G "$generator" -DCMAKE_BUILD_TYPE=Release -DKINDLING_CUDA=ON \
    "-DCMAKE_CUDA_ARCHITECTURES=$(architecture)-real" "-DCMAKE_PREFIX_PATH=$prefix" -DBLA_VENDOR=OpenBLAS \
    "-DCMAKE_LIBRARY_ARCHITECTURE=$(basename "$libraries")" "${arguments[@]}"
  grep -E '^(CUDNN_LIBRARY|CUDNN_INCLUDE_DIR|KINDLING_CUDNN|CMAKE_CUDA_ARCHITECTURES|BLAS_openblas_LIBRARY):' \
    "$build/CMakeCache.txt"
}

compile() { ours cmake --build "$build" -j "$jobs" --target "$@"; }

# compile_if_there TARGET: it may not be part of this tree.
compile_if_there() {
  ours cmake --build "$build" --target help | grep -qE "(^|[ /])$1(:| |$)" || skip "no target $1 in this tree"
  compile "$1"
}

# run_tests LABEL: ctest, then what passed, failed and did not run. Tests that all skip are not passed.
run_tests() {
  local status=0 junit=$results/tests-$1.xml
  ours ctest --test-dir "$build" -L "$1" -j 4 --timeout 240 --no-tests=error --output-on-failure \
    --output-junit "$junit" || status=$?
  python3 "$root/tools/ctest_report.py" "$build" "$junit" | tee "$results/tests-$1.txt"
  if [ "$status" -ne 0 ]; then die "$(sed -n 's/^  failed/failed/p' "$results/tests-$1.txt" | paste -sd ' ')"; fi
  if [ "$1" = device ] && ! has_gpu; then
    skip "no GPU: $(sed -n 's/^device tests: //p' "$results/tests-$1.txt")"
  fi
}

# keep_run NAME: what of a run goes into the results.
keep_run() {
  local file
  mkdir -p "$results/runs/$1"
  for file in epochs.csv run.json batches.csv; do
    [ ! -f "$state/runs/$1/$file" ] || cp "$state/runs/$1/$file" "$results/runs/$1/"
  done
}

# train NAME [options]: the task C1 on the GPU, or what is left of it.
train() {
  local name=$1 status=0 binary data
  shift
  binary=$(program kindling-train)
  data=$(images)
  ours "$binary" --data-path "$data" --device cuda --output-dir "$state/runs/$name" --resume auto "$@" || status=$?
  keep_run "$name"
  return "$status"
}

# compare_devices [options]
compare_devices() {
  local status=0 binary data
  binary=$(program kindling-compare-devices)
  data=$(images)
  ours "$binary" --data-path "$data" --output-dir "$state/runs/compare" --overwrite --require-cuda "$@" || status=$?
  if [ -d "$state/runs/compare" ]; then
    mkdir -p "$results/compare"
    find "$state/runs/compare" -maxdepth 1 -type f -size -2M -exec cp -t "$results/compare" {} +
  fi
  return "$status"
}

# peer NAME SCRIPT ARGUMENT...: a script of bench/peers; its JSON goes into the results, whole or not at all.
peer() {
  local name=$1 script=$2
  shift 2
  if rehearsing; then
    set -- "$@" --device cpu --tiny
  else
    has_gpu || skip "no GPU"
  fi
  "$python" "$peers/$script" "$@" >"$results/$name.json.new"
  mv "$results/$name.json.new" "$results/$name.json"
}

# peer_epoch MODE PRECISION BATCH: whole epochs in PyTorch, with a DataLoader and with the images on the GPU.
peer_epoch() {
  local data
  data=$(images)
  peer "torch-epoch-$1-$2-$3" epoch.py --mode "$1" --precision "$2" --batch "$3" --data "$data"
}

# peer_steps MODE: steps alone, at each batch size in both precisions.
peer_steps() {
  local precision batch
  for precision in bf16 tf32; do
    for batch in 128 512 1024; do
      peer "torch-step-$1-$precision-$batch" gpu_step.py --mode "$1" --precision "$precision" --batch "$batch"
    done
  done
}

step_benchmarks() {
  local precision batch binary
  binary=$(program train_step_cuda_bench)
  for precision in bf16 tf32 fp32; do
    for batch in 128 512 1024; do
      ours "$binary" --precision "$precision" --batch "$batch" --warmup 20 --repeats 100 \
        >"$results/step-$precision-$batch.json"
    done
  done
}

# op_benchmarks MACHINE hot|cold [options]: every op benchmark of cuda (fp32, tf32) or cuda_bf16.
op_benchmarks() {
  local machine=$1 cache=$2 op binary name ops=(conv2d batch_norm head layer)
  if [ "$machine" = cuda ]; then ops+=(optimizer_step); fi
  shift 2
  name=$machine-$cache${*:+$(printf -- '-%s' "${@//--/}")}
  for op in "${ops[@]}"; do
    binary=$(program "${op}_${machine}_bench")
    ours "$binary" --cache "$cache" --benchmark_min_time=0.05 "$@" --benchmark_out_format=json \
      "--benchmark_out=$results/ops-$name-$op.json"
  done
}

# sanitize TOOL: compute-sanitizer over the tests of our own kernels (backend Cuda; what cuDNN does inside is its own
# business), a program after the other so that one report doesn't hide the next.
sanitize() {
  local binary failed=() checker
  checker=$(command -v compute-sanitizer || true)
  if [ -z "$checker" ]; then checker=$(dirname "$(find_nvcc)")/compute-sanitizer; fi
  [ -x "$checker" ] || skip "no compute-sanitizer"
  has_gpu || skip "no GPU"
  for binary in "$build"/bin/*_cuda_test; do
    # The sanitizer calls a program without a matching test an error.
    if ! ours "$binary" --gtest_list_tests --gtest_filter='*Cuda*' | grep -q '^  '; then continue; fi
    ours "$checker" --tool "$1" --error-exitcode 86 "$binary" --gtest_filter='*Cuda*' || failed+=("$(basename "$binary")")
  done
  [ ${#failed[@]} -eq 0 ] || die "$1 complains about ${failed[*]}"
}

describe_device() {
  local binary
  binary=$(program list_conv2d_plans)
  has_gpu || skip "no GPU"
  ours "$binary" --describe-gpu >"$results/device.json"
}

list_plans() {
  local batch binary
  binary=$(program list_conv2d_plans)
  [ -f "$results/device.json" ] || skip "the device was not described"
  for batch in 128 512 1024; do
    ours "$binary" "$results/device.json" "$batch" >"$results/plans-$batch.txt"
  done
}

"$@"
