#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace kindling::cuda_on_cpu {

// A vector clock: how many operations of each stream something comes after. An operation may run once the clock of what
// has completed covers its own; two operations race unless the clock of one covers the other's place in its stream.
class Clock {
 public:
  std::uint32_t operator[](std::size_t stream) const { return stream < counts_.size() ? counts_[stream] : 0; }

  // After the first `count` operations of the stream, too.
  void raise(std::size_t stream, std::uint32_t count) {
    if (stream >= counts_.size()) counts_.resize(stream + 1);
    counts_[stream] = std::max(counts_[stream], count);
  }

  // After all that `other` comes after, too.
  void join(const Clock& other) {
    for (std::size_t stream = 0; stream < other.counts_.size(); ++stream) raise(stream, other.counts_[stream]);
  }

  bool covers(const Clock& other) const {
    for (std::size_t stream = 0; stream < other.counts_.size(); ++stream) {
      if (other.counts_[stream] > (*this)[stream]) return false;
    }
    return true;
  }

  std::size_t streams() const { return counts_.size(); }

 private:
  std::vector<std::uint32_t> counts_;
};

}  // namespace kindling::cuda_on_cpu
