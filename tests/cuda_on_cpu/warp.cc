#include "tests/cuda_on_cpu/warp.h"

#include <cstdio>

#include "tests/cuda_on_cpu/report.h"

namespace kindling::cuda_on_cpu {
namespace {

bool names(std::uint32_t mask, std::uint32_t lane) {
  return (mask >> lane & 1U) != 0;
}

const char* name_of(WarpOperation operation) {
  switch (operation) {
    case WarpOperation::kSync:
      return "__syncwarp";
    case WarpOperation::kShuffle:
      return "__shfl_sync";
    case WarpOperation::kBallot:
      return "__ballot_sync";
  }
  return "";
}

}  // namespace

std::uint32_t Warp::arrive(std::uint32_t lane, const WarpRequest& request) {
  if (!names(request.mask, lane)) {
    report("lane " + std::to_string(lane) + " calls " + to_string(request) + ", which doesn't name it");
  }
  waiting_[lane] = request;
  for (std::uint32_t other = 0; other < kLanes; ++other) {
    if (!names(request.mask, other)) continue;
    if (!waiting_[other]) return 0;
    if (waiting_[other]->mask != request.mask || waiting_[other]->operation != request.operation) {
      report("lanes of a warp disagree: " + to_string(request) + " and " + to_string(*waiting_[other]));
    }
  }
  complete(request.mask);
  return request.mask;
}

void Warp::complete(std::uint32_t mask) {
  std::uint64_t ballot = 0;
  bool sync = false;
  for (std::uint32_t lane = 0; lane < kLanes; ++lane) {
    if (!names(mask, lane)) continue;
    const WarpRequest& request = *waiting_[lane];
    sync = request.operation == WarpOperation::kSync;
    if (request.operation == WarpOperation::kBallot) ballot |= request.value << lane;
    if (request.operation != WarpOperation::kShuffle) continue;
    if (!names(mask, request.source)) {
      report(to_string(request) + " reads lane " + std::to_string(request.source) + ", which doesn't take part");
    }
    results_[lane] = waiting_[request.source]->value;
  }
  for (std::uint32_t lane = 0; lane < kLanes; ++lane) {
    if (!names(mask, lane)) continue;
    if (waiting_[lane]->operation == WarpOperation::kBallot) results_[lane] = ballot;
    waiting_[lane].reset();
  }
  if (sync) ++phase_;
}

std::string to_string(const WarpRequest& request) {
  std::array<char, 16> mask{};
  std::snprintf(mask.data(), mask.size(), "0x%08x", request.mask);
  return std::string(name_of(request.operation)) + " at " + to_string(request.where) + " for the lanes " + mask.data();
}

}  // namespace kindling::cuda_on_cpu
