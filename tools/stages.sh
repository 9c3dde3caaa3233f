# shellcheck shell=bash
# The stages that tools/test.sh --long and .ci/run are made of. Sourced after tools/lib.sh.
# shellcheck disable=SC2154  # root and jobs are lib.sh's

stage_names=()
stage_results=()
stage_seconds=()
logs=$root/build/logs

# stage NAME COMMAND...: runs it, keeps its output in build/logs/NAME.log too, goes on if it fails.
stage() {
  local name=$1 start=$SECONDS result=ok
  shift
  mkdir -p "$logs"
  say "stage $name"
  # A subshell, so that an error ends the stage and not the run; no `||` after it, which would switch -e off inside.
  set +e
  (
    set -e
    "$@"
  ) 2>&1 | tee "$logs/$name.log"
  if [ "${PIPESTATUS[0]}" -ne 0 ]; then result=FAILED; fi
  set -e
  stage_names+=("$name")
  stage_results+=("$result")
  stage_seconds+=($((SECONDS - start)))
  say "stage $name: $result, $(minutes $((SECONDS - start)))"
}

# What became of all stages; not zero if one failed.
stage_table() {
  local i failed=()
  printf '%-22s %-7s %s\n' stage result min:s
  for i in "${!stage_names[@]}"; do
    printf '%-22s %-7s %5s\n' "${stage_names[i]}" "${stage_results[i]}" "$(minutes "${stage_seconds[i]}")"
    if [ "${stage_results[i]}" != ok ]; then failed+=("${stage_names[i]}"); fi
  done
  printf '%-22s %-7s %5s\n' total '' "$(minutes "$SECONDS")"
  if [ ${#failed[@]} -gt 0 ]; then
    echo "FAILED: ${failed[*]} (logs in build/logs)"
    return 1
  fi
}

# summarize_tests STAGE...: what ctest and its report said in these stages.
summarize_tests() {
  local name
  for name in "$@"; do
    if [ ! -f "$logs/$name.log" ]; then continue; fi
    echo "$name:"
    grep -hE '^[0-9]+ tests: |^  failed|^[0-9]+% tests passed' "$logs/$name.log" || echo "no test ran"
  done
}

# run_tests BUILD [ctest options]: runs the tests of build/BUILD, shows all but the passing ones, then sums them up.
run_tests() {
  local build=$root/build/$1 junit=$root/build/logs/${1//\//-}.xml status=0
  shift
  mkdir -p "$logs"
  # Idle OpenMP threads that spin would slow the test beside them.
  OMP_WAIT_POLICY=passive UBSAN_OPTIONS=print_stacktrace=1 TSAN_OPTIONS=halt_on_error=1 \
    ctest --test-dir "$build" -j "$jobs" --output-on-failure --no-tests=error --output-junit "$junit" "$@" |
    grep --line-buffered -vE '^ *Start +[0-9]+:|^ *[0-9]+/[0-9]+ Test .* Passed ' || status=1
  python3 "$root/tools/ctest_report.py" "$build" "$junit"
  return "$status"
}

build_and_test() {
  local preset=$1
  shift
  build_preset "$preset"
  run_tests "$preset" "$@"
}

# test_memory PRESET [ctest options]: what CI has time for under AddressSanitizer, and no program that only other tests need.
test_memory() {
  local preset=$1
  shift
  build_preset "$preset" memory_tests
  run_tests "$preset" "$@"
}

# build_and_test_threads [ctest options]: the loader and the writer of checkpoints, which are what has threads of its own,
# and the accounts of time that they write to; libgomp is not instrumented, so this preset has no OpenMP.
build_and_test_threads() {
  build_preset cpu-tsan tests/data/all background_writer_test accounting_test
  run_tests cpu-tsan/tests/data "$@"
  run_tests cpu-tsan/tests/engine -R '^(BackgroundWriter|Accounting|Verdict)\.' "$@"
}

# And the rest that is written to disk, and the whole program, which takes minutes to compile.
build_and_test_more_threads() {
  build_and_test_threads "$@"
  build_preset cpu-tsan tests/engine/io/all kindling-train
  run_tests cpu-tsan/tests/engine/io "$@"
  run_tests cpu-tsan/tests/apps -R 'train_resume_test|kill_test$'
}

# Whether there is a CUDA toolkit to compile with; the CUDA stages are left out where there is none.
has_cuda() { command -v nvcc >/dev/null || [ -x /usr/local/cuda/bin/nvcc ]; }

# nvcc compiles everything for every card. Device tests skip without a GPU; cuDNN's plans are chosen for real, and no
# kernel may spill registers.
build_and_test_cuda() {
  build_preset cuda-release device_tests cudnn_plans_test
  run_tests cuda-release -L 'device|cudnn|cuda-resources'
}

# The same without cuDNN, as far as that goes without a GPU: built and linked.
build_without_cudnn() {
  build_preset cuda-without-cudnn kindling-train conv2d_cuda_test
  run_tests cuda-without-cudnn -R '^Conv2d'
}

# What a build without cuDNN does, on the CPU.
test_without_cudnn() {
  build_preset cuda-on-cpu-without-cudnn kindling-train conv2d_cuda_test device_training_test
  run_tests cuda-on-cpu-without-cudnn -R '^seed0.*(Conv2d|DeviceTraining|Apps)'
}

# test_cuda_on_cpu PRESET [ctest options]: the device code on the CPU (tests/cuda_on_cpu).
test_cuda_on_cpu() {
  local preset=$1
  shift
  build_preset "$preset" cuda_on_cpu_tests
  run_tests "$preset" -L cuda_on_cpu "$@"
}

# The same for the tests of ops, training and the runtime itself, not for whole programs: what CI has time for.
test_races() {
  build_preset cuda-on-cpu-race cuda_on_cpu_test device_op_tests trainer_cuda_test device_training_test
  run_tests cuda-on-cpu-race -L cuda_on_cpu "$@"
}

# Each benchmark of the CUDA backend once, with tiny sizes.
try_device_benchmarks() {
  build_preset cuda-on-cpu-bench device_benchmarks
  run_tests cuda-on-cpu-bench -R 'Bench\.'
}

# A second compiler, with its own warnings; it also leaves the compile commands that clang-tidy reads.
configure_clang() {
  say "configuring build/cpu-clang"
  mkdir -p "$logs"
  cmake -S "$root" -B "$root/build/cpu-clang" -G Ninja -DCMAKE_CXX_COMPILER=clang++ -DCMAKE_BUILD_TYPE=Debug \
    -DCMAKE_CXX_FLAGS_DEBUG="-O1 -g1" -DCMAKE_EXPORT_COMPILE_COMMANDS=ON >"$logs/configure-cpu-clang.log" 2>&1 ||
    die "cmake can't configure build/cpu-clang (log: build/logs/configure-cpu-clang.log)"
}

# All files, benchmarks included, for clang's warnings alone: in half the time of a build.
compile_with_clang() {
  configure_clang
  cmake --build "$root/build/cpu-clang" --target kindling_git_state -- --quiet
  "$root/tools/check_compiles.py" "$root/build/cpu-clang"
}

build_with_clang() {
  configure_clang
  cmake --build "$root/build/cpu-clang" -j "$jobs" -- --quiet || die "clang doesn't build it"
}
