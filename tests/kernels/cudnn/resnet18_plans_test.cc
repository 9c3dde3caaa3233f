#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <tuple>
#include <vector>

#include "engine/resnet18.h"
#include "kernels/cudnn/conv2d_plan.h"
#include "tests/kernels/cudnn/described_gpu.h"
#include "tests/support/expect_error.h"
#include "tests/support/shape_table.h"

namespace kindling {
namespace {

using test::described_gpu;
using test::kDescribedGpus;

constexpr ConvPrecision kPrecisions[] = {ConvPrecision::kFp32, ConvPrecision::kTf32, ConvPrecision::kBf16};
constexpr std::int64_t kTrainingImages = 50'000;
constexpr std::int64_t kTestImages = 10'000;

Conv2dShape stem(std::int64_t images) {
  NetworkBuilder builder;
  Conv2dShape shape = ResNet18(builder, {}).convolutions().front()->shape();
  shape.n = images;
  return shape;
}

bool is_stem(const Conv2dShape& shape) {
  return shape.c <= padded_channels(ResNet18::kInputImage.c, ConvPrecision::kBf16);
}

// Every different convolution of the network, as the layers state it; the stem's input padded where it is in a run.
std::vector<Conv2dShape> convolutions(ConvPrecision precision, std::int64_t images) {
  NetworkBuilder builder;
  const ResNet18 network(builder, {});
  std::vector<Conv2dShape> shapes;
  for (const Conv2d* layer : network.convolutions()) {
    Conv2dShape shape = layer->shape();
    shape.n = images;
    shape.c = padded_channels(shape.c, precision);
    if (std::find(shapes.begin(), shapes.end(), shape) == shapes.end()) shapes.push_back(shape);
  }
  return shapes;
}

// The batch, what is left of it at the end of an epoch, and at the end of an evaluation.
std::vector<std::int64_t> batches() {
  std::vector<std::int64_t> all;
  for (const std::int64_t batch : {128, 512, 1024}) {
    all.insert(all.end(), {batch, kTrainingImages % batch, kTestImages % batch});
  }
  return all;
}

std::vector<Conv2dProblem> problems(ConvPrecision precision, std::int64_t images) {
  std::vector<Conv2dProblem> all;
  for (const Conv2dShape& shape : convolutions(precision, images)) {
    all.push_back({.shape = shape, .pass = Conv2dPass::kForward, .precision = precision});
    all.push_back({.shape = shape, .pass = Conv2dPass::kWgrad, .precision = precision});
    if (is_stem(shape)) continue;  // nobody wants the gradient of the images
    all.push_back({.shape = shape, .pass = Conv2dPass::kDgrad, .precision = precision});
    all.push_back({.shape = shape, .pass = Conv2dPass::kDgrad, .precision = precision, .accumulate = Accumulate::kAdd});
  }
  return all;
}

using Case = std::tuple<const char*, ConvPrecision, std::int64_t>;  // GPU, precision, images

class ResNet18Plans : public ::testing::TestWithParam<Case> {};

TEST_P(ResNet18Plans, EveryConvolutionHasADeterministicOneUnderTheLimit) {
  const auto& [gpu, precision, images] = GetParam();
  const PlanTarget target = PlanTarget::from_json(described_gpu(gpu));
  const std::int64_t limit = Conv2dPlansOptions{}.workspace_limit;
  ASSERT_EQ(limit, 32 * 1024 * 1024);
  int on_tensor_cores = 0;
  const std::vector<Conv2dProblem> all = problems(precision, images);
  EXPECT_EQ(all.size(), 4U * 11U - 2U);
  for (const Conv2dProblem& problem : all) {
    SCOPED_TRACE(to_string(problem));
    const std::vector<Conv2dPlan> plans = find_conv2d_plans(problem, target, limit, 1);
    ASSERT_EQ(plans.size(), 1U);
    EXPECT_LE(plans[0].workspace_bytes(), limit);
    EXPECT_FALSE(plans[0].config().has_note(CUDNN_NUMERICAL_NOTE_NONDETERMINISTIC));
    on_tensor_cores += plans[0].config().has_note(CUDNN_NUMERICAL_NOTE_TENSOR_CORE) ? 1 : 0;
  }
  RecordProperty("on_tensor_cores", on_tensor_cores);
  if (precision == ConvPrecision::kFp32) {
    EXPECT_EQ(on_tensor_cores, 0);
  }
  if (precision == ConvPrecision::kBf16) {
    EXPECT_GE(on_tensor_cores, 40);
  }
}

INSTANTIATE_TEST_SUITE_P(Gpus, ResNet18Plans,
                         ::testing::Combine(::testing::ValuesIn(kDescribedGpus), ::testing::ValuesIn(kPrecisions),
                                            ::testing::ValuesIn(batches())),
                         [](const ::testing::TestParamInfo<Case>& test) {
                           return std::string(std::get<0>(test.param)) + "_" + name_of(std::get<1>(test.param)) + "_n" +
                                  std::to_string(std::get<2>(test.param));
                         });

// Without the padding cuDNN pads the input itself, in each pass, in its workspace.
TEST(ResNet18Convolutions, TheStemInBf16NeedsLessWorkspacePadded) {
  for (const char* const gpu : kDescribedGpus) {
    const PlanTarget target = PlanTarget::from_json(described_gpu(gpu));
    for (const std::int64_t images : batches()) {
      for (const Conv2dPass pass : {Conv2dPass::kForward, Conv2dPass::kWgrad}) {
        Conv2dProblem problem{.shape = stem(images), .pass = pass, .precision = ConvPrecision::kBf16};
        SCOPED_TRACE(std::string(gpu) + " " + to_string(problem));
        const std::int64_t limit = std::int64_t{1} << 30U;
        const std::int64_t dense = find_conv2d_plans(problem, target, limit, 1).front().workspace_bytes();
        problem.shape.c = padded_channels(problem.shape.c, problem.precision);
        const std::int64_t padded = find_conv2d_plans(problem, target, limit, 1).front().workspace_bytes();
        EXPECT_LT(padded, dense);
      }
    }
  }
}

// What a GPU test or another layout may ask.
TEST(ResNet18Convolutions, TheStemHasAPlanForThreeAndEightChannels) {
  for (const char* const gpu : kDescribedGpus) {
    const PlanTarget target = PlanTarget::from_json(described_gpu(gpu));
    for (const std::int64_t images : batches()) {
      for (const ConvPrecision precision : kPrecisions) {
        for (const std::int64_t channels : {3, 8}) {
          for (const Conv2dPass pass : {Conv2dPass::kForward, Conv2dPass::kWgrad}) {
            Conv2dProblem problem{.shape = stem(images), .pass = pass, .precision = precision};
            problem.shape.c = channels;
            EXPECT_NO_THROW(find_conv2d_plans(problem, target, Conv2dPlansOptions{}.workspace_limit, 1)) << gpu;
          }
        }
      }
    }
  }
}

// The oldest GPUs that the CUDA backend takes do fp32 only.
TEST(ResNet18Convolutions, HavePlansForFp32OnTuring) {
  const PlanTarget target = PlanTarget::from_json(described_gpu("t4"));
  const std::int64_t limit = Conv2dPlansOptions{}.workspace_limit;
  for (const std::int64_t images : batches()) {
    for (const Conv2dProblem& problem : problems(ConvPrecision::kFp32, images)) {
      EXPECT_NO_THROW(find_conv2d_plans(problem, target, limit, 1));
    }
  }
  test::expect_error(ErrorCode::kDevice, "has no plan that may be used; it suggests none",
                     [&] { find_conv2d_plans(problems(ConvPrecision::kBf16, 128).front(), target, limit, 1); });
}

// What the op tests will ask of a GPU.
class OddConvolutions : public ::testing::TestWithParam<const char*> {};

TEST_P(OddConvolutions, HaveAPlan) {
  const PlanTarget target = PlanTarget::from_json(described_gpu(GetParam()));
  for (const Conv2dShape& shape : test::odd_convolutions()) {
    for (const Conv2dPass pass : {Conv2dPass::kForward, Conv2dPass::kDgrad, Conv2dPass::kWgrad}) {
      for (const ConvPrecision precision : kPrecisions) {
        const Conv2dProblem problem{.shape = shape, .pass = pass, .precision = precision};
        EXPECT_NO_THROW(find_conv2d_plans(problem, target, Conv2dPlansOptions{}.workspace_limit, 1));
      }
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Gpus, OddConvolutions, ::testing::ValuesIn(kDescribedGpus),
                         [](const ::testing::TestParamInfo<const char*>& test) { return std::string(test.param); });

TEST(ResNet18Convolutions, AreElevenAtNineBatchSizes) {
  EXPECT_EQ(batches(), (std::vector<std::int64_t>{128, 80, 16, 512, 336, 272, 1024, 848, 784}));
  EXPECT_EQ(convolutions(ConvPrecision::kBf16, 1).size(), 11U);
  EXPECT_EQ(convolutions(ConvPrecision::kBf16, 1)[0], (Conv2dShape{.n = 1, .h = 32, .w = 32, .c = 8, .k = 64}));
  EXPECT_EQ(convolutions(ConvPrecision::kFp32, 1)[0].c, 3);
}

}  // namespace
}  // namespace kindling
