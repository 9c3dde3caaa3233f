#include "apps/train/run_identity.h"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "engine/io/json_text.h"
#include "engine/io/run_record.h"
#include "kernels/core/error.h"

namespace kindling {
namespace {

// "batch_size 128, here 64" for each key whose value differs or is on one side only.
std::vector<std::string> differences(const nlohmann::ordered_json& before, const nlohmann::ordered_json& now) {
  std::vector<std::string> found;
  for (const auto& [key, value] : now.items()) {
    const std::string old = before.contains(key) ? before.at(key).dump() : "nothing";
    if (old != value.dump()) found.push_back(fmt::format("{} {}, here {}", key, old, value.dump()));
  }
  for (const auto& [key, value] : before.items()) {
    if (!now.contains(key)) found.push_back(fmt::format("{} {}, here nothing", key, value.dump()));
  }
  return found;
}

}  // namespace

std::string RunIdentity::to_text() const {
  nlohmann::ordered_json text{{"options", options}, {"bits", bits}};
  if (!plans.empty()) text["plans"] = plans;
  return text.dump();
}

nlohmann::ordered_json identity_options(const TrainOptions& options, const Hyperparameters& hyperparameters,
                                        const std::string& fingerprint) {
  nlohmann::ordered_json json{{"dataset", name_of(options.dataset.kind)},
                              {"data_fingerprint", fingerprint},
                              {"batch_size", options.batch_size},
                              {"limit_batches", options.limit_batches.value_or(0)},
                              {"augment", options.augment},
                              {"shuffle", options.shuffle},
                              {"fixed_batch", options.fixed_batch},
                              {"log_norms", options.log_norms.value_or(0)},
                              {"seed", options.seed},
                              {"width", options.network.width},
                              {"norm", name_of(options.network.norm)},
                              {"precision", name_of(options.precision)},
                              {"optimizer", name_of(hyperparameters.kind)},
                              {"lr", hyperparameters.lr},
                              {"weight_decay", hyperparameters.weight_decay},
                              {"momentum", hyperparameters.momentum},
                              {"rho", hyperparameters.rho},
                              {"betas", {hyperparameters.beta1, hyperparameters.beta2}},
                              {"eps", hyperparameters.eps},
                              {"lr_decay", hyperparameters.lr_decay},
                              {"lr_schedule", name_of(options.schedule)},
                              {"warmup_epochs", options.warmup_epochs},
                              {"label_smoothing", options.label_smoothing}};
  // A constant rate doesn't depend on where the run ends, so a finished run may be lengthened.
  if (options.schedule != ScheduleKind::kConstant) json["epochs"] = options.epochs;
  return json;
}

bool is_record_of(const std::filesystem::path& run_json, const RunIdentity& identity) {
  const nlohmann::ordered_json record = read_record(run_json);
  if (!record.contains("options") || !record.contains("bits")) return false;
  const nlohmann::ordered_json& options = record.at("options");  // and more that may differ
  const auto& wanted = identity.options.items();
  return options.is_object() && record.at("bits") == identity.bits &&
         std::all_of(wanted.begin(), wanted.end(), [&](const auto& option) {
           return options.contains(option.key()) && options.at(option.key()) == option.value();
         });
}

PlanMap plans_of(const Checkpoint& checkpoint) {
  const nlohmann::ordered_json saved = parse_record(checkpoint.metadata("options"));
  if (!saved.contains("plans")) return {};
  try {
    return saved.at("plans").get<PlanMap>();
  } catch (const nlohmann::json::exception& reason) {
    throw Error(ErrorCode::kWeights,
                fmt::format("{}: its convolution plans can't be read: {}", checkpoint.origin(), reason.what()));
  }
}

void require_same_identity(const Checkpoint& checkpoint, const RunIdentity& identity) {
  const nlohmann::ordered_json saved = parse_record(checkpoint.metadata("options"));
  if (!saved.contains("options") || !saved.contains("bits")) {
    throw Error(ErrorCode::kWeights,
                fmt::format("{}: metadata 'options' is not what a run writes", checkpoint.origin()));
  }
  const std::vector<std::string> options = differences(saved.at("options"), identity.options);
  if (!options.empty()) {
    throw Error(ErrorCode::kUsage, fmt::format("--resume: the run of {} had other options: {}", checkpoint.origin(),
                                               fmt::join(options, "; ")));
  }
  const std::vector<std::string> bits = differences(saved.at("bits"), identity.bits);
  if (!bits.empty()) {
    throw Error(ErrorCode::kWeights, fmt::format("{}: going on with the same bits isn't possible here: {}",
                                                 checkpoint.origin(), fmt::join(bits, "; ")));
  }
}

}  // namespace kindling
