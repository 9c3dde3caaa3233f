// What the CUDA backend does in a build without cuDNN: this program is linked to what takes cuDNN's place there.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "kernels/core/error.h"
#include "kernels/cuda/cuda_context.h"

namespace kindling {
namespace {

TEST(WithoutCudnn, AutoTakesOwnConvolutions) {
  if (!why_no_cuda().empty()) GTEST_SKIP() << why_no_cuda();
  EXPECT_FALSE(Conv2dPlans::available());
  const CudaContext<float> context;
  EXPECT_EQ(context.conv_algorithm(), ConvAlgorithm::kImplicitGemm);
}

TEST(WithoutCudnn, AskingForItSaysWhatToDo) {
  if (!why_no_cuda().empty()) GTEST_SKIP() << why_no_cuda();
  try {
    const CudaContext<float> context({.conv = ConvAlgorithm::kCudnn});
    FAIL() << "no error";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kUsage);
    EXPECT_THAT(error.what(), testing::HasSubstr("this build has no cuDNN"));
    EXPECT_THAT(error.what(), testing::HasSubstr("-DKINDLING_CUDNN=ON"));
  }
}

}  // namespace
}  // namespace kindling
