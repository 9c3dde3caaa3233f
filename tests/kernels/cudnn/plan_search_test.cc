#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "kernels/cudnn/conv2d_plan.h"
#include "tests/kernels/cudnn/described_gpu.h"
#include "tests/support/expect_error.h"

namespace kindling {
namespace {

using test::described_gpu;
using test::expect_error;

constexpr std::int64_t kNoLimit = std::numeric_limits<std::int64_t>::max();
constexpr std::size_t kAll = 1000;

// cuDNN offers all kinds of engines for it, also such as add in any order.
Conv2dProblem stage_1(Conv2dPass pass, ConvPrecision precision) {
  return {.shape = {.n = 128, .h = 32, .w = 32, .c = 64, .k = 64}, .pass = pass, .precision = precision};
}

PlanTarget h100() {
  return PlanTarget::from_json(described_gpu("h100_sxm"));
}

std::vector<std::string> ids(const std::vector<Conv2dPlan>& plans) {
  std::vector<std::string> all;
  for (const Conv2dPlan& plan : plans) all.push_back(plan.id());
  return all;
}

TEST(PlanSearch, RefusesWhatCudnnOffersButCallsNondeterministic) {
  const PlanTarget target = h100();
  for (const ConvPrecision precision : {ConvPrecision::kFp32, ConvPrecision::kTf32, ConvPrecision::kBf16}) {
    const Conv2dProblem problem = stage_1(Conv2dPass::kWgrad, precision);
    const Conv2dGraph graph(problem, target);
    std::vector<EngineConfig> offered;
    for (BackendDescriptor& config : suggested_engine_configs(graph, target)) {
      offered.push_back(read_engine_config(std::move(config)));
    }
    const auto nondeterministic = [](const EngineConfig& config) {
      return config.has_note(CUDNN_NUMERICAL_NOTE_NONDETERMINISTIC);
    };
    const auto refused = std::find_if(offered.begin(), offered.end(), nondeterministic);
    ASSERT_NE(refused, offered.end()) << to_string(problem) << ": nothing to refuse, so this test shows nothing";
    EXPECT_STREQ(reason_to_refuse(*refused, precision), "nondeterministic");
    for (const Conv2dPlan& plan : find_conv2d_plans(problem, target, kNoLimit, kAll)) {
      EXPECT_FALSE(nondeterministic(plan.config())) << plan.id();
    }
  }
}

// As seen on an H200: at the limit that runs have, cuDNN's first plan for the wide images is its plainest engine, that
// for the narrow ones isn't; and no other precision or pass has such a plan called slow.
TEST(PlanSearch, KnowsTheSlowDgradOfFp32) {
  const PlanTarget target = h100();
  const auto is_slow = [&](const Conv2dProblem& problem) {
    return is_slow_dgrad(problem, find_conv2d_plans(problem, target, std::int64_t{32} << 20U, 1).front());
  };
  EXPECT_TRUE(is_slow(stage_1(Conv2dPass::kDgrad, ConvPrecision::kFp32)));
  EXPECT_FALSE(is_slow(stage_1(Conv2dPass::kForward, ConvPrecision::kFp32)));
  EXPECT_FALSE(is_slow(stage_1(Conv2dPass::kDgrad, ConvPrecision::kTf32)));
  EXPECT_FALSE(is_slow({.shape = {.n = 128, .h = 4, .w = 4, .c = 512, .k = 512}, .pass = Conv2dPass::kDgrad}));
}

TEST(PlanSearch, FloatIsMultipliedAsFloatUnlessTf32IsAskedFor) {
  const PlanTarget target = h100();
  const auto on_tensor_cores = [](const Conv2dPlan& plan) {
    return plan.config().has_note(CUDNN_NUMERICAL_NOTE_TENSOR_CORE) ||
           plan.config().has_note(CUDNN_NUMERICAL_NOTE_DOWN_CONVERT_INPUTS);
  };
  for (const Conv2dPass pass : {Conv2dPass::kForward, Conv2dPass::kDgrad, Conv2dPass::kWgrad}) {
    const std::vector<Conv2dPlan> fp32 = find_conv2d_plans(stage_1(pass, ConvPrecision::kFp32), target, kNoLimit, kAll);
    EXPECT_TRUE(std::none_of(fp32.begin(), fp32.end(), on_tensor_cores)) << name_of(pass);
    const std::vector<Conv2dPlan> tf32 = find_conv2d_plans(stage_1(pass, ConvPrecision::kTf32), target, kNoLimit, 1);
    EXPECT_TRUE(on_tensor_cores(tf32.at(0))) << name_of(pass);
  }
}

TEST(PlanSearch, RefusesTransformsAndNarrowSums) {
  EngineConfig config{.descriptor = BackendDescriptor(CUDNN_BACKEND_ENGINECFG_DESCRIPTOR, "engine configuration"),
                      .id = "1[]",
                      .notes = {}};
  EXPECT_EQ(reason_to_refuse(config, ConvPrecision::kFp32), nullptr);
  for (const cudnnBackendNumericalNote_t note :
       {CUDNN_NUMERICAL_NOTE_WINOGRAD, CUDNN_NUMERICAL_NOTE_FFT, CUDNN_NUMERICAL_NOTE_REDUCED_PRECISION_REDUCTION}) {
    config.notes = {CUDNN_NUMERICAL_NOTE_STRICT_NAN_PROP, note};
    EXPECT_STREQ(reason_to_refuse(config, ConvPrecision::kBf16), "less accurate");
  }
}

TEST(PlanSearch, StaysUnderTheWorkspaceLimitInCudnnsOrder) {
  const PlanTarget target = h100();
  const Conv2dProblem problem = stage_1(Conv2dPass::kForward, ConvPrecision::kFp32);
  const std::vector<Conv2dPlan> every = find_conv2d_plans(problem, target, kNoLimit, kAll);
  std::int64_t most = 0;
  for (const Conv2dPlan& plan : every) most = std::max(most, plan.workspace_bytes());
  ASSERT_GT(most, 0) << "no plan wants a workspace, so this test shows nothing";

  std::vector<std::string> wanted;
  for (const Conv2dPlan& plan : every) {
    if (plan.workspace_bytes() < most) wanted.push_back(plan.id());
  }
  ASSERT_GE(wanted.size(), 2U);
  EXPECT_EQ(ids(find_conv2d_plans(problem, target, most - 1, kAll)), wanted);
  wanted.resize(2);
  EXPECT_EQ(ids(find_conv2d_plans(problem, target, most - 1, 2)), wanted);
  EXPECT_EQ(ids(find_conv2d_plans(problem, target, most, kAll)), ids(every));
  for (const Conv2dPlan& plan : find_conv2d_plans(problem, target, 0, kAll)) EXPECT_EQ(plan.workspace_bytes(), 0);
}

TEST(PlanSearch, SaysWhyNothingIsLeft) {
  const PlanTarget target = h100();
  const auto search = [&] { find_conv2d_plans(stage_1(Conv2dPass::kWgrad, ConvPrecision::kFp32), target, -1, 1); };
  expect_error(ErrorCode::kDevice, "convolution fp32 wgrad n128 32x32x64 k64 r3 s1 p1: cuDNN ", search);
  expect_error(ErrorCode::kDevice, " nondeterministic; ", search);
  expect_error(ErrorCode::kDevice, " over the workspace limit of -1 bytes", search);
}

TEST(PlanSearch, TheSameProblemGivesTheSameIds) {
  for (const Conv2dPass pass : {Conv2dPass::kForward, Conv2dPass::kDgrad, Conv2dPass::kWgrad}) {
    const Conv2dProblem problem = stage_1(pass, ConvPrecision::kBf16);
    const std::vector<std::string> once = ids(find_conv2d_plans(problem, h100(), kNoLimit, kAll));
    EXPECT_EQ(ids(find_conv2d_plans(problem, h100(), kNoLimit, kAll)), once);
    EXPECT_GT(once.size(), 8U);
    std::vector<std::string> different = once;
    std::sort(different.begin(), different.end());
    different.erase(std::unique(different.begin(), different.end()), different.end());
    EXPECT_GT(different.size(), once.size() / 2) << "ids don't tell configurations of an engine apart";
  }
}

TEST(PlanSearch, FindsAPlanAgainByItsId) {
  const PlanTarget target = h100();
  const Conv2dProblem problem = stage_1(Conv2dPass::kDgrad, ConvPrecision::kBf16);
  const std::vector<Conv2dPlan> plans = find_conv2d_plans(problem, target, kNoLimit, 5);
  ASSERT_EQ(plans.size(), 5U);
  EXPECT_EQ(find_conv2d_plan(problem, target, kNoLimit, plans[4].id()).id(), plans[4].id());
  expect_error(ErrorCode::kWeights, "convolution bf16 dgrad n128 32x32x64 k64 r3 s1 p1: cuDNN ",
               [&] { find_conv2d_plan(problem, target, kNoLimit, "9999[1=2]"); });
  expect_error(ErrorCode::kWeights, "no plan 9999[1=2] here",
               [&] { find_conv2d_plan(problem, target, kNoLimit, "9999[1=2]"); });
}

TEST(PlanSearch, OnlyDgradAdds) {
  Conv2dProblem problem = stage_1(Conv2dPass::kWgrad, ConvPrecision::kFp32);
  problem.accumulate = Accumulate::kAdd;
  expect_error(ErrorCode::kInternal, "only dgrad adds", [&] { find_conv2d_plans(problem, h100(), kNoLimit, 1); });
}

TEST(PlanSearch, NamesTheProblemThatCudnnDoesNotTake) {
  Conv2dProblem problem = stage_1(Conv2dPass::kForward, ConvPrecision::kBf16);
  problem.shape.h = 0;
  expect_error(ErrorCode::kDevice, "convolution bf16 forward n128 0x32x64 k64 r3 s1 p1: cuDNN ",
               [&] { find_conv2d_plans(problem, h100(), kNoLimit, 1); });
}

}  // namespace
}  // namespace kindling
