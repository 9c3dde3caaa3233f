#include "kernels/cudnn/engine_config.h"

#include <algorithm>
#include <map>
#include <utility>

namespace kindling {
namespace {

std::string config_id(const BackendDescriptor& config, const BackendDescriptor& engine) {
  std::map<cudnnBackendKnobType_t, std::int64_t> knobs;
  for (const BackendDescriptor& choice :
       config.descriptors(CUDNN_ATTR_ENGINECFG_KNOB_CHOICES, CUDNN_BACKEND_KNOB_CHOICE_DESCRIPTOR, "knob choice",
                          CUDNN_KNOB_TYPE_COUNTS)) {
    knobs[choice.value<cudnnBackendKnobType_t>(CUDNN_ATTR_KNOB_CHOICE_KNOB_TYPE)] =
        choice.value<std::int64_t>(CUDNN_ATTR_KNOB_CHOICE_KNOB_VALUE);
  }
  std::string text;
  for (const auto& [type, value] : knobs) {
    text += (text.empty() ? "" : " ") + std::to_string(type) + "=" + std::to_string(value);
  }
  return std::to_string(engine.value<std::int64_t>(CUDNN_ATTR_ENGINE_GLOBAL_INDEX)) + "[" + text + "]";
}

}  // namespace

bool EngineConfig::has_note(cudnnBackendNumericalNote_t note) const {
  return std::find(notes.begin(), notes.end(), note) != notes.end();
}

EngineConfig read_engine_config(BackendDescriptor descriptor) {
  const std::vector<BackendDescriptor> engine =
      descriptor.descriptors(CUDNN_ATTR_ENGINECFG_ENGINE, CUDNN_BACKEND_ENGINE_DESCRIPTOR, "engine", 1);
  std::string id = config_id(descriptor, engine.at(0));
  std::vector<cudnnBackendNumericalNote_t> notes = engine.at(0).values<cudnnBackendNumericalNote_t>(
      CUDNN_ATTR_ENGINE_NUMERICAL_NOTE, CUDNN_NUMERICAL_NOTE_TYPE_COUNT);
  return {std::move(descriptor), std::move(id), std::move(notes)};
}

std::vector<BackendDescriptor> suggested_engine_configs(const Conv2dGraph& graph, const PlanTarget& target) {
  std::vector<BackendDescriptor> configs;
  for (const cudnnBackendHeurMode_t mode : {CUDNN_HEUR_MODE_A, CUDNN_HEUR_MODE_FALLBACK}) {
    BackendDescriptor heuristics(CUDNN_BACKEND_ENGINEHEUR_DESCRIPTOR, "engine heuristics");
    heuristics.set(CUDNN_ATTR_ENGINEHEUR_OPERATION_GRAPH, graph.get());
    heuristics.set(CUDNN_ATTR_ENGINEHEUR_MODE, mode);
    target.set_on_heuristics(heuristics);
    if (!heuristics.finalize_if_supported()) continue;
    const std::int64_t count = heuristics.count(CUDNN_ATTR_ENGINEHEUR_RESULTS, CUDNN_TYPE_BACKEND_DESCRIPTOR);
    for (BackendDescriptor& config : heuristics.descriptors(
             CUDNN_ATTR_ENGINEHEUR_RESULTS, CUDNN_BACKEND_ENGINECFG_DESCRIPTOR, "engine configuration", count)) {
      configs.push_back(std::move(config));
    }
  }
  return configs;
}

const char* reason_to_refuse(const EngineConfig& config, ConvPrecision precision) {
  if (config.has_note(CUDNN_NUMERICAL_NOTE_NONDETERMINISTIC)) return "nondeterministic";
  const bool transforms = config.has_note(CUDNN_NUMERICAL_NOTE_WINOGRAD) || config.has_note(CUDNN_NUMERICAL_NOTE_FFT);
  if (transforms || config.has_note(CUDNN_NUMERICAL_NOTE_REDUCED_PRECISION_REDUCTION)) return "less accurate";
  const bool cuts_factors =
      config.has_note(CUDNN_NUMERICAL_NOTE_TENSOR_CORE) || config.has_note(CUDNN_NUMERICAL_NOTE_DOWN_CONVERT_INPUTS);
  if (precision == ConvPrecision::kFp32 && cuts_factors) return "tf32";
  return nullptr;
}

}  // namespace kindling
