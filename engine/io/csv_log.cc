#include "engine/io/csv_log.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <functional>
#include <string>
#include <string_view>
#include <system_error>

#include "engine/io/durable_file.h"
#include "engine/io/json_text.h"
#include "engine/io/output_folder.h"

namespace kindling {
namespace {

constexpr std::string_view kBatchHeader = "epoch,batch,images,loss,running_loss,top1,running_top1,data_ms,compute_ms\n";
constexpr std::string_view kEpochHeader =
    "epoch,train_loss,train_top1,test_loss,test_top1,data_s,train_s,eval_s,total_s,images_per_s,peak_rss_mb\n";

constexpr std::string_view kPhaseHeader =
    "epoch,wall_s,data_s,copy_s,forward_s,backward_s,optimizer_s,launch_s,wait_s,metrics_s,evaluation_s,checkpoint_s,"
    "other_s,loader_busy_s,loader_blocked_s,loader_idle_s,ring_depth,device_copy_s,device_forward_s,device_backward_s,"
    "device_optimizer_s\n";

constexpr std::string_view kNormHeader = "epoch,batch,stage,activation_rms,gradient_norm,weight_norm\n";

// What a log must hold so that a run can go on with it.
struct WantedRows {
  std::string_view header;
  std::int64_t rows = 0;
  std::function<std::string(std::int64_t)>
      beginning_of;  // of the row of that index, from 0: "EPOCH," or "EPOCH,BATCH,"
};

[[noreturn]] void refuse(const std::filesystem::path& path, const std::string& what) {
  throw Error(ErrorCode::kWeights, fmt::format("{}: {}", path.string(), what));
}

std::optional<std::string> text_of(const std::filesystem::path& path) {
  std::error_code error;
  if (!std::filesystem::exists(path, error) && !error) return std::nullopt;
  std::ifstream file(path, std::ios::binary);
  std::string text;
  std::array<char, 1U << 16U> chunk{};
  while (file) {
    file.read(chunk.data(), chunk.size());
    text.append(chunk.data(), static_cast<std::size_t>(file.gcount()));
  }
  if (!file.eof()) refuse(path, "can't be read");
  return text;
}

// The line at `begin`, its newline included; empty if there is none or it has no newline.
std::string_view line_at(std::string_view text, std::size_t begin) {
  const std::size_t newline = text.find('\n', begin);
  return newline == std::string_view::npos ? std::string_view() : text.substr(begin, newline + 1 - begin);
}

// Length of the header and the wanted rows, every one checked.
std::size_t length_of_wanted(const std::filesystem::path& path, std::string_view text, const WantedRows& wanted) {
  if (!text.starts_with(wanted.header)) {
    refuse(path,
           fmt::format("wanted the header {}, found {}", quoted_name(wanted.header.substr(0, wanted.header.size() - 1)),
                       quoted_name(text.substr(0, text.find('\n')))));
  }
  const auto commas = std::count(wanted.header.begin(), wanted.header.end(), ',');
  std::size_t length = wanted.header.size();
  for (std::int64_t i = 0; i < wanted.rows; ++i) {
    const std::string_view row = line_at(text, length);
    if (row.empty()) {
      refuse(path, fmt::format("the checkpoint wants {} rows, found {}", wanted.rows, i));
    }
    const std::string beginning = wanted.beginning_of(i);
    if (!row.starts_with(beginning) || std::count(row.begin(), row.end(), ',') != commas) {
      refuse(path, fmt::format("row {}: wanted {} fields that begin with {}, found {}", i + 1, commas + 1,
                               quoted_name(beginning), quoted_name(row.substr(0, row.size() - 1))));
    }
    length += row.size();
  }
  return length;
}

// How much of the file a run goes on with; none if it starts the file anew.
std::optional<std::size_t> kept_bytes(const std::filesystem::path& path, const WantedRows& wanted) {
  const std::optional<std::string> text = text_of(path);
  // A run that was killed at once may have left no file or half a header: nothing is lost by starting it again.
  const bool starts_anew = !text || (text->size() < wanted.header.size() && wanted.header.starts_with(*text));
  if (starts_anew && wanted.rows > 0) {
    refuse(path, fmt::format("the checkpoint wants {} rows, found {}", wanted.rows, text ? "none" : "no file"));
  }
  if (starts_anew) return std::nullopt;
  return length_of_wanted(path, *text, wanted);
}

AppendFile resume_log(const std::filesystem::path& path, const WantedRows& wanted, FileSystemCalls& calls) {
  const std::optional<std::size_t> kept = kept_bytes(path, wanted);
  if (!kept) return AppendFile::create(path, wanted.header, calls);
  return AppendFile::reopen(path, static_cast<std::int64_t>(*kept), calls);
}

// How the row of the batch of that number in the run, from 0, begins.
std::string batch_prefix(std::int64_t number, std::int64_t batches_per_epoch) {
  return fmt::format("{},{},", number / batches_per_epoch + 1, number % batches_per_epoch + 1);
}

WantedRows wanted_batches(std::int64_t batches_done, std::int64_t batches_per_epoch) {
  require(batches_done >= 0 && batches_per_epoch > 0, "batches done or per epoch out of range");
  return {kBatchHeader, batches_done,
          [batches_per_epoch](std::int64_t i) { return batch_prefix(i, batches_per_epoch); }};
}

WantedRows wanted_norms(const NormLog::Rows& rows) {
  require(rows.steps_done >= 0 && rows.every > 0 && rows.stages > 0 && rows.batches_per_epoch > 0,
          "rows of norms out of range");
  return {kNormHeader, rows.steps_done / rows.every * rows.stages, [rows](std::int64_t i) {
            const std::int64_t step = (i / rows.stages + 1) * rows.every;
            return batch_prefix(step - 1, rows.batches_per_epoch);
          }};
}

WantedRows wanted_epochs(std::string_view header, std::int64_t epochs_done) {
  require(epochs_done >= 0, "epochs done out of range");
  return {header, epochs_done, [](std::int64_t i) { return fmt::format("{},", i + 1); }};
}

std::string field(const std::optional<double>& value) {
  return value ? fmt::format("{:.9g}", *value) : "";
}

// Of each kind of row with an epoch.
template <class Row>
constexpr std::string_view kHeader = kEpochHeader;
template <>
constexpr std::string_view kHeader<PhaseRow> = kPhaseHeader;

std::string text_of(const EpochRow& row) {
  return fmt::format("{},{:.9g},{:.9g},{},{},{:.3f},{:.3f},{:.3f},{:.3f},{:.1f},{:.1f}\n", row.epoch, row.train_loss,
                     row.train_top1, field(row.test_loss), field(row.test_top1), row.data_s, row.train_s, row.eval_s,
                     row.total_s, row.images_per_s, row.peak_rss_mb);
}

std::string text_of(const PhaseRow& row) {
  constexpr Phase kPhases[] = {Phase::kData,       Phase::kCopy,       Phase::kForward, Phase::kBackward,
                               Phase::kOptimizer,  Phase::kLaunch,     Phase::kWait,    Phase::kMetrics,
                               Phase::kEvaluation, Phase::kCheckpoint, Phase::kOther};
  constexpr WorkerState kStates[] = {WorkerState::kBusy, WorkerState::kBlocked, WorkerState::kIdle};
  std::string text = fmt::format("{},{:.6f}", row.epoch, row.phases.total_seconds());
  for (const Phase phase : kPhases) text += fmt::format(",{:.6f}", row.phases.seconds(phase));
  for (const WorkerState state : kStates) text += fmt::format(",{:.6f}", row.workers.seconds(state));
  text += fmt::format(",{:.2f}", row.ring_depth);
  if (!row.device) return text + ",,,,\n";
  const DeviceTimes& device = *row.device;
  return text + fmt::format(",{:.6f},{:.6f},{:.6f},{:.6f}\n", device.copy_ms * 1e-3, device.forward_ms * 1e-3,
                            device.backward_ms * 1e-3, device.optimizer_ms * 1e-3);
}

}  // namespace

BatchLog BatchLog::create(const std::filesystem::path& path, FileSystemCalls& calls) {
  return BatchLog(AppendFile::create(path, kBatchHeader, calls));
}

void BatchLog::check(const std::filesystem::path& path, std::int64_t batches_done, std::int64_t batches_per_epoch) {
  kept_bytes(path, wanted_batches(batches_done, batches_per_epoch));
}

BatchLog BatchLog::resume(const std::filesystem::path& path, std::int64_t batches_done, std::int64_t batches_per_epoch,
                          FileSystemCalls& calls) {
  return BatchLog(resume_log(path, wanted_batches(batches_done, batches_per_epoch), calls));
}

void BatchLog::append(const BatchRow& row) {
  file_.append(fmt::format("{},{},{},{:.9g},{:.9g},{:.9g},{:.9g},{:.3f},{:.3f}\n", row.epoch, row.batch, row.images,
                           row.loss, row.running_loss, row.top1, row.running_top1, row.data_ms, row.compute_ms));
}

NormLog NormLog::create(const std::filesystem::path& path, FileSystemCalls& calls) {
  return NormLog(AppendFile::create(path, kNormHeader, calls));
}

void NormLog::check(const std::filesystem::path& path, const Rows& rows) {
  kept_bytes(path, wanted_norms(rows));
}

NormLog NormLog::resume(const std::filesystem::path& path, const Rows& rows, FileSystemCalls& calls) {
  return NormLog(resume_log(path, wanted_norms(rows), calls));
}

void NormLog::append(const NormRow& row) {
  file_.append(fmt::format("{},{},{},{:.9g},{:.9g},{:.9g}\n", row.epoch, row.batch, row.stage, row.activation_rms,
                           row.gradient_norm, row.weight_norm));
}

template <class Row>
PerEpochLog<Row> PerEpochLog<Row>::create(const std::filesystem::path& path, FileSystemCalls& calls) {
  return PerEpochLog(AppendFile::create(path, kHeader<Row>, calls));
}

template <class Row>
void PerEpochLog<Row>::check(const std::filesystem::path& path, std::int64_t epochs_done) {
  kept_bytes(path, wanted_epochs(kHeader<Row>, epochs_done));
}

template <class Row>
PerEpochLog<Row> PerEpochLog<Row>::resume(const std::filesystem::path& path, std::int64_t epochs_done,
                                          FileSystemCalls& calls) {
  return PerEpochLog(resume_log(path, wanted_epochs(kHeader<Row>, epochs_done), calls));
}

template <class Row>
void PerEpochLog<Row>::append(const Row& row) {
  file_.append(text_of(row));
}

template class PerEpochLog<EpochRow>;
template class PerEpochLog<PhaseRow>;

void adopt_logs(const std::filesystem::path& from, const std::filesystem::path& to, FileSystemCalls& calls) {
  for (const char* name : kLogFiles) {
    std::error_code ignored;
    if (std::filesystem::exists(from / name, ignored) && !std::filesystem::exists(to / name, ignored)) {
      copy_file_durably(from / name, to / name, calls);
    }
  }
}

}  // namespace kindling
