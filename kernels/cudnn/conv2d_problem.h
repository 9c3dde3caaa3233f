#pragma once

#include <cstdint>
#include <string>

#include "kernels/conv2d.h"
#include "kernels/core/shape.h"

namespace kindling {

enum class Conv2dPass { kForward, kDgrad, kWgrad };

// What a convolution computes with. Tensors of one problem all have the same element type; sums are kept in fp32.
enum class ConvPrecision {
  kFp32,  // float, multiplied as float
  kTf32,  // float in memory; tensor cores may cut factors to 10 bits of mantissa
  kBf16,  // bfloat16 in memory
};

// One convolution pass that a library is asked to do. Which plan serves it depends on all of this and on the GPU.
struct Conv2dProblem {
  Conv2dShape shape;
  Conv2dPass pass = Conv2dPass::kForward;
  ConvPrecision precision = ConvPrecision::kFp32;
  Accumulate accumulate = Accumulate::kAssign;  // kAdd: dgrad only

  bool operator==(const Conv2dProblem&) const = default;
};

// How many channels x should have in memory where it really has fewer: in bf16, tensor cores take them by eights. cuDNN
// would bring a narrower x into that form itself, in the workspace and in every pass. Not so in tf32, where its plans
// for eight channels transpose x: they want more workspace than those for three.
constexpr std::int64_t padded_channels(std::int64_t channels, ConvPrecision precision) {
  return precision == ConvPrecision::kBf16 ? (channels + 7) / 8 * 8 : channels;
}

// Whether cuDNN may round the sums to bf16 before it adds them to what is there, and so round twice: seen on an H200
// with cuDNN 9.19 for ten shapes, in all of which c is no multiple of 8; k is taken in for caution
// (bench/results/h200-2026-11-27/tests-device-failures.txt).
constexpr bool may_round_before_adding(const Conv2dProblem& problem) {
  return problem.accumulate == Accumulate::kAdd && problem.precision == ConvPrecision::kBf16 &&
         (problem.shape.c % 8 != 0 || problem.shape.k % 8 != 0);
}

constexpr std::int64_t element_bytes(ConvPrecision precision) {
  return precision == ConvPrecision::kBf16 ? 2 : 4;
}

constexpr const char* name_of(Conv2dPass pass) {
  switch (pass) {
    case Conv2dPass::kForward:
      return "forward";
    case Conv2dPass::kDgrad:
      return "dgrad";
    case Conv2dPass::kWgrad:
      return "wgrad";
  }
  return "?";
}

constexpr const char* name_of(ConvPrecision precision) {
  switch (precision) {
    case ConvPrecision::kFp32:
      return "fp32";
    case ConvPrecision::kTf32:
      return "tf32";
    case ConvPrecision::kBf16:
      return "bf16";
  }
  return "?";
}

// For example "bf16 dgrad-add n128 32x32x64 k64 r3 s1 p1": the name of the problem in messages, run.json and caches.
inline std::string to_string(const Conv2dProblem& problem) {
  return std::string(name_of(problem.precision)) + " " + name_of(problem.pass) +
         (problem.accumulate == Accumulate::kAdd ? "-add " : " ") + to_string(problem.shape);
}

}  // namespace kindling
