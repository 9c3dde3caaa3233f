# How every library, program, test and benchmark of the project is compiled.

add_library(kindling_options INTERFACE)
target_compile_features(kindling_options INTERFACE cxx_std_20)
target_include_directories(kindling_options INTERFACE ${PROJECT_SOURCE_DIR})
set(warnings -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wold-style-cast -Wnon-virtual-dtor -Woverloaded-virtual
             -Wimplicit-fallthrough -Werror)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
  # False alarms on "text" + std::string (GCC bug 105651).
  list(APPEND warnings -Wno-restrict)
endif()
if(NOT KINDLING_OPENMP)
  list(APPEND warnings -Wno-unknown-pragmas)
endif()
target_compile_options(kindling_options INTERFACE "$<$<COMPILE_LANGUAGE:CXX>:${warnings}>")
# What nvcc makes of a .cu file for the host compiler has lines and casts of its own that -Wpedantic, -Wold-style-cast
# and the like blame; the C++ compiler sees the same files with all warnings in the builds of tests/cuda_on_cpu.
target_compile_options(
  kindling_options INTERFACE "$<$<COMPILE_LANGUAGE:CUDA>:--Werror=all-warnings;--expt-relaxed-constexpr;-Xcompiler=-Wall,-Wextra,-Wshadow,-Wno-restrict>")
if(KINDLING_SANITIZE STREQUAL "address")
  set(KINDLING_SANITIZE_FLAGS -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer)
elseif(KINDLING_SANITIZE STREQUAL "thread")
  set(KINDLING_SANITIZE_FLAGS -fsanitize=thread -fno-omit-frame-pointer)
elseif(NOT KINDLING_SANITIZE STREQUAL "")
  message(FATAL_ERROR "KINDLING_SANITIZE is '${KINDLING_SANITIZE}'; it may be empty, address or thread")
endif()
if(KINDLING_FUZZ)
  if(NOT CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
    message(FATAL_ERROR "KINDLING_FUZZ needs clang, found ${CMAKE_CXX_COMPILER_ID} (the preset fuzz sets it)")
  endif()
  list(APPEND KINDLING_SANITIZE_FLAGS -fsanitize=fuzzer-no-link) # counts branches, which steers libFuzzer
endif()
target_compile_options(kindling_options INTERFACE "$<$<COMPILE_LANGUAGE:CXX>:${KINDLING_SANITIZE_FLAGS}>")
target_link_options(kindling_options INTERFACE ${KINDLING_SANITIZE_FLAGS})

set(CMAKE_CXX_EXTENSIONS OFF)

# A test's own code does little work. At -O1, under a sanitizer at -O0, it is compiled in a half to two thirds of the time.
set(KINDLING_TEST_OPTIONS $<$<AND:$<COMPILE_LANGUAGE:CXX>,$<CONFIG:Release>>:-O1>)
if(KINDLING_SANITIZE)
  set(KINDLING_TEST_OPTIONS $<$<COMPILE_LANGUAGE:CXX>:-O0>)
endif()

# kindling_library(NAME SOURCES a.cc ... LINK lib ...)
function(kindling_library name)
  cmake_parse_arguments(arg "" "" "SOURCES;LINK" ${ARGN})
  add_library(${name} STATIC ${arg_SOURCES})
  target_link_libraries(${name} PUBLIC kindling_options ${arg_LINK})
endfunction()

# kindling_program(NAME SOURCES a.cc ... LINK lib ...)
function(kindling_program name)
  cmake_parse_arguments(arg "" "" "SOURCES;LINK" ${ARGN})
  add_executable(${name} ${arg_SOURCES})
  target_link_libraries(${name} PRIVATE kindling_options ${arg_LINK})
endfunction()

# kindling_test(NAME SOURCES a.cc ... LINK lib ... [LABELS l] [SERIAL]): a GoogleTest binary; every TEST is a ctest test.
# SERIAL: with no other test beside it, for one that compares times or sees all of a GPU's memory. The target memory_tests builds what .ci/run tests
# under AddressSanitizer: no whole runs, nothing that needs a GPU.
add_custom_target(memory_tests)
function(kindling_test name)
  cmake_parse_arguments(arg "SERIAL" "LABELS" "SOURCES;LINK" ${ARGN})
  add_executable(${name} ${arg_SOURCES})
  target_link_libraries(${name} PRIVATE kindling_options kindling_source_path ${arg_LINK} GTest::gmock_main)
  target_compile_options(${name} PRIVATE ${KINDLING_TEST_OPTIONS})
  set(properties TIMEOUT 300)
  if(arg_LABELS)
    list(APPEND properties LABELS ${arg_LABELS})
  endif()
  if(NOT arg_LABELS MATCHES "^(long|whole|device|cudnn)$")
    add_dependencies(memory_tests ${name})
  endif()
  if(arg_SERIAL)
    list(APPEND properties RUN_SERIAL TRUE)
  endif()
  gtest_discover_tests(${name} DISCOVERY_TIMEOUT 60 PROPERTIES ${properties})
endfunction()

# kindling_device_test(NAME SOURCES a.cc ... LINK lib ...): a test of the CUDA backend. With nvcc it carries the label
# `device` and skips itself where there is no GPU; in a build of tests/cuda_on_cpu it runs on the CPU.
add_custom_target(device_tests)  # all of them, of a build for real GPUs
function(kindling_device_test name)
  if(KINDLING_CUDA_ON_CPU)
    kindling_cuda_on_cpu_test(${name} ${ARGN} SEEDS 0 1)
    target_compile_definitions(${name} PRIVATE KINDLING_TEST_CUDA_ON_CPU)
  else()
    kindling_test(${name} ${ARGN} LABELS device)
    add_dependencies(device_tests ${name})
  endif()
  target_compile_definitions(${name} PRIVATE KINDLING_TEST_CUDA)
endfunction()
