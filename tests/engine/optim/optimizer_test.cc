#include "engine/optim/optimizer.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "kernels/cpu/cpu_context.h"
#include "kernels/reference/reference_context.h"
#include "tests/golden/optimizers.h"
#include "tests/support/source_path.h"

namespace kindling {
namespace {

const golden::OptimizerGolden& optimizers() {
  static const golden::OptimizerGolden parsed =
      golden::read_optimizers(test::source_path("tests/golden/optimizers.json"));
  return parsed;
}

Hyperparameters hyperparameters_of(const golden::OptimizerCase& of) {
  return {.kind = parse_optimizer_kind(of.algorithm),
          .lr = of.option("lr", 0),
          .weight_decay = of.option("weight_decay", 0),
          .momentum = of.option("momentum", 0),
          .rho = of.option("rho", 0),
          .beta1 = of.beta(0, 0),
          .beta2 = of.beta(1, 0),
          .eps = of.option("eps", 0),
          .lr_decay = of.option("lr_decay", 0)};
}

template <class C>
class OptimizerTest : public testing::Test {
 protected:
  using T = typename C::param_t;

  // Parameters as the golden files have them at first.
  static std::vector<T> initial_parameters() {
    std::vector<T> values(static_cast<std::size_t>(optimizers().elements));
    for (std::size_t i = 0; i < values.size(); ++i) {
      values[i] = static_cast<T>(golden::initial_parameter(static_cast<std::int64_t>(i)));
    }
    return values;
  }

  // Steps from..to with the golden files' gradients and learning rates.
  void train(Optimizer<C>& optimizer, std::vector<T>& parameters, std::int64_t from, std::int64_t to) {
    const std::int64_t elements = optimizers().elements;
    std::vector<T> gradients(parameters.size());
    for (std::int64_t t = from; t <= to; ++t) {
      for (std::size_t i = 0; i < gradients.size(); ++i) {
        gradients[i] = static_cast<T>(golden::gradient(t, static_cast<std::int64_t>(i)));
      }
      optimizer.set_scalars(context_, golden::learning_rate(optimizer.hyperparameters().lr, t), t);
      optimizer.step(context_, {parameters.data(), elements}, {gradients.data(), elements});
    }
  }

  C context_;
};

using Contexts = testing::Types<ReferenceContext<double>, ReferenceContext<float>, CpuContext<float>>;
TYPED_TEST_SUITE(OptimizerTest, Contexts);

// Bounds: those of tests/kernels/optimizer_step_test.cc, where their size is explained.
TYPED_TEST(OptimizerTest, MatchesTorchUnderTorchsNames) {
  using Real = typename TypeParam::param_t;
  const double bound = sizeof(Real) == 8 ? 1e-12 : 5e-6;
  for (const golden::OptimizerCase& of : optimizers().cases) {
    const auto& want = sizeof(Real) == 8 ? of.float64 : of.float32;
    std::vector<Real> parameters = this->initial_parameters();
    Optimizer<TypeParam> optimizer(this->context_, hyperparameters_of(of), optimizers().elements);
    this->train(optimizer, parameters, 1, optimizers().steps);
    EXPECT_EQ(optimizer.last_step(), optimizers().steps);
    EXPECT_LE(golden::relative_difference(parameters, want.at("parameters")), bound) << of.name;
    ASSERT_EQ(optimizer.moments().size() + 1, want.size()) << of.name;
    for (const auto& moment : optimizer.moments()) {
      EXPECT_LE(golden::relative_difference(moment.values, want.at(moment.name)), bound)
          << of.name << " " << moment.name;
    }
  }
}

// What a checkpoint holds is enough: moments and the number of the last step.
TYPED_TEST(OptimizerTest, ContinuesBitEqualFromItsMomentsAndStep) {
  using Real = typename TypeParam::param_t;
  for (const golden::OptimizerCase& of : optimizers().cases) {
    std::vector<Real> whole = this->initial_parameters();
    Optimizer<TypeParam> uninterrupted(this->context_, hyperparameters_of(of), optimizers().elements);
    this->train(uninterrupted, whole, 1, 10);

    std::vector<Real> parts = this->initial_parameters();
    Optimizer<TypeParam> first(this->context_, hyperparameters_of(of), optimizers().elements);
    this->train(first, parts, 1, 4);
    Optimizer<TypeParam> second(this->context_, hyperparameters_of(of), optimizers().elements);
    ASSERT_EQ(second.moments().size(), first.moments().size());
    for (std::size_t i = 0; i < first.moments().size(); ++i) {
      EXPECT_EQ(second.moments()[i].name, first.moments()[i].name);
      std::ranges::copy(first.moments()[i].values, second.moments()[i].values.begin());
    }
    this->train(second, parts, first.last_step() + 1, 10);
    EXPECT_EQ(parts, whole) << of.name;
  }
}

TEST(Optimizer, RefusesAnotherNumberOfParametersAndAStepBeforeTheFirst) {
  CpuContext<float> context;
  Optimizer<CpuContext<float>> optimizer(context,
                                         resolve_hyperparameters(OptimizerKind::kAdam, Recipe::kAssignment, {}), 8);
  std::vector<float> values(7);
  EXPECT_THROW(optimizer.step(context, {values.data(), 7}, {values.data(), 7}), Error);
  EXPECT_THROW(optimizer.set_scalars(context, 0.1, 0), Error);
}

}  // namespace
}  // namespace kindling
