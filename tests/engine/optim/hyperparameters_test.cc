#include "engine/optim/hyperparameters.h"

#include <gtest/gtest.h>

#include <limits>
#include <string>

#include "kernels/core/error.h"

namespace kindling {
namespace {

using enum OptimizerKind;
using enum Recipe;

// The message of the Error(kUsage) that a call throws.
template <class F>
std::string refusal(F call) {
  try {
    call();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kUsage);
    return error.what();
  }
  return "no error";
}

std::string refusal_of(OptimizerKind kind, const HyperparameterFlags& flags) {
  return refusal([&] { resolve_hyperparameters(kind, kAssignment, flags); });
}

// The table of docs/NUMERICS.md.
TEST(Recipe, AssignmentGivesAllOptimizersTheTasksRate) {
  const auto assignment = [](OptimizerKind kind) { return resolve_hyperparameters(kind, kAssignment, {}); };
  EXPECT_EQ(assignment(kSgd), (Hyperparameters{.kind = kSgd, .lr = 0.1, .weight_decay = 5e-4, .momentum = 0.9}));
  EXPECT_EQ(assignment(kNesterov),
            (Hyperparameters{.kind = kNesterov, .lr = 0.1, .weight_decay = 5e-4, .momentum = 0.9}));
  EXPECT_EQ(assignment(kAdagrad), (Hyperparameters{.kind = kAdagrad, .lr = 0.1, .weight_decay = 5e-4, .eps = 1e-10}));
  EXPECT_EQ(assignment(kAdadelta),
            (Hyperparameters{.kind = kAdadelta, .lr = 0.1, .weight_decay = 5e-4, .rho = 0.9, .eps = 1e-6}));
  EXPECT_EQ(
      assignment(kAdam),
      (Hyperparameters{.kind = kAdam, .lr = 0.1, .weight_decay = 5e-4, .beta1 = 0.9, .beta2 = 0.999, .eps = 1e-8}));
}

TEST(Recipe, TorchDefaultsAreTorchs) {
  const auto torch = [](OptimizerKind kind) { return resolve_hyperparameters(kind, kTorchDefaults, {}); };
  EXPECT_EQ(torch(kSgd), (Hyperparameters{.kind = kSgd, .lr = 1e-3}));
  EXPECT_EQ(torch(kNesterov), (Hyperparameters{.kind = kNesterov, .lr = 1e-3, .momentum = 0.9}));
  EXPECT_EQ(torch(kAdagrad), (Hyperparameters{.kind = kAdagrad, .lr = 1e-2, .eps = 1e-10}));
  EXPECT_EQ(torch(kAdadelta), (Hyperparameters{.kind = kAdadelta, .lr = 1.0, .rho = 0.9, .eps = 1e-6}));
  EXPECT_EQ(torch(kAdam), (Hyperparameters{.kind = kAdam, .lr = 1e-3, .beta1 = 0.9, .beta2 = 0.999, .eps = 1e-8}));
}

TEST(Recipe, TunedIsNotThereYet) {
  EXPECT_EQ(refusal([] { resolve_hyperparameters(kAdam, kTuned, {}); }),
            "--recipe tuned: no learning rates are built in; kindling-study c6 --lr-grid finds them, to be given by "
            "--lr with --recipe assignment");
}

TEST(Recipe, FlagsWin) {
  const HyperparameterFlags flags{.lr = 0.5, .weight_decay = 0.0, .momentum = 0.0};
  for (const Recipe recipe : {kAssignment, kTorchDefaults}) {
    EXPECT_EQ(resolve_hyperparameters(kSgd, recipe, flags), (Hyperparameters{.kind = kSgd, .lr = 0.5}));
  }
  EXPECT_EQ(resolve_hyperparameters(kAdam, kTorchDefaults, {.beta1 = 0.8, .beta2 = 0.99, .eps = 1e-3}),
            (Hyperparameters{.kind = kAdam, .lr = 1e-3, .beta1 = 0.8, .beta2 = 0.99, .eps = 1e-3}));
  EXPECT_EQ(resolve_hyperparameters(kAdagrad, kTorchDefaults, {.lr_decay = 0.1}),
            (Hyperparameters{.kind = kAdagrad, .lr = 1e-2, .eps = 1e-10, .lr_decay = 0.1}));
  EXPECT_EQ(resolve_hyperparameters(kAdadelta, kTorchDefaults, {.rho = 0.5}),
            (Hyperparameters{.kind = kAdadelta, .lr = 1.0, .rho = 0.5, .eps = 1e-6}));
}

TEST(Hyperparameters, RefusesAFlagThatTheOptimizerDoesNotUse) {
  for (const OptimizerKind kind : {kAdagrad, kAdadelta, kAdam}) {
    EXPECT_EQ(refusal_of(kind, {.momentum = 0.9}),
              "--momentum 0.9 contradicts --opt " + std::string(name_of(kind)) + ", which has no such hyperparameter");
  }
  EXPECT_EQ(refusal_of(kAdam, {.rho = 0.9}), "--rho 0.9 contradicts --opt adam, which has no such hyperparameter");
  EXPECT_EQ(refusal_of(kSgd, {.beta1 = 0.9}), "--betas 0.9 contradicts --opt sgd, which has no such hyperparameter");
  EXPECT_EQ(refusal_of(kSgd, {.eps = 1e-8}), "--eps 1e-08 contradicts --opt sgd, which has no such hyperparameter");
  EXPECT_EQ(refusal_of(kAdadelta, {.lr_decay = 0.5}),
            "--lr-decay 0.5 contradicts --opt adadelta, which has no such hyperparameter");
}

TEST(Hyperparameters, RefusesValuesOutOfRange) {
  constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  EXPECT_EQ(refusal_of(kSgd, {.lr = kNan}), "--lr is nan; it must be a number of at least 0");
  EXPECT_EQ(refusal_of(kSgd, {.lr = -0.1}), "--lr is -0.1; it must be a number of at least 0");
  EXPECT_EQ(refusal_of(kSgd, {.lr = kInfinity}), "--lr is inf; it must be a number of at least 0");
  EXPECT_EQ(refusal_of(kSgd, {.weight_decay = -1}), "--weight-decay is -1; it must be a number of at least 0");
  EXPECT_EQ(refusal_of(kAdagrad, {.lr_decay = kNan}), "--lr-decay is nan; it must be a number of at least 0");
  EXPECT_EQ(refusal_of(kSgd, {.momentum = 1}), "--momentum is 1; it must be at least 0 and less than 1");
  EXPECT_EQ(refusal_of(kSgd, {.momentum = kNan}), "--momentum is nan; it must be at least 0 and less than 1");
  EXPECT_EQ(refusal_of(kAdadelta, {.rho = -0.5}), "--rho is -0.5; it must be at least 0 and less than 1");
  EXPECT_EQ(refusal_of(kAdam, {.beta1 = 1}), "the first of --betas is 1; it must be at least 0 and less than 1");
  EXPECT_EQ(refusal_of(kAdam, {.beta2 = 1.5}), "the second of --betas is 1.5; it must be at least 0 and less than 1");
  for (const OptimizerKind kind : {kAdagrad, kAdadelta, kAdam}) {
    EXPECT_EQ(refusal_of(kind, {.eps = 0}), "--eps is 0; it must be a number greater than 0");
    EXPECT_EQ(refusal_of(kind, {.eps = kNan}), "--eps is nan; it must be a number greater than 0");
  }
  EXPECT_EQ(refusal_of(kNesterov, {.momentum = 0}),
            "--opt nesterov contradicts --momentum 0: Nesterov needs a momentum greater than 0");
}

TEST(OptimizerKind, NamesRoundTripAndUnknownOnesListTheChoice) {
  for (const OptimizerKind kind : {kSgd, kNesterov, kAdagrad, kAdadelta, kAdam}) {
    EXPECT_EQ(parse_optimizer_kind(name_of(kind)), kind);
  }
  for (const Recipe recipe : {kAssignment, kTorchDefaults, kTuned}) EXPECT_EQ(parse_recipe(name_of(recipe)), recipe);
  EXPECT_EQ(refusal([] { parse_optimizer_kind("adamw"); }),
            "--opt is 'adamw'; it must be one of sgd, nesterov, adagrad, adadelta, adam");
  EXPECT_EQ(refusal([] { parse_recipe("best"); }),
            "--recipe is 'best'; it must be one of assignment, torch-defaults, tuned");
}

}  // namespace
}  // namespace kindling
