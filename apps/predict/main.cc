#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cmath>
#include <filesystem>
#include <numeric>
#include <string>
#include <vector>

#include "apps/idle_threads.h"
#include "apps/program.h"
#include "apps/screen.h"
#include "apps/version.h"
#include "data/augment.h"
#include "data/cifar10.h"
#include "data/dataset.h"
#include "data/png_codec.h"
#include "engine/network.h"
#include "engine/weights_file.h"
#include "kernels/cpu/cpu_context.h"

namespace kindling {
namespace {

constexpr std::int64_t kShown = 3;

// The network that a weights file was trained with: its first filter tells the width, the norms their being there.
NetworkOptions options_of(const SafetensorsFile& file) {
  const TensorRecord* stem = file.find("conv1.weight");
  if (stem == nullptr || stem->shape.size() != 4) {
    throw Error(ErrorCode::kWeights,
                fmt::format("{}: no tensor conv1.weight of 4 dimensions: not a ResNet-18", file.origin()));
  }
  return {.width = stem->shape[0], .norm = file.find("bn1.weight") == nullptr ? NormKind::kNone : NormKind::kBatch};
}

std::vector<double> softmax(const std::vector<float>& logits) {
  const double largest = *std::max_element(logits.begin(), logits.end());
  std::vector<double> p(logits.size());
  std::transform(logits.begin(), logits.end(), p.begin(), [&](float logit) { return std::exp(logit - largest); });
  const double sum = std::accumulate(p.begin(), p.end(), 0.0);
  for (double& value : p) value /= sum;
  return p;
}

// "cat.png: cat 91.2 %, dog 7.1 %, deer 0.8 %"
void print_top(const std::string& image, const std::vector<double>& probabilities) {
  std::vector<std::size_t> order(probabilities.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return probabilities[a] > probabilities[b]; });
  std::vector<std::string> shown;
  for (std::size_t i = 0; i < kShown; ++i) {
    shown.push_back(fmt::format("{} {:.1f} %", cifar10_classes()[order[i]], 100 * probabilities[order[i]]));
  }
  say("{}: {}\n", image, fmt::join(shown, ", "));
}

// All images are decoded before the first result: a bad one among many leaves no half answer.
std::vector<Image> decode_all(const std::vector<std::string>& paths) {
  std::vector<Image> images(paths.size());
  for (std::size_t i = 0; i < paths.size(); ++i) decode_png(read_png_file(paths[i]), paths[i], images[i]);
  return images;
}

int run(int argc, const char* const* argv) {
  std::vector<std::string> paths;
  std::filesystem::path weights;
  CLI::App app("Names the three likeliest CIFAR-10 classes of 32x32 PNG images.", "kindling-predict");
  app.set_version_flag("--version", version_text());
  app.add_option("images", paths, "PNG files of 32 x 32 pixels")->type_name("IMAGE.png...");
  app.add_option("--weights", weights, "weights.safetensors of a training run, or of PyTorch")->type_name("FILE");
  if (!parse_command_line(app, argc, argv)) return 0;
  // Not ->required(), which would hide a misspelt flag behind the one that is then missing.
  if (weights.empty()) throw Error(ErrorCode::kUsage, "--weights FILE is missing");
  if (paths.empty()) throw Error(ErrorCode::kUsage, "no IMAGE.png is given");

  const std::vector<Image> images = decode_all(paths);
  SafetensorsFile file = SafetensorsFile::read(weights);
  file.strip_prefix("module.");
  CpuContext<float> context;
  Network<CpuContext<float>> network(context, options_of(file), 1);
  load_state_tensors<float>(context, network.parameters(), file.origin(), file.tensors());

  const InputTransform transform;
  std::vector<float> pixels(static_cast<std::size_t>(kImageElements));
  for (std::size_t i = 0; i < images.size(); ++i) {
    transform.apply(images[i], {}, pixels);
    network.forward(context, {pixels.data(), kImageElements}, 1, Mode::kInference);
    print_top(paths[i],
              softmax(to_host<CpuContext<float>, float>(context, ConstParams<CpuContext<float>>(network.logits(1)))));
  }
  return 0;
}

}  // namespace
}  // namespace kindling

int main(int argc, char** argv) {
  kindling::begin_with_short_spinning(argv);
  return kindling::run_program("kindling-predict", [&] { return kindling::run(argc, argv); });
}
