#pragma once

#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>

#include "apps/train/backend.h"
#include "apps/train/options.h"
#include "engine/io/checkpoint.h"

namespace kindling {

// What a checkpoint was made with, as far as it must be the same when training goes on: `options` are the user's to
// choose, `bits` the program's (instruction set, convolution algorithm), chosen anew on each machine. Workers,
// prefetch, threads and the output folder aren't here: they may change and the bits stay.
struct RunIdentity {
  nlohmann::ordered_json options;
  nlohmann::ordered_json bits;
  PlanMap plans;  // not compared: they are given to the run that goes on

  std::string to_text() const;
};

// The options of a run, resolved. `fingerprint`: Dataset::fingerprint of the training set.
nlohmann::ordered_json identity_options(const TrainOptions& options, const Hyperparameters& hyperparameters,
                                        const std::string& fingerprint);

// Whether a run.json is that of a run of this identity; false too where it is missing or damaged.
bool is_record_of(const std::filesystem::path& run_json, const RunIdentity& identity);

// The plans of the run that wrote the checkpoint, whose identity has been found to be the same.
PlanMap plans_of(const Checkpoint& checkpoint);

// Throws Error(kUsage) that lists every option in which the checkpoint and this run differ, or, where the options
// agree, Error(kWeights) if this machine or build can't continue with the same bits.
void require_same_identity(const Checkpoint& checkpoint, const RunIdentity& identity);

}  // namespace kindling
