#include "tests/cuda_on_cpu/schedule.h"

#include <charconv>
#include <cstdlib>
#include <cstring>
#include <numeric>
#include <string>

#include "tests/cuda_on_cpu/report.h"

namespace kindling::cuda_on_cpu {
namespace {

constexpr const char* kSeedVariable = "KINDLING_CUDA_SEED";

std::uint64_t seed_of_environment() {
  const char* text = std::getenv(kSeedVariable);
  if (text == nullptr) return 0;
  std::uint64_t seed = 0;
  const char* end = text + std::strlen(text);
  const auto [parsed, error] = std::from_chars(text, end, seed);
  if (error != std::errc() || parsed != end) report(std::string(kSeedVariable) + " is no number: " + text);
  return seed;
}

}  // namespace

Order::Order(std::uint64_t seed, std::uint64_t count, std::uint64_t salt) : first_(0), stride_(1), count_(count) {
  if (seed == 0 || count < 2) return;
  if (seed == 1) {
    first_ = count - 1;
    stride_ = count - 1;  // one step back
    return;
  }
  first_ = salt % count;
  stride_ = 1 + (salt >> 32) % (count - 1);
  while (std::gcd(stride_, count) != 1) ++stride_;
}

Schedule::Schedule() : Schedule(seed_of_environment()) {}

std::size_t Schedule::pick(std::size_t count) {
  if (seed_ == 0) return 0;
  if (seed_ == 1) return count - 1;
  return random_() % count;
}

Order Schedule::order(std::uint64_t count) {
  return {seed_, count, seed_ > 1 ? random_() : 0};
}

}  // namespace kindling::cuda_on_cpu
