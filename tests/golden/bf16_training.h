#pragma once

#include <gtest/gtest.h>

#include <cmath>

#include "kernels/core/dtype.h"
#include "tests/golden/network_golden.h"

namespace kindling::golden {

// Three steps of a golden run in bf16. It rounds every activation to 8 bits: the first loss agrees with PyTorch's in
// double to 1e-2, and the first gradient, ReLUs that switch included, to 0.8 by norms (docs/NUMERICS.md, "Precision and
// agreement"). With batch norm three steps show that it learns. Returns the losses.
template <class C>
std::vector<double> expect_trains_in_bf16(C& context, const nlohmann::json& golden_run) {
  NetworkImages images = network_images();
  NetworkRun<C> run(context, options_of(golden_run), images);
  std::vector<double> losses{run.step()};
  const double first = number(golden_run["losses"].front());
  EXPECT_NEAR(losses.front(), first, 1e-2 * first);

  const nlohmann::json& gradients = golden_run["gradients"];
  double distance = 0;
  double norm = 0;
  for (std::size_t i = 0; i < gradients.size(); ++i) {
    const auto gradient = run.parameters().gradient_for_file(context, static_cast<std::int64_t>(i));
    distance += std::pow(estimated_distance(projections(i, gradient), gradients[i]["projections"]), 2);
    norm += std::pow(number(gradients[i]["norm"]), 2);
  }
  testing::Test::RecordProperty("relative_error_of_the_gradient", std::to_string(std::sqrt(distance / norm)));
  EXPECT_LT(std::sqrt(distance / norm), 0.8);

  losses.push_back(run.step());
  losses.push_back(run.step());
  if (options_of(golden_run).network.norm == NormKind::kBatch) {
    EXPECT_LT(losses.back(), losses.front());
  }
  return losses;
}

}  // namespace kindling::golden
