#pragma once

#include <cstddef>
#include <cstdint>
#include <random>

namespace kindling::cuda_on_cpu {

// A visit of 0 .. count - 1 in an order that the seed chooses: 0 forward, 1 backward, others a random start and stride.
class Order {
 public:
  Order(std::uint64_t seed, std::uint64_t count, std::uint64_t salt);
  std::uint64_t operator[](std::uint64_t i) const { return (first_ + i * stride_) % count_; }

 private:
  std::uint64_t first_;
  std::uint64_t stride_;
  std::uint64_t count_;
};

// Decides what runs when, reproducibly: everything that a real device may do in another order next time.
//   seed 0: every operation at once, in the order of the calls, blocks and threads in order
//   seed 1: as late as possible, the newest stream first, blocks and threads backward
//   others: random
// KINDLING_CUDA_SEED sets the seed that a process starts with; without it, 0.
class Schedule {
 public:
  Schedule();
  explicit Schedule(std::uint64_t seed) : seed_(seed), random_(seed) {}

  std::uint64_t seed() const { return seed_; }
  bool eager() const { return seed_ == 0; }

  // True if the device should do some work before the host goes on.
  bool run_ahead() { return seed_ > 1 && random_() % 4 == 0; }

  // Which of `count` choices (oldest first) is next.
  std::size_t pick(std::size_t count);

  Order order(std::uint64_t count);

 private:
  std::uint64_t seed_;
  std::mt19937_64 random_;
};

}  // namespace kindling::cuda_on_cpu
