# The CUDA toolkit, where KINDLING_CUDA asks for it: sets KINDLING_HAS_CUDA.

set(KINDLING_HAS_CUDA OFF)
if(NOT KINDLING_CUDA MATCHES "^(ON|OFF|AUTO)$")
  message(FATAL_ERROR "KINDLING_CUDA is '${KINDLING_CUDA}'; it may be ON, OFF or AUTO")
endif()
if(KINDLING_CUDA STREQUAL "OFF")
  return()
endif()

# nvcc is often installed but not in the PATH.
if(NOT CMAKE_CUDA_COMPILER AND NOT DEFINED ENV{CUDACXX})
  find_program(KINDLING_NVCC nvcc PATHS $ENV{CUDA_HOME}/bin /usr/local/cuda/bin)
  if(KINDLING_NVCC)
    set(CMAKE_CUDA_COMPILER ${KINDLING_NVCC})
  endif()
endif()
# Turing, Ampere and Hopper, and code for what comes after. Never `native`: a build serves every node of a cluster.
if(NOT CMAKE_CUDA_ARCHITECTURES)
  set(CMAKE_CUDA_ARCHITECTURES 75-real 80-real 90)
endif()
include(CheckLanguage)
check_language(CUDA)
if(NOT CMAKE_CUDA_COMPILER)
  if(KINDLING_CUDA STREQUAL "ON")
    message(FATAL_ERROR "KINDLING_CUDA is ON, but no nvcc was found; set CUDACXX or CUDA_HOME")
  endif()
  message(STATUS "No nvcc found: without the CUDA backend")
  return()
endif()

enable_language(CUDA)
# CMake 3.25 doesn't know how to ask nvcc 13 for C++20.
set(CMAKE_CUDA20_STANDARD_COMPILE_OPTION -std=c++20)
set(CMAKE_CUDA20_EXTENSION_COMPILE_OPTION -std=c++20)
set(CMAKE_CUDA_STANDARD 20)
set(CMAKE_CUDA_EXTENSIONS OFF)
find_package(CUDAToolkit REQUIRED)
set(KINDLING_HAS_CUDA ON)
