#include "kernels/softmax_cross_entropy.h"

#include <algorithm>
#include <cmath>
#include <string>

#include "kernels/core/check.h"
#include "kernels/cpu/cpu_context.h"

namespace kindling {

// A batch is a few thousand numbers: one thread, in double.
template <class T>
void softmax_cross_entropy(CpuContext<T>& /*context*/, const SoftmaxCrossEntropy<CpuContext<T>>& args) {
  const std::int64_t images = args.labels.size();
  const std::int64_t classes = args.classes;
  const OpCheck check("softmax_cross_entropy");
  check.positive("classes", classes);
  check.size("logits", args.logits, images * classes);
  check.optional_size("dlogits", args.dlogits, images * classes);
  check.size("metrics", args.metrics, 1);
  const double off_target = args.label_smoothing / static_cast<double>(classes);
  const double on_target = 1 - args.label_smoothing + off_target;

  BatchMetrics metrics{.loss_sum = 0, .correct = 0, .images = images};
  for (std::int64_t n = 0; n < images; ++n) {
    const float* logits = args.logits.data() + n * classes;
    const std::int64_t label = args.labels[n];
    if (label < 0 || label >= classes) {
      check.fail("labels", " has " + std::to_string(label) + " at " + std::to_string(n) + ", wanted 0 to " +
                               std::to_string(classes - 1));
    }
    const std::int64_t best = std::max_element(logits, logits + classes) - logits;
    const double maximum = logits[best];
    double sum = 0;
    for (std::int64_t k = 0; k < classes; ++k) sum += std::exp(double{logits[k]} - maximum);
    const double log_sum = maximum + std::log(sum);
    for (std::int64_t k = 0; k < classes; ++k) {
      const double target = k == label ? on_target : off_target;
      const double log_p = double{logits[k]} - log_sum;
      if (target != 0) metrics.loss_sum -= target * log_p;  // 0 log 0 is 0
      if (args.dlogits.empty()) continue;
      // The logit was read before its place is overwritten: dlogits may be the same memory.
      args.dlogits[n * classes + k] = static_cast<float>((std::exp(log_p) - target) / static_cast<double>(images));
    }
    metrics.correct += best == label ? 1 : 0;
  }
  args.metrics[0] = metrics;
}

template void softmax_cross_entropy(CpuContext<float>&, const SoftmaxCrossEntropy<CpuContext<float>>&);
template void softmax_cross_entropy(CpuContext<bfloat16>&, const SoftmaxCrossEntropy<CpuContext<bfloat16>>&);

}  // namespace kindling
