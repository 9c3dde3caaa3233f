#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <source_location>
#include <string>

namespace kindling::cuda_on_cpu {

enum class WarpOperation { kSync, kShuffle, kBallot };

// One lane's part in a __syncwarp, __shfl_*_sync or __ballot_sync.
struct WarpRequest {
  WarpOperation operation;
  std::uint32_t mask;
  std::uint64_t value = 0;   // shuffle: the lane's bits; ballot: 0 or 1
  std::uint32_t source = 0;  // shuffle: the lane whose value is wanted
  std::source_location where;
};

// The lanes of a warp that wait for one another. An operation is done when every lane that its mask names has come,
// with the same operation and mask; then each lane has its result before any goes on.
class Warp {
 public:
  static constexpr std::uint32_t kLanes = 32;

  // The request of a lane; the mask of the lanes that may go on now (the caller's among them), or 0: it must wait.
  std::uint32_t arrive(std::uint32_t lane, const WarpRequest& request);
  std::uint64_t result(std::uint32_t lane) const { return results_[lane]; }

  const std::optional<WarpRequest>& waiting(std::uint32_t lane) const { return waiting_[lane]; }
  std::uint32_t phase() const { return phase_; }
  void block_barrier() { phase_ = 0; }

 private:
  void complete(std::uint32_t mask);

  std::array<std::optional<WarpRequest>, kLanes> waiting_;
  std::array<std::uint64_t, kLanes> results_{};
  std::uint32_t phase_ = 0;
};

// "__shfl_sync at file:line for the lanes 0x0000ffff"
std::string to_string(const WarpRequest& request);

}  // namespace kindling::cuda_on_cpu
