#include "kernels/softmax_cross_entropy.h"

#include "kernels/core/check.h"
#include "kernels/core/dtype.h"
#include "kernels/cuda/cuda_context.h"
#include "kernels/cuda/grid.h"

namespace kindling {
namespace {

struct LossArgs {
  const float* logits;
  const std::int32_t* labels;
  float* dlogits;  // may be null, or logits
  unsigned images;
  unsigned classes;
  float on_target;   // q of the label's class
  float off_target;  // q of the others
};

struct ImageLoss {
  float loss;
  bool correct;
};

// One image by one thread: a batch is a few thousand numbers. A label outside [0, K) has no class to add the loss of;
// NaN makes it show.
__device__ ImageLoss loss_of_image(const LossArgs& args, unsigned n) {
  const float* const logits = args.logits + std::int64_t{n} * args.classes;
  const auto label = static_cast<unsigned>(args.labels[n]);
  unsigned best = 0;
  for (unsigned k = 1; k < args.classes; ++k) {
    if (logits[k] > logits[best]) best = k;
  }
  const float maximum = logits[best];
  float sum = 0;
  for (unsigned k = 0; k < args.classes; ++k) sum += expf(logits[k] - maximum);
  const float log_sum = logf(sum);
  float loss = label < args.classes ? 0 : nanf("");
  for (unsigned k = 0; k < args.classes; ++k) {
    const float target = k == label ? args.on_target : args.off_target;
    const float z = logits[k] - maximum;
    if (target != 0) loss -= target * (z - log_sum);  // 0 log 0 is 0
    // The logit was read before its place is overwritten; the maximum is not read from memory again.
    if (args.dlogits != nullptr) {
      args.dlogits[std::int64_t{n} * args.classes + k] = (expf(z) / sum - target) / static_cast<float>(args.images);
    }
  }
  return {.loss = loss, .correct = best == label};
}

// One block: each thread takes every kBlockThreads-th image, and a tree of fixed shape adds the threads, in double.
__global__ void softmax_cross_entropy_kernel(LossArgs args, BatchMetrics* metrics) {
  KINDLING_SHARED(double, losses, kBlockThreads);
  KINDLING_SHARED(unsigned, corrects, kBlockThreads);
  const unsigned thread = threadIdx.x;
  double loss = 0;
  unsigned correct = 0;
  for (unsigned n = thread; n < args.images; n += kBlockThreads) {
    const ImageLoss image = loss_of_image(args, n);
    loss += double{image.loss};
    correct += image.correct ? 1 : 0;
  }
  losses[thread] = loss;
  corrects[thread] = correct;
  for (unsigned half = kBlockThreads / 2; half > 0; half /= 2) {
    __syncthreads();
    if (thread < half) {
      losses[thread] += losses[thread + half];
      corrects[thread] += corrects[thread + half];
    }
  }
  if (thread != 0) return;
  metrics->loss_sum = losses[0];
  metrics->correct = corrects[0];
  metrics->images = args.images;
}

}  // namespace

template <class T>
void softmax_cross_entropy(CudaContext<T>& context, const SoftmaxCrossEntropy<CudaContext<T>>& args) {
  const std::int64_t images = args.labels.size();
  const std::int64_t classes = args.classes;
  const OpCheck check("softmax_cross_entropy");
  check.positive("classes", classes);
  check.size("logits", args.logits, images * classes);
  check.optional_size("dlogits", args.dlogits, images * classes);
  check.size("metrics", args.metrics, 1);
  const double off_target = args.label_smoothing / static_cast<double>(classes);
  const LossArgs pointers{.logits = args.logits.data(),
                          .labels = args.labels.data(),
                          .dlogits = args.dlogits.empty() ? nullptr : args.dlogits.data(),
                          .images = static_cast<unsigned>(images),
                          .classes = static_cast<unsigned>(classes),
                          .on_target = static_cast<float>(1 - args.label_smoothing + off_target),
                          .off_target = static_cast<float>(off_target)};
  launch(softmax_cross_entropy_kernel, dim3(1), dim3(kBlockThreads), 0, context.stream(), pointers,
         args.metrics.data());
}

template void softmax_cross_entropy(CudaContext<float>&, const SoftmaxCrossEntropy<CudaContext<float>>&);
template void softmax_cross_entropy(CudaContext<bfloat16>&, const SoftmaxCrossEntropy<CudaContext<bfloat16>>&);

}  // namespace kindling
