// Shows cuDNN's plans for ResNet-18 on a GPU, which need not be there, or describes the one that is:
//
//   list_conv2d_plans GPU.json [BATCH [LIMIT_MIB]]
//   list_conv2d_plans --describe-gpu > GPU.json

#include <algorithm>
#include <cstdio>
#include <exception>
#include <fstream>
#include <iterator>
#include <string>
#include <utility>
#include <vector>

#include "engine/resnet18.h"
#include "kernels/core/error.h"
#include "kernels/cudnn/conv2d_plan.h"

namespace kindling {
namespace {

std::string read_file(const std::string& path) {
  std::ifstream file(path);
  if (!file) throw Error(ErrorCode::kUsage, "can't read " + path);
  return std::string(std::istreambuf_iterator<char>(file), {});
}

void list_plans(const PlanTarget& target, std::int64_t images, std::int64_t limit) {
  NetworkBuilder builder;
  const ResNet18 network(builder, {});
  std::printf("%-46s %-40s %10s %s\n", "problem", "plan", "workspace", "tensor cores");
  for (const ConvPrecision precision : {ConvPrecision::kFp32, ConvPrecision::kTf32, ConvPrecision::kBf16}) {
    std::vector<Conv2dShape> seen;
    for (const Conv2d* layer : network.convolutions()) {
      Conv2dShape shape = layer->shape();
      const bool stem = shape.c == ResNet18::kInputImage.c;
      shape.n = images;
      shape.c = padded_channels(shape.c, precision);
      if (std::find(seen.begin(), seen.end(), shape) != seen.end()) continue;
      seen.push_back(shape);
      for (const Conv2dPass pass : {Conv2dPass::kForward, Conv2dPass::kDgrad, Conv2dPass::kWgrad}) {
        if (stem && pass == Conv2dPass::kDgrad) continue;  // nobody wants the gradient of the images
        const Conv2dProblem problem{.shape = shape, .pass = pass, .precision = precision};
        const Conv2dPlan plan = std::move(find_conv2d_plans(problem, target, limit, 1).front());
        std::printf("%-46s %-40s %10lld %s\n", to_string(problem).c_str(), plan.id().c_str(),
                    static_cast<long long>(plan.workspace_bytes()),
                    plan.config().has_note(CUDNN_NUMERICAL_NOTE_TENSOR_CORE) ? "yes" : "no");
      }
    }
  }
}

int run(const std::vector<std::string>& arguments) {
  if (arguments.size() == 1 && arguments[0] == "--describe-gpu") {
    std::printf("%s\n", device_description_json(0).c_str());
    return 0;
  }
  if (arguments.empty() || arguments.size() > 3) {
    std::fputs("usage: list_conv2d_plans GPU.json [BATCH [LIMIT_MIB]] | --describe-gpu\n", stderr);
    return 2;
  }
  const std::int64_t images = arguments.size() > 1 ? std::stoll(arguments[1]) : 128;
  const std::int64_t limit =
      arguments.size() > 2 ? std::stoll(arguments[2]) << 20U : Conv2dPlansOptions{}.workspace_limit;
  list_plans(PlanTarget::from_json(read_file(arguments[0])), images, limit);
  return 0;
}

}  // namespace
}  // namespace kindling

int main(int argc, char** argv) {
  try {
    return kindling::run({argv + 1, argv + argc});
  } catch (const kindling::Error& error) {
    std::fprintf(stderr, "list_conv2d_plans: %s\n", error.what());
    return static_cast<int>(error.code());
  } catch (const std::exception& error) {
    std::fprintf(stderr, "list_conv2d_plans: %s\n", error.what());
    return 2;
  }
}
