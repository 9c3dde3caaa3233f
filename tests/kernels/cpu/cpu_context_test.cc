#include "kernels/cpu/cpu_context.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <string>

#include "tests/support/expect_error.h"

namespace kindling {
namespace {

// Sets KINDLING_ISA for one test and puts back what was there.
class IsaVariable {
 public:
  explicit IsaVariable(const char* value) {
    if (const char* before = std::getenv(kName)) before_ = before;
    setenv(kName, value, 1);
  }
  ~IsaVariable() {
    if (before_.empty()) {
      unsetenv(kName);
    } else {
      setenv(kName, before_.c_str(), 1);
    }
  }
  IsaVariable(const IsaVariable&) = delete;
  IsaVariable& operator=(const IsaVariable&) = delete;

 private:
  static constexpr const char* kName = "KINDLING_ISA";
  std::string before_;
};

TEST(CpuContext, EnvironmentForcesALowerPath) {
  const IsaVariable variable("portable");
  EXPECT_EQ(CpuContext<float>().isa(), Isa::kPortable);
}

TEST(CpuContext, EmptyEnvironmentVariableMeansTheBestPath) {
  const IsaVariable variable("");
  const Isa best = CpuContext<float>().isa();
  for (const Isa isa : {Isa::kPortable, Isa::kAvx2, Isa::kAvx512}) {
    if (is_supported(isa)) {
      EXPECT_GE(best, isa);
    }
  }
}

// Where the processor has them, there are no fp32 kernels of their own.
TEST(CpuContext, MoreThanAvx512IsAvx512InFp32) {
  for (const Isa isa : {Isa::kAvx512Bf16, Isa::kAmx}) {
    if (!is_supported(isa)) continue;
    const IsaVariable variable(name_of(isa));
    EXPECT_EQ(CpuContext<float>().isa(), Isa::kAvx512);
    EXPECT_EQ(CpuContext<bfloat16>().isa(), isa);
  }
}

TEST(CpuContext, OptionWinsOverTheEnvironment) {
  const IsaVariable variable("nonsense");
  EXPECT_EQ(CpuContext<float>({.isa = Isa::kPortable}).isa(), Isa::kPortable);
}

TEST(CpuContext, RefusesAnUnknownPath) {
  const IsaVariable variable("avx1024");
  test::expect_error(ErrorCode::kUsage,
                     "KINDLING_ISA is 'avx1024'; it must be portable, avx2, avx512, avx512_bf16 or amx",
                     [] { CpuContext<float>(); });
}

TEST(CpuContext, RefusesWhatItCannotDo) {
  test::expect_error(ErrorCode::kUsage, "threads is -1", [] { CpuContext<float>({.threads = -1}); });
  test::expect_error(ErrorCode::kUsage, "--conv cudnn is not available on the CPU",
                     [] { CpuContext<float>({.conv = ConvAlgorithm::kCudnn}); });
  test::expect_error(ErrorCode::kUsage, "--conv winograd2 is not available on the CPU in bf16; it has auto and direct",
                     [] { CpuContext<bfloat16>({.conv = ConvAlgorithm::kWinograd2}); });
}

TEST(Workspace, GrowsOnlyForMore) {
  Workspace workspace(2);
  workspace.reserve(1000, 500);
  const float* shared = workspace.shared();
  const float* first = workspace.of_thread(0);
  const float* second = workspace.of_thread(1);
  EXPECT_NE(first, second);
  workspace.reserve(10, 500);
  EXPECT_EQ(workspace.shared(), shared);
  EXPECT_EQ(workspace.of_thread(0), first);
  EXPECT_EQ(workspace.of_thread(1), second);
}

}  // namespace
}  // namespace kindling
