# How benchmarks are compiled, and tried where the CUDA code runs on the CPU.

# kindling_bench(NAME SOURCES a.cc ... LINK lib ...): a Google Benchmark binary
function(kindling_bench name)
  cmake_parse_arguments(arg "" "" "SOURCES;LINK" ${ARGN})
  add_executable(${name} ${arg_SOURCES})
  target_link_libraries(${name} PRIVATE kindling_options ${arg_LINK} benchmark::benchmark_main)
endfunction()

# kindling_device_bench(TARGET ARGUMENT...): a benchmark of the CUDA backend, among the device_benchmarks. In a build of
# tests/cuda_on_cpu it is also a test, run with these arguments that make it small.
add_custom_target(device_benchmarks)
function(kindling_device_bench target)
  add_dependencies(device_benchmarks ${target})
  if(KINDLING_CUDA_ON_CPU AND KINDLING_TESTS)
    add_dependencies(cuda_on_cpu_tests ${target})
    add_test(NAME seed0.Bench.${target} COMMAND ${target} ${ARGN})
    set_tests_properties(seed0.Bench.${target} PROPERTIES TIMEOUT 300 LABELS cuda_on_cpu ENVIRONMENT KINDLING_CUDA_SEED=0)
  endif()
endfunction()

# kindling_op_bench(OP SOURCES a.cc ... [LINK lib ...] [FLOAT_ONLY]): a program for each machine that
# bench/kernels/op_bench.h knows: OP_bench and OP_bf16_bench, and with the CUDA backend OP_cuda_bench (fp32 and tf32) and OP_cuda_bf16_bench.
# What they share is the library kindling_MACHINE_bench_main (bench/kernels).
function(kindling_op_bench op)
  cmake_parse_arguments(arg "FLOAT_ONLY" "" "SOURCES;LINK" ${ARGN})
  foreach(machine cpu cpu_bf16 cuda cuda_bf16)
    if(NOT TARGET kindling_${machine}_bench_main OR (machine MATCHES "bf16" AND arg_FLOAT_ONLY))
      continue()
    endif()
    string(REPLACE _cpu_ _ program ${op}_${machine}_bench)
    add_executable(${program} ${arg_SOURCES})
    target_link_libraries(${program} PRIVATE ${arg_LINK} kindling_${machine}_bench_main)
    if(NOT machine MATCHES "cpu")
      kindling_device_bench(${program} --tiny --batch 1 --cache cold --benchmark_min_time=0.001)
    endif()
  endforeach()
endfunction()
