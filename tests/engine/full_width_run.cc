// The CPU backend's half of tests/golden/compare_full_width.py: ten SGD steps in fp32.
// Prints the losses, one a line, and writes the gradients of the first step as raw floats, tensor after tensor in the
// order and layout of weight files.

#include <CLI/CLI.hpp>
#include <cstdio>
#include <exception>
#include <fstream>
#include <string>
#include <vector>

#include "apps/choice.h"
#include "apps/conv_choice.h"
#include "kernels/core/error.h"
#include "kernels/cpu/cpu_context.h"
#include "tests/golden/network_run.h"

namespace kindling {
namespace {

struct Options {
  std::string images;
  std::string gradients;
  std::string norm = "batch";
  ConvAlgorithm conv = ConvAlgorithm::kDirect;
  std::int64_t width = 64;
  std::int64_t batch = 8;
  std::int64_t steps = 10;
  std::uint64_t seed = 1;
  int threads = 1;
  double lr = 0;
  double momentum = 0;
  double weight_decay = 0;
};

Options parse(int argc, char** argv) {
  Options options;
  CLI::App app("Ten steps of SGD on one batch, for a comparison with PyTorch");
  app.add_option("--images", options.images, "images in CIFAR-10's binary format")->required();
  app.add_option("--gradients", options.gradients, "file to write")->required();
  app.add_option("--norm", options.norm)->check(CLI::IsMember({"batch", "none"}));
  add_choice(app, "--conv", options.conv, kConvolutions, "convolution algorithm");
  app.add_option("--width", options.width);
  app.add_option("--batch", options.batch);
  app.add_option("--steps", options.steps);
  app.add_option("--seed", options.seed);
  app.add_option("--threads", options.threads);
  app.add_option("--lr", options.lr)->required();
  app.add_option("--momentum", options.momentum)->required();
  app.add_option("--weight-decay", options.weight_decay)->required();
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    throw Error(ErrorCode::kUsage, error.what());
  }
  return options;
}

template <class C>
void write_gradients(C& context, const ParameterStore<C>& store, const std::string& path) {
  std::ofstream file(path, std::ios::binary);
  for (std::size_t i = 0; i < store.layout().parameters().size(); ++i) {
    const std::vector<float> gradient = store.gradient_for_file(context, static_cast<std::int64_t>(i));
    file.write(reinterpret_cast<const char*>(gradient.data()),
               static_cast<std::streamsize>(gradient.size() * sizeof(float)));
  }
  if (!file.flush()) throw Error(ErrorCode::kOutput, path + " can't be written");
}

void run(const Options& options) {
  using Context = CpuContext<float>;
  Context context({.threads = options.threads, .conv = options.conv});
  golden::NetworkImages images(options.images, options.batch);
  golden::NetworkRun<Context> network(
      context,
      {.network = {.width = options.width, .norm = options.norm == "batch" ? NormKind::kBatch : NormKind::kNone},
       .seed = options.seed,
       .hyperparameters = {.kind = OptimizerKind::kSgd,
                           .lr = options.lr,
                           .weight_decay = options.weight_decay,
                           .momentum = options.momentum}},
      images);
  for (std::int64_t step = 1; step <= options.steps; ++step) {
    std::printf("%.17g\n", network.step());
    if (step == 1) write_gradients(context, network.parameters(), options.gradients);
  }
}

}  // namespace
}  // namespace kindling

int main(int argc, char** argv) {
  try {
    kindling::run(kindling::parse(argc, argv));
    return 0;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "full_width_run: %s\n", error.what());
    return 1;
  }
}
