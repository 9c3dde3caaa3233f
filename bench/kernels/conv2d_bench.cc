#include "kernels/conv2d.h"

#include <string>
#include <vector>

#include "bench/kernels/op_bench.h"

namespace kindling::bench {
namespace {

constexpr std::int64_t kBatch = 128;

// The 11 different convolutions of ResNet-18 on 32x32 images.
std::vector<Conv2dShape> convolutions() {
  const std::int64_t n = kBatch;
  return {{.n = n, .h = 32, .w = 32, .c = 3, .k = 64},
          {.n = n, .h = 32, .w = 32, .c = 64, .k = 64},
          {.n = n, .h = 32, .w = 32, .c = 64, .k = 128, .stride = 2},
          {.n = n, .h = 16, .w = 16, .c = 128, .k = 128},
          {.n = n, .h = 16, .w = 16, .c = 128, .k = 256, .stride = 2},
          {.n = n, .h = 8, .w = 8, .c = 256, .k = 256},
          {.n = n, .h = 8, .w = 8, .c = 256, .k = 512, .stride = 2},
          {.n = n, .h = 4, .w = 4, .c = 512, .k = 512},
          {.n = n, .h = 32, .w = 32, .c = 64, .k = 128, .r = 1, .stride = 2, .pad = 0},
          {.n = n, .h = 16, .w = 16, .c = 128, .k = 256, .r = 1, .stride = 2, .pad = 0},
          {.n = n, .h = 8, .w = 8, .c = 256, .k = 512, .r = 1, .stride = 2, .pad = 0}};
}

struct Operands {
  explicit Operands(const Conv2dShape& shape)
      : x(shape.x_shape().elements()), w(shape.filter_elements()), y(shape.y_shape().elements()) {}

  Floats x;
  Floats w;
  Floats y;
};

// GFLOP/s counts border taps, as is the custom; a kernel that skips them can exceed its arithmetic's peak.
template <class Pass>
void run_pass(benchmark::State& state, const Conv2dShape& shape, const Pass& pass) {
  const Operands operands(shape);
  const double seconds = run(state, [&] { pass(operands); });
  count_flops(state, seconds, 2.0 * static_cast<double>(shape.macs()));
}

void register_shape(const Conv2dShape& shape) {
  const auto add = [&](const char* name, auto pass) {
    benchmark::RegisterBenchmark((std::string(name) + "/" + to_string(shape)).c_str(),
                                 [=](benchmark::State& state) { run_pass(state, shape, pass); })
        ->UseRealTime()
        ->Unit(benchmark::kMillisecond);
  };
  add("conv2d_forward", [shape](const Operands& o) {
    conv2d_forward(context(), shape, o.x.as(shape.x_shape()), o.w, o.y.as(shape.y_shape()));
  });
  add("conv2d_dgrad", [shape](const Operands& o) {
    conv2d_dgrad(context(), shape, o.y.as(shape.y_shape()), o.w, o.x.as(shape.x_shape()), Accumulate::kAssign);
  });
  add("conv2d_wgrad", [shape](const Operands& o) {
    conv2d_wgrad(context(), shape, o.x.as(shape.x_shape()), o.y.as(shape.y_shape()), o.w);
  });
}

}  // namespace
}  // namespace kindling::bench

int main(int argc, char** argv) {
  for (const auto& shape : kindling::bench::convolutions()) kindling::bench::register_shape(shape);
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 2;
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}
