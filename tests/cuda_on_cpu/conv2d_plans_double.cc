// A double of kernels/cudnn: checks a call like the library would, and what its contract forbids besides; computes in
// plain loops of its own when the stream gets there; and leaves NaN in the workspace. Sizes of workspaces are made up.

#include <algorithm>
#include <bit>
#include <cstdint>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "kernels/core/dtype.h"
#include "kernels/core/error.h"
#include "kernels/cuda/cuda_check.h"
#include "kernels/cudnn/conv2d_plans.h"
#include "tests/cuda_on_cpu/runtime.h"

namespace kindling {
namespace {

using cuda_on_cpu::Access;
using cuda_on_cpu::enqueue_op;
using cuda_on_cpu::Range;
using cuda_on_cpu::schedule_seed;
using cuda_on_cpu::spoil;

constexpr const char* kOnlyPlan = "double[]";

[[noreturn]] void refuse(const Conv2dProblem& problem, const std::string& why) {
  throw Error(ErrorCode::kInternal, "double of cuDNN: convolution " + to_string(problem) + ": " + why);
}

// To nearest with 10 bits of mantissa, ties to even.
float to_tf32(float value) {
  const auto bits = std::bit_cast<std::uint32_t>(value);
  return std::bit_cast<float>((bits + 0xfffU + (bits >> 13U & 1U)) & ~0x1fffU);
}

// Calls visit(x index, w index, y index) of the first of every C products that differ in the channel c alone, except
// where x is in the border.
template <class Visit>
void for_each_product(const Conv2dShape& e, Visit visit) {
  const std::int64_t taps = e.r * e.s();
  for (std::int64_t pixel = 0; pixel < e.y_shape().pixels(); ++pixel) {
    const std::int64_t n = pixel / (e.p() * e.q());
    const std::int64_t top = pixel / e.q() % e.p() * e.stride - e.pad;
    const std::int64_t left = pixel % e.q() * e.stride - e.pad;
    for (std::int64_t tap = 0; tap < taps; ++tap) {
      const std::int64_t h = top + tap / e.s();
      const std::int64_t w = left + tap % e.s();
      if (h < 0 || h >= e.h || w < 0 || w >= e.w) continue;
      const std::int64_t x_row = ((n * e.h + h) * e.w + w) * e.c;
      for (std::int64_t k = 0; k < e.k; ++k) visit(x_row, (k * taps + tap) * e.c, pixel * e.k + k);
    }
  }
}

// The factors as the arithmetic of the problem sees them.
template <class T>
std::vector<float> factors(const void* data, std::int64_t count, ConvPrecision precision) {
  const T* const elements = static_cast<const T*>(data);
  std::vector<float> values(static_cast<std::size_t>(count));
  std::transform(elements, elements + count, values.begin(), [&](T element) {
    const auto value = static_cast<float>(element);
    return precision == ConvPrecision::kTf32 ? to_tf32(value) : value;
  });
  return values;
}

// The results before they are rounded: sums in float.
std::vector<float> sums(const Conv2dProblem& problem, const std::vector<float>& x, const std::vector<float>& w,
                        const std::vector<float>& y) {
  const std::int64_t channels = problem.shape.c;
  const float* const xs = x.data();
  const float* const ws = w.data();
  const float* const ys = y.data();
  switch (problem.pass) {
    case Conv2dPass::kForward: {
      std::vector<float> result(y.size(), 0.0F);
      for_each_product(problem.shape, [&, to = result.data()](std::int64_t i, std::int64_t j, std::int64_t k) {
        float sum = 0;
        for (std::int64_t c = 0; c < channels; ++c) sum += xs[i + c] * ws[j + c];
        to[k] += sum;
      });
      return result;
    }
    case Conv2dPass::kDgrad: {
      std::vector<float> result(x.size(), 0.0F);
      for_each_product(problem.shape, [&, to = result.data()](std::int64_t i, std::int64_t j, std::int64_t k) {
        for (std::int64_t c = 0; c < channels; ++c) to[i + c] += ws[j + c] * ys[k];
      });
      return result;
    }
    case Conv2dPass::kWgrad:
      break;
  }
  std::vector<float> result(w.size(), 0.0F);
  for_each_product(problem.shape, [&, to = result.data()](std::int64_t i, std::int64_t j, std::int64_t k) {
    for (std::int64_t c = 0; c < channels; ++c) to[j + c] += xs[i + c] * ys[k];
  });
  return result;
}

// Rounds to T: once, but where the real one was seen to round before it adds. What is assigned is not read.
template <class T>
void convolve(const Conv2dProblem& problem, const Conv2dOperands& operands) {
  const Conv2dShape& shape = problem.shape;
  const auto values = [&](void* data, std::int64_t count, Conv2dPass written_by) {
    if (problem.pass == written_by) return std::vector<float>(static_cast<std::size_t>(count));
    return factors<T>(data, count, problem.precision);
  };
  const std::vector<float> x = values(operands.x, shape.x_shape().elements(), Conv2dPass::kDgrad);
  const std::vector<float> w = values(operands.w, shape.filter_elements(), Conv2dPass::kWgrad);
  const std::vector<float> y = values(operands.y, shape.y_shape().elements(), Conv2dPass::kForward);
  const std::vector<float> exact = sums(problem, x, w, y);
  auto* const result = static_cast<T*>(problem.pass == Conv2dPass::kForward ? operands.y
                                       : problem.pass == Conv2dPass::kDgrad ? operands.x
                                                                            : operands.w);
  const bool add = problem.accumulate == Accumulate::kAdd;
  const bool twice = add && problem.precision == ConvPrecision::kBf16 && (shape.c % 8 != 0 || shape.k % 8 != 0);
  for (std::size_t i = 0; i < exact.size(); ++i) {
    const float sum = twice ? static_cast<float>(static_cast<T>(exact[i])) : exact[i];
    result[i] = static_cast<T>(add ? sum + static_cast<float>(result[i]) : sum);
  }
}

// The operands as the stream's order and the race checker see them.
std::vector<Range> ranges(const Conv2dProblem& problem, const Conv2dOperands& operands,
                          View<DeviceSpace, std::byte> workspace) {
  const Access result = problem.accumulate == Accumulate::kAdd ? Access::kReadWrite : Access::kWrite;
  const auto range = [&](const void* data, std::int64_t elements, Conv2dPass written_by) {
    return Range{data, static_cast<std::size_t>(elements * element_bytes(problem.precision)),
                 problem.pass == written_by ? result : Access::kRead};
  };
  return {range(operands.x, problem.shape.x_shape().elements(), Conv2dPass::kDgrad),
          range(operands.w, problem.shape.filter_elements(), Conv2dPass::kWgrad),
          range(operands.y, problem.shape.y_shape().elements(), Conv2dPass::kForward),
          {workspace.data(), static_cast<std::size_t>(workspace.size()), Access::kWrite}};
}

void check_problem(const Conv2dProblem& problem) {
  const Conv2dShape& shape = problem.shape;
  if (std::min({shape.n, shape.h, shape.w, shape.c, shape.k, shape.r, shape.stride, shape.p(), shape.q()}) < 1) {
    refuse(problem, "an extent is not positive");
  }
  if (problem.accumulate == Accumulate::kAdd && problem.pass != Conv2dPass::kDgrad) refuse(problem, "only dgrad adds");
}

}  // namespace

struct Conv2dPlans::State {
  // The plan of the problem, which is noted. Which dgrads in fp32 have none worth using is made up: those of few
  // channels, as on an H200.
  std::string plan(const Conv2dProblem& problem) {
    const std::string name = to_string(problem);
    const bool slow =
        problem.precision == ConvPrecision::kFp32 && problem.pass == Conv2dPass::kDgrad && problem.shape.c <= 4;
    std::string chosen = may_round_before_adding(problem) || slow ? kOwnConvolution : kOnlyPlan;
    const auto given = options.chosen.find(name);
    if (given != options.chosen.end()) {
      chosen = given->second;
      if (chosen != kOnlyPlan && (chosen != kOwnConvolution || problem.pass != Conv2dPass::kDgrad)) {
        throw Error(ErrorCode::kWeights, "convolution " + name + ": no plan " + chosen + " here");
      }
    }
    return plans.emplace(name, chosen).first->second;
  }

  Conv2dPlansOptions options;
  PlanChoices plans;
};

bool Conv2dPlans::available() {
  return true;
}

Conv2dPlans::Conv2dPlans(Conv2dPlansOptions options) : state_(new State{std::move(options), {}}) {}
Conv2dPlans::~Conv2dPlans() = default;
Conv2dPlans::Conv2dPlans(Conv2dPlans&&) noexcept = default;
Conv2dPlans& Conv2dPlans::operator=(Conv2dPlans&&) noexcept = default;

void Conv2dPlans::give(const PlanChoices& chosen) {
  for (const auto& [problem, plan] : chosen) state_->options.chosen.insert_or_assign(problem, plan);
}

bool Conv2dPlans::serves(const Conv2dProblem& problem) {
  check_problem(problem);
  return state_->plan(problem) != kOwnConvolution;
}

// Any number from 0 to 64 KiB, another one for another problem and another seed.
std::int64_t Conv2dPlans::workspace_bytes(const Conv2dProblem& problem) {
  if (!serves(problem)) return 0;
  const std::size_t hash = std::hash<std::string>{}(to_string(problem) + std::to_string(schedule_seed()));
  return std::min(static_cast<std::int64_t>(hash % 65'537), state_->options.workspace_limit);
}

void Conv2dPlans::run(const Conv2dProblem& problem, const Conv2dOperands& operands,
                      View<DeviceSpace, std::byte> workspace, cudaStream_t stream) {
  if (!serves(problem)) refuse(problem, "it is left to our own kernel");
  if (workspace.size() < workspace_bytes(problem)) refuse(problem, "the workspace is too small");
  for (const void* pointer : {operands.x, operands.w, operands.y}) {
    if (pointer == nullptr || std::bit_cast<std::uintptr_t>(pointer) % 16 != 0) refuse(problem, "a misaligned operand");
  }
  const auto work = [problem, operands, workspace] {
    if (problem.precision == ConvPrecision::kBf16) {
      convolve<bfloat16>(problem, operands);
    } else {
      convolve<float>(problem, operands);
    }
    spoil(workspace.data(), static_cast<std::size_t>(workspace.size()));
  };
  check_cuda(enqueue_op(stream, "cuDNN convolution", ranges(problem, operands, workspace), work), "enqueue_op");
}

PlanChoices Conv2dPlans::choices() const {
  return state_->plans;
}

std::string Conv2dPlans::environment() const {
  return "double of cuDNN";
}

}  // namespace kindling
