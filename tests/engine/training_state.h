#pragma once

#include <cmath>
#include <cstddef>
#include <string>
#include <vector>

#include "tests/golden/network_run.h"

namespace kindling::golden {

// All that a training step starts from and changes: parameters, running statistics, each moment.
struct StateBlock {
  std::string name;
  std::vector<float> values;
};

template <class C>
std::vector<StateBlock> state_of(C& context, const NetworkRun<C>& run) {
  const auto block = [&context](const std::string& name, Params<C> values) {
    return StateBlock{name, to_host<C, float>(context, ConstParams<C>(values))};
  };
  std::vector<StateBlock> state{block("parameters", run.parameters().values()),
                                block("running statistics", run.parameters().statistics())};
  for (const Moment<C>& moment : run.optimizer().moments()) state.push_back(block(moment.name, moment.values));
  return state;
}

// The state becomes that of another run with the same options.
template <class C>
void take_state(C& context, const NetworkRun<C>& run, const std::vector<StateBlock>& state) {
  std::vector<Params<C>> to{run.parameters().values(), run.parameters().statistics()};
  for (const Moment<C>& moment : run.optimizer().moments()) to.push_back(moment.values);
  for (std::size_t i = 0; i < to.size(); ++i) from_host<C, float>(context, to[i], state.at(i).values);
}

inline double norm_of_difference(const std::vector<float>& a, const std::vector<float>& b) {
  double sum = 0;
  for (std::size_t i = 0; i < a.size(); ++i) sum += std::pow(double{a[i]} - double{b.at(i)}, 2);
  return std::sqrt(sum);
}

}  // namespace kindling::golden
