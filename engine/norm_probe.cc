#include "engine/norm_probe.h"

namespace kindling {

std::string stage_of(const std::string& parameter) {
  constexpr const char* kStagePrefix = "layer";
  if (parameter.starts_with(kStagePrefix)) return std::string("stage") + parameter[5];
  return parameter.starts_with("linear.") ? "classifier" : "stem";
}

}  // namespace kindling
