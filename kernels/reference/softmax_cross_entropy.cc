#include "kernels/softmax_cross_entropy.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <string>
#include <vector>

#include "kernels/core/check.h"
#include "kernels/reference/reference_context.h"

namespace kindling {
namespace {

// log softmax of one row, in double. A NaN or an infinity makes the row NaN.
template <class T>
void log_softmax(const T* logits, std::vector<double>& log_p) {
  const auto classes = static_cast<std::int64_t>(log_p.size());
  const auto max = static_cast<double>(*std::max_element(logits, logits + classes));
  double sum = 0;
  for (std::int64_t k = 0; k < classes; ++k) sum += std::exp(static_cast<double>(logits[k]) - max);
  const double log_sum = std::log(sum);
  std::transform(logits, logits + classes, log_p.begin(),
                 [&](T logit) { return static_cast<double>(logit) - max - log_sum; });
}

}  // namespace

template <class T>
void softmax_cross_entropy(ReferenceContext<T>& /*context*/, const SoftmaxCrossEntropy<ReferenceContext<T>>& args) {
  const OpCheck check("softmax_cross_entropy");
  const std::int64_t classes = args.classes;
  const std::int64_t images = args.labels.size();
  check.positive("classes", classes);
  check.size("logits", args.logits, images * classes);
  check.optional_size("dlogits", args.dlogits, images * classes);
  check.size("metrics", args.metrics, 1);

  const double smoothing = args.label_smoothing;
  BatchMetrics metrics{.loss_sum = 0, .correct = 0, .images = images};
  std::vector<double> log_p(static_cast<std::size_t>(classes));
  for (std::int64_t n = 0; n < images; ++n) {
    const T* logits = args.logits.data() + n * classes;
    const std::int64_t label = args.labels[n];
    if (label < 0 || label >= classes) {
      check.fail("labels", " has " + std::to_string(label) + " at " + std::to_string(n) + ", wanted 0 to " +
                               std::to_string(classes - 1));
    }
    log_softmax(logits, log_p);
    if (std::max_element(logits, logits + classes) - logits == label) ++metrics.correct;
    metrics.loss_sum -= (1 - smoothing) * log_p[static_cast<std::size_t>(label)];
    if (smoothing != 0) {
      for (const double value : log_p) metrics.loss_sum -= smoothing / static_cast<double>(classes) * value;
    }
    if (args.dlogits.empty()) continue;
    for (std::int64_t k = 0; k < classes; ++k) {
      const double q = (k == label ? 1 - smoothing : 0.0) + smoothing / static_cast<double>(classes);
      const double p = std::exp(log_p[static_cast<std::size_t>(k)]);
      args.dlogits[n * classes + k] = static_cast<T>((p - q) / static_cast<double>(images));
    }
  }
  args.metrics[0] = metrics;
}

namespace {
using F32 = ReferenceContext<float>;
using F64 = ReferenceContext<double>;
}  // namespace
template void softmax_cross_entropy(F32&, const SoftmaxCrossEntropy<F32>&);
template void softmax_cross_entropy(F64&, const SoftmaxCrossEntropy<F64>&);

}  // namespace kindling
