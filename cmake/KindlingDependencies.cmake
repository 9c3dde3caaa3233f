# Everything here is a Debian package; docs/ARCHITECTURE.md says what each is for.

set(THREADS_PREFER_PTHREAD_FLAG ON)
find_package(Threads REQUIRED)
find_package(PNG REQUIRED)
find_package(fmt REQUIRED)
find_package(nlohmann_json REQUIRED)
find_package(CLI11 REQUIRED)
find_package(BLAS REQUIRED)
find_path(CBLAS_INCLUDE_DIR cblas.h PATH_SUFFIXES openblas openblas-pthread REQUIRED)
find_path(RANDOM123_INCLUDE_DIR Random123/philox.h REQUIRED)
find_path(XXHASH_INCLUDE_DIR xxhash.h REQUIRED)

add_library(kindling_random123 INTERFACE)
target_include_directories(kindling_random123 SYSTEM INTERFACE ${RANDOM123_INCLUDE_DIR})

# Header-only use of xxHash (XXH_INLINE_ALL), so that there is nothing to link.
add_library(kindling_xxhash INTERFACE)
target_include_directories(kindling_xxhash SYSTEM INTERFACE ${XXHASH_INCLUDE_DIR})
target_compile_definitions(kindling_xxhash INTERFACE XXH_INLINE_ALL)

if(KINDLING_OPENMP)
  find_package(OpenMP REQUIRED COMPONENTS CXX)
endif()
if(KINDLING_TESTS)
  find_package(GTest REQUIRED)
  include(GoogleTest)
endif()
if(KINDLING_BENCH)
  find_package(benchmark REQUIRED)
endif()
