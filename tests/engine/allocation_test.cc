// After the first batch of each size, a step allocates nothing: neither network nor kernels nor the libraries under
// them. Every malloc of the process is counted, whatever calls it.

#include <gtest/gtest.h>

#include <atomic>
#include <cstddef>
#include <string>
#include <tuple>

#include "engine/batch_source.h"
#include "engine/train_step.h"
#include "kernels/cpu/cpu_context.h"

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define KINDLING_COUNT_ALLOCATIONS 0  // the sanitizers bring a malloc of their own
#else
#define KINDLING_COUNT_ALLOCATIONS 1
#endif

namespace {
std::atomic<std::int64_t> allocations{0};
}

#if KINDLING_COUNT_ALLOCATIONS
// glibc's own names for what it would otherwise export as malloc and so on.
extern "C" {
// NOLINTBEGIN(bugprone-reserved-identifier, readability-identifier-naming)
void* __libc_malloc(std::size_t size);
void* __libc_calloc(std::size_t count, std::size_t size);
void* __libc_realloc(void* memory, std::size_t size);
void* __libc_memalign(std::size_t alignment, std::size_t size);
// NOLINTEND(bugprone-reserved-identifier, readability-identifier-naming)

void* malloc(std::size_t size) {
  ++allocations;
  return __libc_malloc(size);
}
void* calloc(std::size_t count, std::size_t size) {
  ++allocations;
  return __libc_calloc(count, size);
}
void* realloc(void* memory, std::size_t size) {
  ++allocations;
  return __libc_realloc(memory, size);
}
void* aligned_alloc(std::size_t alignment, std::size_t size) {
  ++allocations;
  return __libc_memalign(alignment, size);
}
int posix_memalign(void** memory, std::size_t alignment, std::size_t size) {
  ++allocations;
  *memory = __libc_memalign(alignment, size);
  return *memory == nullptr ? 12 : 0;
}
}
#endif

namespace kindling {
namespace {

using Case = std::tuple<OptimizerKind, ConvAlgorithm>;
class AllocationTest : public testing::TestWithParam<Case> {};

template <class T>
void expect_none_after_the_first_step(OptimizerKind kind, ConvAlgorithm conv) {
  using C = CpuContext<T>;
  const Hyperparameters hyperparameters = resolve_hyperparameters(kind, Recipe::kAssignment, {.lr = 0.01});
  // Large enough that the kernels work in several blocks of images and channels, and the last batch is a short one.
  constexpr std::int64_t kBatch = 20;
  C context({.conv = conv});
  Network<C> network(context, {.width = 8}, kBatch);
  network.parameters().initialize(context, 1);
  Optimizer<C> optimizer(context, hyperparameters, network.parameters().layout().parameter_arena_size());
  const SlotPool<C> slots(context, 1, kBatch);
  TrainStep<C> train_step(context, network, optimizer, 0);
  EvalStep<C> eval_step(context, network);
  std::int64_t step = 0;
  const auto train_and_evaluate = [&] {
    for (const std::int64_t images : {kBatch, kBatch - 8}) {
      train_step.run(slots.slot(0), images, 0.01, ++step);
      eval_step.run(slots.slot(0), images);
    }
  };
  const std::int64_t before = allocations;
  train_and_evaluate();
  EXPECT_GT(allocations, before) << "the first batches record their steps: if nothing is counted, nothing is tested";
  const std::int64_t after_first = allocations;
  for (int i = 0; i < 3; ++i) train_and_evaluate();
  EXPECT_EQ(allocations - after_first, 0);
}

TEST_P(AllocationTest, NoneInAStepAfterTheFirst) {
  if (!KINDLING_COUNT_ALLOCATIONS) GTEST_SKIP() << "a sanitizer replaces malloc";
  expect_none_after_the_first_step<float>(std::get<0>(GetParam()), std::get<1>(GetParam()));
}

TEST(AllocationInBf16, NoneInAStepAfterTheFirst) {
  if (!KINDLING_COUNT_ALLOCATIONS) GTEST_SKIP() << "a sanitizer replaces malloc";
  expect_none_after_the_first_step<bfloat16>(OptimizerKind::kSgd, ConvAlgorithm::kAuto);
}

std::string case_name(const testing::TestParamInfo<Case>& of) {
  return std::string(name_of(std::get<0>(of.param))) + "_" + name_of(std::get<1>(of.param));
}

INSTANTIATE_TEST_SUITE_P(EachOptimizer, AllocationTest,
                         testing::Combine(testing::Values(OptimizerKind::kSgd, OptimizerKind::kAdam,
                                                          OptimizerKind::kAdadelta),
                                          testing::Values(ConvAlgorithm::kDirect)),
                         case_name);
INSTANTIATE_TEST_SUITE_P(EachConvolution, AllocationTest,
                         testing::Combine(testing::Values(OptimizerKind::kSgd),
                                          testing::Values(ConvAlgorithm::kAuto, ConvAlgorithm::kWinograd2,
                                                          ConvAlgorithm::kWinograd4)),
                         case_name);

}  // namespace
}  // namespace kindling
