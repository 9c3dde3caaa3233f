#include "engine/optim/hyperparameters.h"

#include <fmt/format.h>

#include <array>
#include <cmath>
#include <string>
#include <utility>

#include "kernels/core/error.h"

namespace kindling {
namespace {

using enum OptimizerKind;

template <class E, std::size_t N>
using Names = std::array<std::pair<E, std::string_view>, N>;

constexpr Names<OptimizerKind, 5> kOptimizerNames{
    {{kSgd, "sgd"}, {kNesterov, "nesterov"}, {kAdagrad, "adagrad"}, {kAdadelta, "adadelta"}, {kAdam, "adam"}}};
constexpr Names<Recipe, 3> kRecipeNames{
    {{Recipe::kAssignment, "assignment"}, {Recipe::kTorchDefaults, "torch-defaults"}, {Recipe::kTuned, "tuned"}}};

template <class E, std::size_t N>
std::string_view name_in(const Names<E, N>& names, E value) {
  for (const auto& [key, name] : names) {
    if (key == value) return name;
  }
  throw Error(ErrorCode::kInternal, "internal error: an enumerator has no name");
}

template <class E, std::size_t N>
E parse_in(const Names<E, N>& names, std::string_view text, const char* what) {
  std::string all;
  for (const auto& [key, name] : names) {
    if (name == text) return key;
    all += (all.empty() ? "" : ", ") + std::string(name);
  }
  throw Error(ErrorCode::kUsage, fmt::format("{} is '{}'; it must be one of {}", what, text, all));
}

// torch.optim's defaults. eps, rho and betas are the same in every recipe.
Hyperparameters torch_defaults(OptimizerKind kind) {
  switch (kind) {
    case kSgd:
      return {.kind = kind, .lr = 1e-3};
    case kNesterov:
      return {.kind = kind, .lr = 1e-3, .momentum = 0.9};
    case kAdagrad:
      return {.kind = kind, .lr = 1e-2, .eps = 1e-10};
    case kAdadelta:
      return {.kind = kind, .lr = 1.0, .rho = 0.9, .eps = 1e-6};
    case kAdam:
      return {.kind = kind, .lr = 1e-3, .beta1 = 0.9, .beta2 = 0.999, .eps = 1e-8};
  }
  throw Error(ErrorCode::kInternal, "internal error: unknown optimizer");
}

Hyperparameters from_recipe(OptimizerKind kind, Recipe recipe) {
  if (recipe == Recipe::kTuned) {
    throw Error(ErrorCode::kUsage,
                "--recipe tuned: no learning rates are built in; kindling-study c6 --lr-grid finds them, to be given "
                "by --lr with --recipe assignment");
  }
  Hyperparameters chosen = torch_defaults(kind);
  if (recipe == Recipe::kAssignment) {
    chosen.lr = 0.1;
    chosen.weight_decay = 5e-4;
    if (kind == kSgd || kind == kNesterov) chosen.momentum = 0.9;
  }
  return chosen;
}

// Puts a flag's value in place, if it was given. `used` says whether the optimizer's formula has it.
void apply(const std::optional<double>& flag, const char* name, bool used, Hyperparameters& chosen, double& value) {
  if (!flag) return;
  if (!used) {
    throw Error(ErrorCode::kUsage, fmt::format("{} {} contradicts --opt {}, which has no such hyperparameter", name,
                                               *flag, name_of(chosen.kind)));
  }
  value = *flag;
}

void check_not_negative(const char* name, double value) {
  if (std::isfinite(value) && value >= 0) return;
  throw Error(ErrorCode::kUsage, fmt::format("{} is {}; it must be a number of at least 0", name, value));
}

void check_fraction(const char* name, double value) {
  if (value >= 0 && value < 1) return;
  throw Error(ErrorCode::kUsage, fmt::format("{} is {}; it must be at least 0 and less than 1", name, value));
}

void check(const Hyperparameters& chosen) {
  check_not_negative("--lr", chosen.lr);
  check_not_negative("--weight-decay", chosen.weight_decay);
  check_not_negative("--lr-decay", chosen.lr_decay);
  check_fraction("--momentum", chosen.momentum);
  check_fraction("--rho", chosen.rho);
  check_fraction("the first of --betas", chosen.beta1);
  check_fraction("the second of --betas", chosen.beta2);
  const bool has_eps = chosen.kind != kSgd && chosen.kind != kNesterov;
  if (has_eps && !(std::isfinite(chosen.eps) && chosen.eps > 0)) {
    throw Error(ErrorCode::kUsage, fmt::format("--eps is {}; it must be a number greater than 0", chosen.eps));
  }
  if (chosen.kind == kNesterov && chosen.momentum == 0) {
    throw Error(ErrorCode::kUsage, "--opt nesterov contradicts --momentum 0: Nesterov needs a momentum greater than 0");
  }
}

}  // namespace

std::string_view name_of(OptimizerKind kind) {
  return name_in(kOptimizerNames, kind);
}

OptimizerKind parse_optimizer_kind(std::string_view name) {
  return parse_in(kOptimizerNames, name, "--opt");
}

std::string_view name_of(Recipe recipe) {
  return name_in(kRecipeNames, recipe);
}

Recipe parse_recipe(std::string_view name) {
  return parse_in(kRecipeNames, name, "--recipe");
}

Hyperparameters resolve_hyperparameters(OptimizerKind kind, Recipe recipe, const HyperparameterFlags& flags) {
  Hyperparameters chosen = from_recipe(kind, recipe);
  const bool momentum = kind == kSgd || kind == kNesterov;
  apply(flags.lr, "--lr", true, chosen, chosen.lr);
  apply(flags.weight_decay, "--weight-decay", true, chosen, chosen.weight_decay);
  apply(flags.momentum, "--momentum", momentum, chosen, chosen.momentum);
  apply(flags.rho, "--rho", kind == kAdadelta, chosen, chosen.rho);
  apply(flags.beta1, "--betas", kind == kAdam, chosen, chosen.beta1);
  apply(flags.beta2, "--betas", kind == kAdam, chosen, chosen.beta2);
  apply(flags.eps, "--eps", !momentum, chosen, chosen.eps);
  apply(flags.lr_decay, "--lr-decay", kind == kAdagrad, chosen, chosen.lr_decay);
  check(chosen);
  return chosen;
}

}  // namespace kindling
