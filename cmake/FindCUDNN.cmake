# Finds cuDNN 9 and makes the target CUDNN::cudnn (headers, also those of the CUDA runtime, as system headers).
#
#   CUDNN_ROOT           where to look first: a folder with include/ and lib/ (or lib64/), for example the folder
#                        nvidia/cudnn of a Python environment that has PyTorch
#   CUDNN_FOUND, CUDNN_VERSION
find_package(CUDAToolkit QUIET)
find_path(
  CUDNN_INCLUDE_DIR cudnn.h
  HINTS ${CUDNN_ROOT} ${CUDAToolkit_INCLUDE_DIRS}
  PATH_SUFFIXES include)
find_library(
  CUDNN_LIBRARY
  NAMES cudnn libcudnn.so.9 # Python packages have no libcudnn.so
  NAMES_PER_DIR # else a libcudnn.so elsewhere would go before what lies with the headers
  HINTS ${CUDNN_ROOT} ${CUDAToolkit_LIBRARY_DIR} ${CUDAToolkit_INCLUDE_DIRS}/..
  PATH_SUFFIXES lib lib64)
if(CUDNN_INCLUDE_DIR AND EXISTS ${CUDNN_INCLUDE_DIR}/cudnn_version.h)
  foreach(part MAJOR MINOR PATCHLEVEL)
    file(STRINGS ${CUDNN_INCLUDE_DIR}/cudnn_version.h line REGEX "^#define CUDNN_${part} +[0-9]+" LIMIT_COUNT 1)
    string(REGEX REPLACE ".* ([0-9]+).*" "\\1" CUDNN_${part} "${line}")
  endforeach()
  set(CUDNN_VERSION ${CUDNN_MAJOR}.${CUDNN_MINOR}.${CUDNN_PATCHLEVEL})
endif()

include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(
  CUDNN
  REQUIRED_VARS CUDNN_LIBRARY CUDNN_INCLUDE_DIR CUDAToolkit_INCLUDE_DIRS
  VERSION_VAR CUDNN_VERSION)
mark_as_advanced(CUDNN_INCLUDE_DIR CUDNN_LIBRARY)

if(CUDNN_FOUND AND NOT TARGET CUDNN::cudnn)
  add_library(CUDNN::cudnn UNKNOWN IMPORTED)
  set_target_properties(
    CUDNN::cudnn
    PROPERTIES IMPORTED_LOCATION ${CUDNN_LIBRARY}
               INTERFACE_INCLUDE_DIRECTORIES "${CUDNN_INCLUDE_DIR};${CUDAToolkit_INCLUDE_DIRS}")
endif()
