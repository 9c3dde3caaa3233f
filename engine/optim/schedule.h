#pragma once

#include <cstdint>
#include <string_view>

namespace kindling {

enum class ScheduleKind { kConstant, kCosine, kOneCycle };

// "constant", "cosine", "onecycle".
std::string_view name_of(ScheduleKind kind);
// The inverse; an unknown name is Error(kUsage).
ScheduleKind parse_schedule_kind(std::string_view name);

struct ScheduleOptions {
  ScheduleKind kind = ScheduleKind::kConstant;
  double lr = 0;                     // of the optimizer: the highest of the run
  std::int64_t epochs = 0;           // of the whole run, wherever it stops or resumes
  std::int64_t steps_per_epoch = 0;  // batches
  std::int64_t warmup_epochs = 0;
};

// The learning rate as a pure function of the step's number t, so that a resumed run needs no schedule state. With T
// the number of steps of the run (after the warm-up) and i = t - 1:
//
//   constant   lr
//   cosine     lr (1 + cos(pi i / T)) / 2                                    (Loshchilov and Hutter, 2017, one period)
//   onecycle   from lr / 25 up to lr over the first 0.3 T - 1 steps, then down to lr / 25 / 1e4 at the last, each as
//              half a cosine                                                 (Smith and Topin, 2018)
//
// These are torch's CosineAnnealingLR(T_max = T, eta_min = 0) and OneCycleLR(max_lr = lr, total_steps = T,
// cycle_momentum = False), stepped after every batch. Scripts that step CosineAnnealingLR(T_max = epochs) once an epoch
// hold in the whole of an epoch the rate that ours has in its first step.
//
// A warm-up of W steps before that raises the rate linearly, lr t / W, so that step W has all of it: torch's
// SequentialLR of LinearLR(start_factor = 1 / W, total_iters = W - 1) and the schedule, with its milestone at W.
class Schedule {
 public:
  // Throws Error(kUsage) where epochs or steps_per_epoch is under 1, the warm-up is negative or leaves no epoch after
  // it, or onecycle, which starts with a warm-up of its own, is given another.
  explicit Schedule(const ScheduleOptions& options);

  // Of step t, from 1. Steps beyond the run keep the last step's rate.
  double learning_rate(std::int64_t t) const;

 private:
  ScheduleKind kind_;
  double lr_;
  std::int64_t warmup_steps_;
  std::int64_t steps_;  // after the warm-up
};

}  // namespace kindling
