// What --conv cudnn promises besides kernels/conv2d.h (tests/kernels/conv2d_test.cc). Runs on a GPU, or on the CPU with
// a double of cuDNN (tests/cuda_on_cpu).

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "kernels/core/dtype.h"
#include "kernels/cuda/cuda_context.h"
#include "kernels/cudnn/conv2d_plans.h"
#include "kernels/reference/reference_context.h"
#include "kernels/step.h"
#include "tests/support/backends.h"
#include "tests/support/conv2d_case.h"
#include "tests/support/expect_error.h"
#include "tests/support/rounding.h"

namespace kindling {
namespace {

using namespace test;  // NOLINT: everything here is a test

constexpr Conv2dShape kShapes[] = {
    {.n = 3, .h = 8, .w = 7, .c = 8, .k = 16},
    {.n = 2, .h = 9, .w = 8, .c = 16, .k = 24, .stride = 2},
    {.n = 3, .h = 8, .w = 8, .c = 24, .k = 8, .r = 1, .stride = 2, .pad = 0},
    {.n = 2, .h = 6, .w = 5, .c = 3, .k = 8},
};

std::vector<double> times_five(std::vector<double> values) {
  for (double& value : values) value *= 5;
  return values;
}

class Conv2dByCudnn : public BackendTest<CudnnBackend<float>> {};

// Sums of small integers are exact in fp32, so all that bf16 may change is the last rounding: once, also where dgrad
// adds, and also for the filter's gradient, which is a float of 8 bits here.
TEST_F(Conv2dByCudnn, Bf16RoundsOnceAfterSumsInFp32) {
  using Bf16 = CudnnBackend<bfloat16>;
  for (const Conv2dShape& shape : kShapes) {
    SCOPED_TRACE(to_string(shape));
    Conv2dCase data = integer_conv2d_case(shape, 1);
    data.x = times_five(data.x);  // sums beyond 256, where bf16 no longer has every integer
    data.dy = times_five(data.dy);
    const std::vector<double> before = RandomValues(2).small_integers(shape.x_shape().elements());
    const std::vector<double> exact_dw = run_wgrad<Oracle>(data);
    ASSERT_NE(exact_dw, rounded_to<bfloat16>(exact_dw)) << "nothing is rounded, so this test shows little";
    expect_equal(run_forward<Bf16>(data), rounded_to<bfloat16>(run_forward<Oracle>(data)), "y");
    expect_equal(run_dgrad<Bf16>(data), rounded_to<bfloat16>(run_dgrad<Oracle>(data)), "dx");
    expect_equal(run_dgrad_add<Bf16>(data, before), rounded_to<bfloat16>(run_dgrad_add<Oracle>(data, before)), "dx");
    expect_equal(run_wgrad<Bf16>(data), rounded_to<bfloat16>(exact_dw), "dw");
  }
}

// Memory of one forward pass in fp32.
struct Forward {
  using C = CudaContext<float>;

  Forward(C& context_in, const Conv2dCase& data)
      : context(context_in),
        shape(data.shape),
        x(context, data.x),
        w(context, data.w),
        y(context, shape.y_shape().elements()) {}

  void run() const {
    conv2d_forward(context, shape, In<C>(x.activation(shape.x_shape(), shape.n)), w,
                   y.activation(shape.y_shape(), shape.n));
  }
  Conv2dProblem problem() const { return {.shape = shape}; }
  Conv2dOperands operands() const { return {.x = x.view().data(), .w = w.view().data(), .y = y.view().data()}; }

  C& context;
  Conv2dShape shape;
  ActivationArray<C> x;
  ActivationArray<C> w;
  ActivationArray<C> y;
};

TEST_F(Conv2dByCudnn, AutoMeansCudnnWhereItIs) {
  EXPECT_EQ(CudaContext<float>({.conv = ConvAlgorithm::kAuto}).conv_algorithm(), ConvAlgorithm::kCudnn);
}

TEST_F(Conv2dByCudnn, ARecordedStepRunsTheSamePlan) {
  CudaContext<float> context = CudnnBackend<float>::make();
  const Conv2dCase data = integer_conv2d_case(kShapes[0], 3);
  const Forward forward(context, data);
  GraphStep step = record_step(context, [&] { forward.run(); });
  const std::vector<double> wanted = run_forward<Oracle>(data);
  for (int replay = 0; replay < 4; ++replay) {
    forward.y.assign(std::vector<float>(wanted.size(), 0.0F));
    step.replay();
    expect_equal(forward.y.values(), wanted, "y");
  }
  EXPECT_EQ(context.conv2d_plans().choices().size(), 1U);
}

TEST_F(Conv2dByCudnn, AnotherRunCanTakeTheSamePlan) {
  CudaContext<float> context = CudnnBackend<float>::make();
  const Forward forward(context, integer_conv2d_case(kShapes[0], 4));
  forward.run();
  const PlanChoices chosen = context.conv2d_plans().choices();
  ASSERT_EQ(chosen.count("fp32 forward n3 8x7x8 k16 r3 s1 p1"), 1U);

  Conv2dPlans same({.chosen = chosen});
  same.workspace_bytes(forward.problem());
  EXPECT_EQ(same.choices(), chosen);

  Conv2dPlans other({.chosen = {{"fp32 forward n3 8x7x8 k16 r3 s1 p1", "9999[1=2]"}}});
  expect_error(ErrorCode::kWeights, "no plan 9999[1=2] here", [&] { other.workspace_bytes(forward.problem()); });
}

// What is left to our own kernel is a choice like a plan: kept, given, and as exact; and only dgrad has that kernel.
TEST_F(Conv2dByCudnn, OurOwnDgradCanBeTheChoice) {
  CudaContext<float> context = CudnnBackend<float>::make();
  const Conv2dProblem given{.shape = kShapes[1], .pass = Conv2dPass::kDgrad};
  Conv2dPlans plans({.chosen = {{to_string(given), kOwnConvolution}}});
  EXPECT_FALSE(plans.serves(given));
  EXPECT_EQ(plans.workspace_bytes(given), 0);
  EXPECT_EQ(plans.choices(), (PlanChoices{{to_string(given), kOwnConvolution}}));

  const Conv2dProblem twice{.shape = kShapes[3],
                            .pass = Conv2dPass::kDgrad,
                            .precision = ConvPrecision::kBf16,
                            .accumulate = Accumulate::kAdd};
  EXPECT_FALSE(Conv2dPlans().serves(twice));

  const Conv2dProblem forward{.shape = kShapes[1]};
  Conv2dPlans wrong({.chosen = {{to_string(forward), kOwnConvolution}}});
  expect_error(ErrorCode::kWeights, "no plan implicit-gemm here", [&] { wrong.workspace_bytes(forward); });
}

TEST_F(Conv2dByCudnn, RefusesOperandsThatItCannotTake) {
  CudaContext<float> context = CudnnBackend<float>::make();
  const Forward forward(context, integer_conv2d_case(kShapes[0], 5));
  Conv2dPlans& plans = context.conv2d_plans();
  const std::int64_t bytes = plans.workspace_bytes(forward.problem());
  const View<DeviceSpace, std::byte> workspace(context.workspace(static_cast<std::size_t>(bytes)), bytes);
  const auto run = [&](const Conv2dOperands& operands, View<DeviceSpace, std::byte> scratch) {
    plans.run(forward.problem(), operands, scratch, context.stream());
  };
  Conv2dOperands operands = forward.operands();
  operands.x = static_cast<float*>(operands.x) + 1;
  expect_error(ErrorCode::kInternal, "aligned", [&] { run(operands, workspace); });
  operands.x = nullptr;
  expect_error(ErrorCode::kInternal, "operand", [&] { run(operands, workspace); });
  if (bytes == 0) GTEST_SKIP() << "this plan needs no workspace that could be too small";
  expect_error(ErrorCode::kInternal, "workspace", [&] { run(forward.operands(), workspace.subview(0, bytes - 1)); });
}

// Timing works on a GPU alone; the choice must be one that another run can be given, and compute the same.
TEST_F(Conv2dByCudnn, AutotuneChoosesAPlanThatCanBeKept) {
  const Conv2dProblem problem{.shape = kShapes[1], .pass = Conv2dPass::kDgrad};
  Conv2dPlans tuned({.autotune = true});
  tuned.workspace_bytes(problem);
  ASSERT_EQ(tuned.choices().size(), 1U);
  Conv2dPlans again({.chosen = tuned.choices()});
  again.workspace_bytes(problem);
  EXPECT_EQ(again.choices(), tuned.choices());
  EXPECT_FALSE(tuned.environment().empty());
}

}  // namespace
}  // namespace kindling
