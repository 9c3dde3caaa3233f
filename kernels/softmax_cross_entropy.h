#pragma once

#include <cstdint>

#include "kernels/context.h"

namespace kindling {

// What one batch adds to the metrics of an epoch.
struct BatchMetrics {
  double loss_sum = 0;       // sum of the images' losses, not their mean
  std::int64_t correct = 0;  // images whose largest logit (the first of equals) is the label's
  std::int64_t images = 0;

  bool operator==(const BatchMetrics&) const = default;
  double mean_loss() const { return loss_sum / static_cast<double>(images); }
};

// Softmax cross-entropy with optional label smoothing, and its gradient (torch.nn.CrossEntropyLoss, reduction mean).
// With p = softmax(logits[n]), computed from logits minus their maximum, and target q = (1 - smoothing) onehot(label) +
// smoothing / K:
//
//   loss[n] = -sum_k q[k] log p[k],   dlogits[n,k] = (p[k] - q[k]) / N
//
// logits, dlogits: [N, K]; labels: [N], each in [0, K); metrics: one element, assigned. dlogits may be empty
// (evaluation needs no gradient) or the same memory as logits. A loss that isn't finite is no error here: it shows in
// loss_sum.
template <class C>
struct SoftmaxCrossEntropy {
  ConstParams<C> logits;
  View<typename C::space, const std::int32_t> labels;
  std::int64_t classes = 0;
  double label_smoothing = 0;
  Params<C> dlogits;
  View<typename C::space, BatchMetrics> metrics;
};

template <class T>
void softmax_cross_entropy(ReferenceContext<T>& context, const SoftmaxCrossEntropy<ReferenceContext<T>>& args);
template <class T>
void softmax_cross_entropy(CpuContext<T>& context, const SoftmaxCrossEntropy<CpuContext<T>>& args);
template <class T>
void softmax_cross_entropy(CudaContext<T>& context, const SoftmaxCrossEntropy<CudaContext<T>>& args);

}  // namespace kindling
