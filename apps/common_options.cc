#include "apps/common_options.h"

#include <fmt/format.h>

#include "apps/choice.h"
#include "kernels/core/error.h"

namespace kindling {
namespace {

constexpr std::pair<const char*, DatasetKind> kDatasets[] = {
    {"cifar10", DatasetKind::kCifar10}, {"png", DatasetKind::kPng}, {"synthetic", DatasetKind::kSynthetic}};
constexpr std::pair<const char*, Cache> kCaches[] = {
    {"none", Cache::kNone}, {"encoded", Cache::kEncoded}, {"decoded", Cache::kDecoded}};
constexpr std::pair<const char*, NormKind> kNorms[] = {{"batch", NormKind::kBatch}, {"none", NormKind::kNone}};

}  // namespace

void add_data_options(CLI::App& app, DataOptions& options) {
  const std::string group = "Data";
  app.add_option("--data-path", options.dataset.path,
                 "folder of the .bin files or its parent; for png ROOT/{train,test}/CLASS")
      ->envname("KINDLING_DATA")
      ->type_name("DIR")
      ->group(group);
  add_choice(app, "--dataset", options.dataset.kind, kDatasets, "what to train on")->group(group);
  add_choice(app, "--cache", options.dataset.cache, kCaches, "what of PNG files to keep in memory")->group(group);
  app.add_option("-b,--batch-size", options.batch_size, "images in a batch")->capture_default_str()->group(group);
  app.add_option("-j,--workers", options.workers, "loader threads; 0: the trainer loads by itself")
      ->capture_default_str()
      ->group(group);
  app.add_option("--prefetch", options.prefetch, "batches filled ahead of the trainer")
      ->capture_default_str()
      ->group(group);
  add_off_switch(app, "--no-augment", options.augment, "no random crop and flip")->group(group);
  add_off_switch(app, "--no-shuffle", options.shuffle, "the order of the files in every epoch")->group(group);
  app.add_option("--limit-batches", options.limit_batches, "at most N batches an epoch, in training and in evaluation")
      ->type_name("N")
      ->group(group);
  app.add_option("--inject-latency-us", options.inject_latency_us, "a pause per image read, to play slow storage")
      ->type_name("N")
      ->capture_default_str()
      ->group(group);
}

void add_network_options(CLI::App& app, NetworkOptions& options, const char* group) {
  app.add_option("--width", options.width, "channels of the first stage")->capture_default_str()->group(group);
  add_choice(app, "--norm", options.norm, kNorms, "batch norm after each convolution, or nothing")->group(group);
}

void require_at_least(const char* flag, std::int64_t value, std::int64_t least) {
  if (value < least)
    throw Error(ErrorCode::kUsage, fmt::format("{} is {}; it must be at least {}", flag, value, least));
}

// Far beyond what any machine holds, and far below where sizes in bytes would overflow.
void require_at_most(const char* flag, std::int64_t value, std::int64_t most) {
  if (value > most) throw Error(ErrorCode::kUsage, fmt::format("{} is {}; it must be at most {}", flag, value, most));
}

void check_data_options(const DataOptions& options) {
  require_at_least("--batch-size", options.batch_size, 1);
  require_at_most("--batch-size", options.batch_size, 1'000'000);
  require_at_least("--workers", options.workers, 0);
  require_at_most("--workers", options.workers, 1024);
  require_at_least("--prefetch", options.prefetch, 1);
  require_at_most("--prefetch", options.prefetch, 10'000);
  if (options.limit_batches) require_at_least("--limit-batches", *options.limit_batches, 1);
  require_at_least("--inject-latency-us", options.inject_latency_us, 0);
  require_at_most("--inject-latency-us", options.inject_latency_us, 10'000'000);
}

void require_data_path(const DataOptions& options) {
  if (options.dataset.kind == DatasetKind::kSynthetic || !options.dataset.path.empty()) return;
  throw Error(
      ErrorCode::kUsage,
      "--data-path DIR (or KINDLING_DATA) is missing: the folder with CIFAR-10; --dataset synthetic needs none");
}

void check_network_options(const NetworkOptions& options) {
  require_at_least("--width", options.width, 1);
  require_at_most("--width", options.width, 10'000);
}

void check_cpu_precision(Precision precision) {
  if (precision != Precision::kTf32) return;
  throw Error(ErrorCode::kUsage,
              fmt::format("--precision {} is not available on the CPU; it has fp32 and bf16", name_of(precision)));
}

const char* name_of(Precision precision) {
  return name_in(kPrecisions, precision);
}
const char* name_of(DatasetKind kind) {
  return name_in(kDatasets, kind);
}
const char* name_of(Cache cache) {
  return name_in(kCaches, cache);
}
const char* name_of(NormKind kind) {
  return name_in(kNorms, kind);
}

}  // namespace kindling
