#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "tests/support/conv2d_case.h"
#include "tests/support/random_values.h"

namespace kindling::test {

// Outputs of the oracle that are compared: of more than 12 channels the first, the last and ten between. Channels are
// independent in y (by filter), dw (by filter) and dx (by input channel), so the oracle gets a case with only these.
inline std::vector<std::int64_t> sampled_channels(std::int64_t channels) {
  std::vector<std::int64_t> sample;
  const std::int64_t count = std::min<std::int64_t>(channels, 12);
  for (std::int64_t i = 0; i < count; ++i) sample.push_back(count == 1 ? 0 : i * (channels - 1) / (count - 1));
  return sample;
}

// The sampled ones of `channels` runs of `length` elements each, over and over: length 1 for the innermost channel of
// activations, R S C for the rows of a filter.
inline std::vector<double> select(const std::vector<double>& values, std::int64_t channels, std::int64_t length,
                                  const std::vector<std::int64_t>& sample) {
  std::vector<double> selected;
  const auto size = static_cast<std::int64_t>(values.size());
  for (std::int64_t group = 0; group < size; group += channels * length) {
    for (const std::int64_t channel : sample) {
      const auto first = values.begin() + group + channel * length;
      selected.insert(selected.end(), first, first + length);
    }
  }
  return selected;
}

inline Conv2dCase with_filters(const Conv2dCase& data, const std::vector<std::int64_t>& sample) {
  Conv2dCase part = data;
  part.shape.k = static_cast<std::int64_t>(sample.size());
  part.w = select(data.w, data.shape.k, data.shape.filter_elements() / data.shape.k, sample);
  part.dy = select(data.dy, data.shape.k, 1, sample);
  return part;
}

inline Conv2dCase with_input_channels(const Conv2dCase& data, const std::vector<std::int64_t>& sample) {
  Conv2dCase part = data;
  part.shape.c = static_cast<std::int64_t>(sample.size());
  part.x = select(data.x, data.shape.c, 1, sample);
  part.w = select(data.w, data.shape.c, 1, sample);
  return part;
}

inline Conv2dCase magnitudes_of(Conv2dCase data) {
  data.x = magnitudes(data.x);
  data.w = magnitudes(data.w);
  data.dy = magnitudes(data.dy);
  return data;
}

}  // namespace kindling::test
