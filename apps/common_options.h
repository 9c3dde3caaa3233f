#pragma once

#include <cstdint>
#include <optional>
#include <utility>

#include "data/dataset.h"
#include "engine/resnet18.h"

namespace CLI {  // NOLINT: the library's name
class App;
}

namespace kindling {

enum class Precision { kFp32, kTf32, kBf16 };
inline constexpr std::pair<const char*, Precision> kPrecisions[] = {
    {"fp32", Precision::kFp32}, {"tf32", Precision::kTf32}, {"bf16", Precision::kBf16}};

// What programs that train ask for in the same way: on which data, in which batches.
struct DataOptions {
  DatasetOptions dataset;
  std::int64_t workers = 4;
  std::int64_t prefetch = 2;
  bool augment = true;
  bool shuffle = true;
  std::int64_t batch_size = 128;
  std::optional<std::int64_t> limit_batches;
  std::int64_t inject_latency_us = 0;
  std::uint64_t seed = 0;  // of weights, order, crops and flips
};

// --data-path, --dataset, --batch-size, --workers and their like; not --seed. `options` must outlive the parsing.
void add_data_options(CLI::App& app, DataOptions& options);
// --width and --norm.
void add_network_options(CLI::App& app, NetworkOptions& options, const char* group);

// Throw Error(kUsage) that names the flag.
void check_data_options(const DataOptions& options);
void require_data_path(const DataOptions& options);
void check_network_options(const NetworkOptions& options);
void require_at_least(const char* flag, std::int64_t value, std::int64_t least);
void require_at_most(const char* flag, std::int64_t value, std::int64_t most);

// Throws Error(kUsage) for what the CPU doesn't have.
void check_cpu_precision(Precision precision);

const char* name_of(Precision precision);
const char* name_of(DatasetKind kind);
const char* name_of(Cache cache);
const char* name_of(NormKind kind);

}  // namespace kindling
