// The device: there is one, number 0, unless KINDLING_CUDA_DEVICE says otherwise.

#include <cuda_runtime_api.h>

#include <cstdio>

#include "tests/cuda_on_cpu/device_limits.h"
#include "tests/cuda_on_cpu/state.h"

using namespace kindling::cuda_on_cpu;  // NOLINT: this file defines functions of CUDA

cudaError_t cudaGetDeviceCount(int* count) {
  return api([&](State& s) {
    *count = s.device.count_result == cudaSuccess ? 1 : 0;
    return s.device.count_result;
  });
}

cudaError_t cudaGetDevice(int* device) {
  *device = 0;
  return cudaSuccess;
}

cudaError_t cudaSetDevice(int device) {
  return api([&](State&) { return device == 0 ? cudaSuccess : cudaErrorInvalidDevice; });
}

cudaError_t cudaDriverGetVersion(int* version) {
  *version = CUDART_VERSION;
  return cudaSuccess;
}

cudaError_t cudaRuntimeGetVersion(int* version) {
  *version = CUDART_VERSION;
  return cudaSuccess;
}

cudaError_t cudaGetDeviceProperties(cudaDeviceProp* properties, int device) {
  return api([&](State& s) {
    if (device != 0) return cudaErrorInvalidDevice;
    using Limits = DeviceLimits;
    *properties = {};
    std::snprintf(properties->name, sizeof properties->name, "%s", "CUDA on the CPU (a test tool, no GPU)");
    properties->totalGlobalMem = s.device.memory_bytes;
    properties->sharedMemPerBlock = Limits::kBlockSharedBytes;
    properties->sharedMemPerBlockOptin = Limits::kBlockSharedOptInBytes;
    properties->sharedMemPerMultiprocessor = Limits::kMultiprocessorSharedBytes;
    properties->regsPerBlock = Limits::kRegisters;
    properties->regsPerMultiprocessor = Limits::kRegisters;
    properties->warpSize = static_cast<int>(Warp::kLanes);
    properties->maxThreadsPerBlock = static_cast<int>(Limits::kBlockThreads);
    properties->maxThreadsPerMultiProcessor = Limits::kMultiprocessorThreads;
    properties->maxBlocksPerMultiProcessor = Limits::kMultiprocessorBlocks;
    for (int axis = 0; axis < 3; ++axis) {
      properties->maxThreadsDim[axis] = static_cast<int>(Limits::kBlock[axis]);
      properties->maxGridSize[axis] = static_cast<int>(Limits::kGrid[axis]);
    }
    properties->totalConstMem = Limits::kConstantBytes;
    properties->major = s.device.major;
    properties->minor = s.device.minor;
    properties->multiProcessorCount = Limits::kMultiprocessors;
    properties->l2CacheSize = Limits::kL2Bytes;
    properties->unifiedAddressing = 1;
    properties->canMapHostMemory = 1;
    properties->concurrentKernels = 1;
    properties->asyncEngineCount = 2;
    return cudaSuccess;
  });
}

cudaError_t cudaDeviceGetAttribute(int* value, cudaDeviceAttr attribute, int device) {
  cudaDeviceProp properties{};
  const cudaError_t result = cudaGetDeviceProperties(&properties, device);
  if (result != cudaSuccess) return result;
  switch (attribute) {
    case cudaDevAttrMultiProcessorCount:
      *value = properties.multiProcessorCount;
      break;
    case cudaDevAttrComputeCapabilityMajor:
      *value = properties.major;
      break;
    case cudaDevAttrComputeCapabilityMinor:
      *value = properties.minor;
      break;
    case cudaDevAttrWarpSize:
      *value = properties.warpSize;
      break;
    case cudaDevAttrMaxThreadsPerBlock:
      *value = properties.maxThreadsPerBlock;
      break;
    case cudaDevAttrMaxThreadsPerMultiProcessor:
      *value = properties.maxThreadsPerMultiProcessor;
      break;
    case cudaDevAttrMaxSharedMemoryPerBlock:
      *value = static_cast<int>(properties.sharedMemPerBlock);
      break;
    case cudaDevAttrMaxSharedMemoryPerBlockOptin:
      *value = static_cast<int>(properties.sharedMemPerBlockOptin);
      break;
    case cudaDevAttrL2CacheSize:
      *value = properties.l2CacheSize;
      break;
    default:
      return api([](State&) { return cudaErrorNotSupported; });
  }
  return cudaSuccess;
}

cudaError_t cudaDeviceSynchronize() {
  return api([](State& s) {
    if (s.break_captures()) return cudaErrorStreamCaptureUnsupported;
    s.wait_all();
    return cudaSuccess;
  });
}

cudaError_t cudaMemGetInfo(std::size_t* free, std::size_t* total) {
  return api([&](State& s) {
    *total = s.device.memory_bytes;
    *free = s.device.memory_bytes - s.arena.live_bytes();
    return cudaSuccess;
  });
}
