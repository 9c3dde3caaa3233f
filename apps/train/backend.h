#pragma once

#include <functional>
#include <map>
#include <nlohmann/json.hpp>
#include <string>

namespace kindling {

// Which plan of a library serves a convolution: problem -> plan, both in the library's words.
using PlanMap = std::map<std::string, std::string>;

// What a run knows of the backend that it is on, besides its context.
struct Backend {
  nlohmann::ordered_json bits;  // its choices that fix the bits (RunIdentity)

  // Where a library's plans are chosen at first use and fix the bits too; else empty. `give_plans`, before that use,
  // says those of the run that goes on; `keep_plans`, after it, gives all, and keeps for later runs what this one found
  // by timing.
  std::function<void(const PlanMap& given)> give_plans;
  std::function<PlanMap()> keep_plans;
};

}  // namespace kindling
