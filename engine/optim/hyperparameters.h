#pragma once

#include <optional>
#include <string_view>

namespace kindling {

enum class OptimizerKind { kSgd, kNesterov, kAdagrad, kAdadelta, kAdam };

// "sgd", "nesterov", "adagrad", "adadelta", "adam".
std::string_view name_of(OptimizerKind kind);
// The inverse; an unknown name is Error(kUsage).
OptimizerKind parse_optimizer_kind(std::string_view name);

// Where hyperparameters come from that weren't asked for by flag.
enum class Recipe {
  kAssignment,     // the task's: lr 0.1, momentum 0.9, weight decay 5e-4 for all, though adaptive ones suffer from it
  kTorchDefaults,  // torch.optim's defaults; Nesterov needs a momentum, for which torch has none: 0.9
  kTuned,          // learning rates found on a validation split (kindling-study c6 --lr-grid): not built in
};

// "assignment", "torch-defaults", "tuned".
std::string_view name_of(Recipe recipe);
Recipe parse_recipe(std::string_view name);

// Everything that an optimizer's formula asks for (kernels/optimizer_step.h). What a kind doesn't use is 0.
struct Hyperparameters {
  OptimizerKind kind = OptimizerKind::kSgd;
  double lr = 0;
  double weight_decay = 0;
  double momentum = 0;  // sgd, nesterov
  double rho = 0;       // adadelta
  double beta1 = 0;     // adam
  double beta2 = 0;     // adam
  double eps = 0;       // adagrad, adadelta, adam
  double lr_decay = 0;  // adagrad

  bool operator==(const Hyperparameters&) const = default;
};

// What was asked for by flag (--lr, --momentum, ...); the rest comes from the recipe.
struct HyperparameterFlags {
  std::optional<double> lr = std::nullopt;
  std::optional<double> weight_decay = std::nullopt;
  std::optional<double> momentum = std::nullopt;
  std::optional<double> rho = std::nullopt;
  std::optional<double> beta1 = std::nullopt;
  std::optional<double> beta2 = std::nullopt;
  std::optional<double> eps = std::nullopt;
  std::optional<double> lr_decay = std::nullopt;
};

// The recipe's hyperparameters with the flags on top. Throws Error(kUsage) for a recipe that this build lacks, a flag
// that the optimizer doesn't use, and a value out of its range:
//   lr, weight_decay, lr_decay >= 0;  momentum, rho, beta1, beta2 in [0, 1), Nesterov's momentum > 0;  eps > 0
Hyperparameters resolve_hyperparameters(OptimizerKind kind, Recipe recipe, const HyperparameterFlags& flags);

}  // namespace kindling
