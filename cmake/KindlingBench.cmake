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

# kindling_op_bench(OP SOURCES a.cc ... [LINK lib ...]): a program for each machine that bench/kernels/op_bench.h knows:
# OP_bench, and with the CUDA backend OP_cuda_bench (fp32 and tf32) and OP_cuda_bf16_bench
function(kindling_op_bench op)
  cmake_parse_arguments(arg "" "" "SOURCES;LINK" ${ARGN})
  list(APPEND arg_SOURCES ${PROJECT_SOURCE_DIR}/bench/kernels/op_bench_main.cc)
  list(APPEND arg_LINK kindling_options kindling_program benchmark::benchmark CLI11::CLI11)
  add_executable(${op}_bench ${arg_SOURCES})
  target_link_libraries(${op}_bench PRIVATE ${arg_LINK} kindling_cpu)
  if(NOT TARGET kindling_cuda)
    return()
  endif()
  foreach(variant cuda:float cuda_bf16:bfloat16)
    string(REPLACE ":" ";" variant ${variant})
    list(GET variant 0 name)
    list(GET variant 1 type)
    add_executable(${op}_${name}_bench ${arg_SOURCES})
    target_compile_definitions(${op}_${name}_bench PRIVATE KINDLING_BENCH_CUDA=${type})
    target_link_libraries(${op}_${name}_bench PRIVATE ${arg_LINK} kindling_bench_cuda)
    kindling_device_bench(${op}_${name}_bench --tiny --batch 1 --cache cold --benchmark_min_time=0.001)
  endforeach()
endfunction()
