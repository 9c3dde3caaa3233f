#include "apps/compare_devices/result_files.h"

#include <fmt/format.h>

#include <cerrno>
#include <nlohmann/json.hpp>
#include <system_error>

#include "apps/compare_devices/report.h"
#include "engine/io/durable_file.h"
#include "engine/io/run_record.h"

namespace kindling {
namespace {

constexpr const char* kDevicesCsv = "devices.csv";
constexpr const char* kLossesCsv = "losses.csv";
constexpr const char* kRecord = "comparison.json";

void refuse_if_there(const std::filesystem::path& folder) {
  for (const char* name : {kDevicesCsv, kLossesCsv, kRecord}) {
    std::error_code ignored;
    if (!std::filesystem::exists(folder / name, ignored)) continue;
    throw Error(ErrorCode::kUsage, fmt::format("{} is there already: give --overwrite to replace it, or another "
                                               "--output-dir",
                                               (folder / name).string()));
  }
}

}  // namespace

ResultFiles::ResultFiles(const CompareOptions& options) : options_(options) {
  if (!options.overwrite) refuse_if_there(options.output_dir);
  std::error_code error;
  std::filesystem::create_directories(options.output_dir, error);
  if (error) throw output_error(options.output_dir, "mkdir", error.value());
  if (!std::filesystem::is_directory(options.output_dir, error)) {
    throw output_error(options.output_dir, "mkdir", ENOTDIR);
  }
}

void ResultFiles::write_record(const std::string& cpu, const std::string& cuda) {
  std::vector<std::string> precisions;
  for (const Precision precision : options_.precisions) precisions.emplace_back(name_of(precision));
  nlohmann::ordered_json record{{"started", utc_time()}};
  record["options"] = {{"dataset", name_of(options_.dataset.kind)},
                       {"data_path", options_.dataset.path.string()},
                       {"cache", name_of(options_.dataset.cache)},
                       {"batch_size", options_.batch_size},
                       {"workers", options_.workers},
                       {"prefetch", options_.prefetch},
                       {"augment", options_.augment},
                       {"shuffle", options_.shuffle},
                       {"limit_batches", options_.limit_batches.value_or(0)},
                       {"width", options_.network.width},
                       {"norm", name_of(options_.network.norm)},
                       {"threads", options_.threads},
                       {"precisions", precisions},
                       {"epochs", options_.epochs},
                       {"seed", options_.seed},
                       {"sync_timing", options_.sync_timing},
                       {"compare_steps", options_.compare_steps},
                       {"peak_size", options_.peak_extent}};
  record["devices"] = {{"cpu", cpu}};
  if (!cuda.empty()) record["devices"]["cuda"] = cuda;
  record["host"] = host_facts();
  record["build"] = build_facts();
  write_run_record(options_.output_dir / kRecord, record, calls_);
}

void ResultFiles::write(const Comparison& comparison) {
  write_file_durably(options_.output_dir / kDevicesCsv, devices_csv(comparison), calls_);
  write_file_durably(options_.output_dir / kLossesCsv, losses_csv(comparison), calls_);
}

}  // namespace kindling
