# The CUDA code on the CPU (tests/cuda_on_cpu). Needs the headers of the CUDA toolkit, no GPU and no nvcc.

if(KINDLING_CUDA_ON_CPU STREQUAL "asan")
  if(NOT KINDLING_SANITIZE STREQUAL "address")
    message(FATAL_ERROR "KINDLING_CUDA_ON_CPU=asan needs KINDLING_SANITIZE=address (the preset cuda-on-cpu sets both)")
  endif()
elseif(KINDLING_CUDA_ON_CPU STREQUAL "race")
  if(KINDLING_SANITIZE)
    message(FATAL_ERROR "KINDLING_CUDA_ON_CPU=race excludes KINDLING_SANITIZE (the preset is cuda-on-cpu-race)")
  endif()
else()
  message(FATAL_ERROR "KINDLING_CUDA_ON_CPU is '${KINDLING_CUDA_ON_CPU}'; it may be empty, asan or race")
endif()

find_path(CUDA_INCLUDE_DIR cuda_runtime_api.h PATHS $ENV{CUDA_HOME}/include /usr/local/cuda/include REQUIRED)
file(STRINGS ${CUDA_INCLUDE_DIR}/cuda_runtime_api.h cuda_version REGEX "^#define CUDART_VERSION +[0-9]+")
string(REGEX MATCH "[0-9]+$" cuda_version "${cuda_version}")
math(EXPR cuda_major "${cuda_version} / 1000")
math(EXPR cuda_minor "${cuda_version} % 1000 / 10")
set(KINDLING_CUDA_HEADERS_VERSION ${cuda_major}.${cuda_minor})
add_library(kindling_cuda_headers INTERFACE)
target_include_directories(kindling_cuda_headers SYSTEM INTERFACE ${CUDA_INCLUDE_DIR})

# kindling_cuda_on_cpu(TARGET): its .cu sources are compiled as C++, and it links the stand-in for the CUDA runtime.
function(kindling_cuda_on_cpu target)
  get_target_property(sources ${target} SOURCES)
  list(FILTER sources INCLUDE REGEX "\\.cu$")
  if(sources)
    set_source_files_properties(${sources} PROPERTIES LANGUAGE CXX)
  endif()
  if(sources AND KINDLING_CUDA_ON_CPU STREQUAL "race")
    # Only what runs on the device, and only to compile: the callbacks are the runtime's, not ThreadSanitizer's.
    set_source_files_properties(${sources} PROPERTIES COMPILE_OPTIONS "-fsanitize=thread;-fno-omit-frame-pointer")
  elseif(sources)
    # The time that these tests take is spent here.
    set_source_files_properties(${sources} PROPERTIES COMPILE_OPTIONS -O2)
  endif()
  target_link_libraries(${target} PUBLIC kindling_cuda_on_cpu)
endfunction()

# kindling_cuda_on_cpu_test(NAME SOURCES a.cc b.cu ... LINK lib ... [SEEDS 0 1 ...]): a GoogleTest binary on this runtime;
# every TEST is a ctest test for each seed of the schedule, with the label cuda_on_cpu. The target cuda_on_cpu_tests
# builds all of them.
add_custom_target(cuda_on_cpu_tests)
function(kindling_cuda_on_cpu_test name)
  # SERIAL changes nothing: each process has a device of its own.
  cmake_parse_arguments(arg "SERIAL" "" "SOURCES;LINK;SEEDS" ${ARGN})
  if(NOT arg_SEEDS)
    set(arg_SEEDS 0 1 2 3)
  endif()
  add_executable(${name} ${arg_SOURCES})
  add_dependencies(cuda_on_cpu_tests ${name})
  target_link_libraries(${name} PUBLIC kindling_options kindling_source_path ${arg_LINK} GTest::gmock_main)
  target_compile_options(${name} PRIVATE ${KINDLING_TEST_OPTIONS})
  kindling_cuda_on_cpu(${name})
  foreach(seed ${arg_SEEDS})
    gtest_discover_tests(
      ${name}
      TEST_PREFIX seed${seed}.
      TEST_LIST ${name}_seed${seed}
      DISCOVERY_TIMEOUT 60
      PROPERTIES TIMEOUT 900 LABELS cuda_on_cpu ENVIRONMENT KINDLING_CUDA_SEED=${seed})
  endforeach()
endfunction()
