#include "engine/resnet18.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "engine/network.h"
#include "engine/summary.h"
#include "kernels/reference/reference_context.h"

namespace kindling {
namespace {

NetworkBuilder built(const NetworkOptions& options) {
  NetworkBuilder builder;
  const ResNet18 network(builder, options);
  return builder;
}

// The figures of kuangliu/pytorch-cifar's ResNet18.
TEST(ResNet18, HasTheParametersOfTheModelItIs) {
  const ParameterLayout layout = built({}).parameters;
  EXPECT_EQ(layout.parameter_count(), 11'173'962);
  EXPECT_EQ(layout.parameters().size(), 62U);
  EXPECT_EQ(layout.parameters().size() + layout.statistics().size() + layout.batch_counters().size(), 122U);
}

TEST(ResNet18, WithoutBatchNormOnlyFiltersAndTheClassifierStay) {
  const ParameterLayout layout = built({.norm = NormKind::kNone}).parameters;
  EXPECT_EQ(layout.parameter_count(), 11'164'362);
  EXPECT_EQ(layout.parameters().size(), 22U);
  EXPECT_TRUE(layout.statistics().empty());
}

TEST(ResNet18, NamesAreThoseOfTheFiles) {
  const ParameterLayout layout = built({}).parameters;
  const auto has = [&](const std::string& name, const std::vector<std::int64_t>& shape) {
    return std::any_of(layout.parameters().begin(), layout.parameters().end(), [&](const ParameterInfo& parameter) {
      return parameter.name == name && parameter.shape == shape;
    });
  };
  EXPECT_TRUE(has("conv1.weight", {64, 3, 3, 3}));
  EXPECT_TRUE(has("bn1.bias", {64}));
  EXPECT_TRUE(has("layer1.1.conv2.weight", {64, 64, 3, 3}));
  EXPECT_TRUE(has("layer2.0.shortcut.0.weight", {128, 64, 1, 1}));
  EXPECT_TRUE(has("layer4.0.shortcut.1.weight", {512}));
  EXPECT_TRUE(has("linear.weight", {10, 512}));
  EXPECT_EQ(layout.statistics().front().name, "bn1.running_mean");
  EXPECT_EQ(layout.batch_counters().back(), "layer4.1.bn2.num_batches_tracked");
}

TEST(Summary, AddsUpToTheModelsFigures) {
  NetworkBuilder builder;
  const ResNet18 network(builder, {});
  std::int64_t macs = 0;
  std::int64_t parameters = 0;
  for (const LayerSummary& row : summarize(network, builder.parameters)) {
    macs += row.macs;
    parameters += row.parameters;
  }
  EXPECT_EQ(macs, 555'422'720);
  EXPECT_EQ(parameters, 11'173'962);
  // Three passes of them, but two of the stem's 3 * 3 * 3 * 64 at 32 x 32 pixels.
  constexpr double kStemMacs = 27 * 64 * 32 * 32;
  EXPECT_EQ(training_flops_per_image(summarize(network, builder.parameters)), 2 * (3 * 555'422'720.0 - kStemMacs));
  EXPECT_EQ(inference_flops_per_image(summarize(network, builder.parameters)), 2 * 555'422'720.0);
}

TEST(Network, AllGradientsAreWrittenAndGapsStayZero) {
  ReferenceContext<double> context;
  Network<ReferenceContext<double>> network(context, {.width = 8}, 2);
  network.parameters().initialize(context, 1);
  std::vector<float> pixels(static_cast<std::size_t>(2 * kImageElements));
  for (std::size_t i = 0; i < pixels.size(); ++i) pixels[i] = static_cast<float>(i * 37 % 101) * 0.02F - 1.0F;
  network.forward(context, {pixels.data(), static_cast<std::int64_t>(pixels.size())}, 2, Mode::kTraining);
  std::vector<double> dlogits(2 * kClasses, 0.0);
  for (std::size_t i = 0; i < dlogits.size(); ++i) dlogits[i] = static_cast<double>(i % 7) - 3.0;
  network.backward(context, {dlogits.data(), 2 * kClasses}, 2);

  const ParameterStore<ReferenceContext<double>>& store = network.parameters();
  std::int64_t covered = 0;
  for (std::size_t i = 0; i < store.layout().parameters().size(); ++i) {
    const Params<ReferenceContext<double>> gradient = store.gradient(static_cast<std::int64_t>(i));
    EXPECT_TRUE(std::any_of(gradient.begin(), gradient.end(), [](double value) { return value != 0; }))
        << store.layout().parameters()[i].name;
    covered += std::count_if(gradient.begin(), gradient.end(), [](double value) { return value != 0; });
  }
  const Params<ReferenceContext<double>> all = store.gradients();
  EXPECT_EQ(std::count_if(all.begin(), all.end(), [](double value) { return value != 0; }), covered);
}

}  // namespace
}  // namespace kindling
