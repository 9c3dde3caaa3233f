#include "kernels/cuda/cuda_context.h"

#include "kernels/core/dtype.h"
#include "kernels/core/error.h"
#include "kernels/cuda/cuda_device.h"

namespace kindling {
namespace {

constexpr int kOldestArchitecture = 75;
constexpr int kFirstWithTf32 = 80;  // and with bf16

struct DeviceFacts {
  std::string name;      // with its architecture: "NVIDIA H100 80GB HBM3, sm_90"
  int architecture = 0;  // 90
  std::string problem;   // why it can't be used
};

DeviceFacts unusable(const std::string& problem) {
  return {.name = {}, .architecture = 0, .problem = problem};
}

DeviceFacts look_at(int device) {
  int count = 0;
  const cudaError_t result = cudaGetDeviceCount(&count);
  if (result == cudaErrorNoDevice || (result == cudaSuccess && count == 0)) return unusable("no CUDA device found");
  if (result == cudaErrorInsufficientDriver) {
    return unusable("no NVIDIA driver, or one too old for this build's CUDA " + std::to_string(CUDART_VERSION / 1000) +
                    "." + std::to_string(CUDART_VERSION % 1000 / 10));
  }
  if (result != cudaSuccess) {
    return unusable(std::string("cudaGetDeviceCount: ") + cudaGetErrorName(result) + " (" + cudaGetErrorString(result) +
                    ")");
  }
  if (device < 0 || device >= count) {
    return unusable("CUDA device " + std::to_string(device) + " wanted, found " + std::to_string(count));
  }
  cudaDeviceProp properties{};
  check_cuda(cudaGetDeviceProperties(&properties, device), "cudaGetDeviceProperties");
  const int architecture = properties.major * 10 + properties.minor;
  const std::string name = std::string(properties.name) + ", sm_" + std::to_string(architecture);
  if (architecture < kOldestArchitecture) {
    return unusable(name + " is too old, this build needs sm_" + std::to_string(kOldestArchitecture));
  }
  return {.name = name, .architecture = architecture, .problem = {}};
}

// Makes the device the current one, and says its name.
std::string use_device(const CudaOptions& options, bool bf16) {
  const DeviceFacts facts = look_at(options.device);
  if (!facts.problem.empty()) throw Error(ErrorCode::kDevice, facts.problem + "; use --device cpu");
  if ((options.tf32 || bf16) && facts.architecture < kFirstWithTf32) {
    throw Error(ErrorCode::kUsage, std::string("--precision ") + (bf16 ? "bf16" : "tf32") +
                                       " needs sm_80 or newer; this is " + facts.name);
  }
  check_cuda(cudaSetDevice(options.device), "cudaSetDevice");
  return facts.name;
}

ConvAlgorithm checked_algorithm(ConvAlgorithm algorithm) {
  if (algorithm == ConvAlgorithm::kAuto) {
    return Conv2dPlans::available() ? ConvAlgorithm::kCudnn : ConvAlgorithm::kImplicitGemm;
  }
  if (algorithm == ConvAlgorithm::kCudnn || algorithm == ConvAlgorithm::kImplicitGemm) return algorithm;
  throw Error(ErrorCode::kUsage, std::string("--conv ") + name_of(algorithm) +
                                     " is not available in the CUDA backend; it has auto, cudnn and implicit-gemm");
}

}  // namespace

std::string why_no_cuda(int device) {
  return look_at(device).problem;
}

std::string cuda_device_name(int device) {
  return look_at(device).name;
}

bool has_tensor_precisions(int device) {
  return look_at(device).architecture >= kFirstWithTf32;
}

template <class T>
CudaContext<T>::CudaContext(const CudaOptions& options)
    : device_name_(use_device(options, std::is_same_v<T, bfloat16>)),
      conv_(checked_algorithm(options.conv)),
      tf32_(options.tf32),
      stream_(make_stream()),
      copy_stream_(make_stream()),
      blas_(stream_.get(), options.tf32),
      workspace_bytes_(options.workspace_bytes) {
  if (conv_ == ConvAlgorithm::kCudnn) conv2d_plans_.emplace(options.conv2d_plans);
}

template <class T>
Conv2dPlans& CudaContext<T>::conv2d_plans() {
  require(conv2d_plans_.has_value(), "a context without cuDNN was asked for its plans");
  return *conv2d_plans_;
}

template <class T>
std::byte* CudaContext<T>::workspace(std::size_t bytes) {
  require(bytes <= workspace_bytes_, "an op wants more than the context's workspace");
  if (!workspace_) workspace_ = allocate_device(workspace_bytes_, "workspace");
  return workspace_.get();
}

void copy_and_wait(void* to, const void* from, std::size_t bytes, cudaMemcpyKind kind, cudaStream_t stream) {
  if (bytes > 0) check_cuda(cudaMemcpyAsync(to, from, bytes, kind, stream), "cudaMemcpyAsync");
  check_cuda(cudaStreamSynchronize(stream), "cudaStreamSynchronize");
}

template class CudaContext<float>;
template class CudaContext<bfloat16>;

}  // namespace kindling
