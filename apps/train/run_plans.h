#pragma once

#include <filesystem>
#include <string>
#include <utility>

#include "apps/train/backend.h"
#include "engine/io/plan_cache.h"
#include "kernels/cudnn/conv2d_plans.h"

namespace kindling {

// cuDNN's plans of a run: where they come from, and where they are kept.
class RunPlans {
 public:
  // `cache_file`: of --autotune, or empty. Throws Error(kUsage) where it isn't a plan cache.
  RunPlans(Conv2dPlans& plans, std::filesystem::path cache_file)
      : plans_(plans), cache_file_(std::move(cache_file)), environment_(plans.environment()) {
    if (cache_file_.empty()) return;
    cache_ = read_plan_cache(cache_file_);
    plans_.give(cache_[environment_]);
  }

  void give(const PlanMap& given) {
    given_ = given;
    plans_.give(given);
  }

  // A given plan is not what this run found to be the fastest: the cache doesn't get it.
  PlanMap keep() {
    const PlanMap chosen = plans_.choices();
    if (cache_file_.empty()) return chosen;
    PlanMap& known = cache_[environment_];
    for (const auto& [problem, plan] : chosen) {
      if (!given_.contains(problem)) known[problem] = plan;
    }
    write_plan_cache(cache_file_, cache_, calls_);
    return chosen;
  }

 private:
  Conv2dPlans& plans_;
  std::filesystem::path cache_file_;
  std::string environment_;
  PlanCache cache_;
  PlanMap given_;
  FileSystemCalls calls_;
};

}  // namespace kindling
