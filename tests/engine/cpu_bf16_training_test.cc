// Whole training steps on the CPU in bf16, on each instruction set: PyTorch's first loss and gradient, and the same
// bits for any number of threads.

#include <gtest/gtest.h>

#include <string>
#include <tuple>
#include <vector>

#include "kernels/cpu/cpu_context.h"
#include "tests/golden/bf16_training.h"

namespace kindling {
namespace {

using C = CpuContext<bfloat16>;
using Case = std::tuple<std::size_t, Isa>;  // run of the golden file, instruction set

class CpuBf16Training : public testing::TestWithParam<Case> {
 protected:
  void SetUp() override {
    if (!is_supported(isa())) GTEST_SKIP() << "this processor or build has no " << name_of(isa());
  }
  static const nlohmann::json& golden_run() { return golden::torch_runs()["runs"][std::get<0>(GetParam())]; }
  static Isa isa() { return std::get<1>(GetParam()); }
};

TEST_P(CpuBf16Training, TrainsAsTorchDoes) {
  C context({.threads = 2, .isa = isa()});
  golden::expect_trains_in_bf16(context, golden_run());
}

TEST_P(CpuBf16Training, SameBitsForAnyNumberOfThreads) {
  golden::NetworkImages images = golden::network_images();
  std::vector<float> wanted;
  for (const int threads : {1, 2, 3, 4, 8}) {
    C context({.threads = threads, .isa = isa()});
    golden::NetworkRun<C> run(context, golden::options_of(golden_run()), images);
    run.step();
    run.step();
    const std::vector<float> found = to_host<C, float>(context, ConstParams<C>(run.parameters().values()));
    if (wanted.empty()) wanted = found;
    EXPECT_EQ(found, wanted) << threads << " threads";
  }
}

std::string name_of_case(const testing::TestParamInfo<Case>& of) {
  const std::string norm = golden::torch_runs()["runs"][std::get<0>(of.param)]["norm"];
  return norm + "_" + name_of(std::get<1>(of.param));
}

INSTANTIATE_TEST_SUITE_P(Runs, CpuBf16Training,
                         testing::Combine(testing::Values(0, 1),
                                          testing::Values(Isa::kPortable, Isa::kAvx2, Isa::kAvx512, Isa::kAvx512Bf16,
                                                          Isa::kAmx)),
                         name_of_case);

}  // namespace
}  // namespace kindling
