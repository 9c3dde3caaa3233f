#include <gtest/gtest.h>

#include <string>

#include "kernels/cudnn/backend_descriptor.h"
#include "kernels/cudnn/cudnn_check.h"
#include "kernels/cudnn/plan_target.h"
#include "tests/kernels/cudnn/described_gpu.h"
#include "tests/support/expect_error.h"

namespace kindling {
namespace {

using test::described_gpu;
using test::expect_error;

TEST(CudnnCheck, PassesSuccess) {
  EXPECT_NO_THROW(check_cudnn(CUDNN_STATUS_SUCCESS, "cudnnCreate"));
}

TEST(CudnnCheck, SaysCallStatusFileAndLine) {
  const auto fail = [] { check_cudnn(CUDNN_STATUS_EXECUTION_FAILED, "cudnnBackendExecute(plan 1[])"); };
  expect_error(ErrorCode::kDevice, "cuDNN " + cudnn_version() + ": cudnnBackendExecute(plan 1[]) gave ", fail);
  expect_error(ErrorCode::kDevice, "CUDNN_STATUS_EXECUTION_FAILED", fail);
  expect_error(ErrorCode::kDevice, " (kernels/cudnn/cudnn_descriptor_test.cc:", fail);
}

TEST(CudnnCheck, TheVersionIsThatOfTheLibrary) {
  EXPECT_THAT(cudnn_version(), ::testing::MatchesRegex("[0-9]+\\.[0-9]+\\.[0-9]+"));
}

TEST(BackendDescriptor, NamesWhatWasSetWrongly) {
  BackendDescriptor tensor(CUDNN_BACKEND_TENSOR_DESCRIPTOR, "tensor");
  expect_error(ErrorCode::kDevice, "cudnnBackendSetAttribute(tensor, attribute 902) gave CUDNN_STATUS_BAD_PARAM",
               [&] { tensor.set(CUDNN_ATTR_TENSOR_DIMENSIONS, 1.0F); });
  expect_error(ErrorCode::kDevice, "cudnnBackendFinalize(tensor) gave CUDNN_STATUS_BAD_PARAM",
               [&] { tensor.finalize(); });
  expect_error(ErrorCode::kDevice, "cudnnBackendGetAttribute(tensor, attribute 906) gave ",
               [&] { tensor.value<std::int64_t>(CUDNN_ATTR_TENSOR_UNIQUE_ID); });
}

TEST(PlanTarget, ReadsADescriptionOfAGpu) {
  for (const char* const gpu : test::kDescribedGpus) EXPECT_NO_THROW(PlanTarget::from_json(described_gpu(gpu))) << gpu;
}

// With a GPU, what is dumped can be read back; without one, the failure says what failed.
TEST(PlanTarget, DumpsADescriptionOfTheGpuThatIsThere) {
  std::string json;
  try {
    json = device_description_json(0);
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kDevice);
    EXPECT_THAT(error.what(), ::testing::HasSubstr("cudnnBackendFinalize(device properties) gave "));
    GTEST_SKIP() << "no GPU to describe: " << error.what();
  }
  EXPECT_NO_THROW(PlanTarget::from_json(json)) << json;
}

TEST(PlanTarget, RefusesWhatIsNoDescription) {
  const std::string good = described_gpu("h100_sxm");
  const std::string bad[] = {"", "{", "[]", "{}", "no JSON", good.substr(0, good.size() / 2)};
  for (const std::string& json : bad) {
    SCOPED_TRACE(json);
    expect_error(ErrorCode::kDevice, "can't read the description of a GPU: cuDNN ",
                 [&] { PlanTarget::from_json(json); });
  }
}

}  // namespace
}  // namespace kindling
