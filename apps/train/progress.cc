#include "apps/train/progress.h"

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "apps/screen.h"

namespace kindling {
namespace {

constexpr double kRedrawMs = 100;  // a bar drawn more often is only a load
constexpr double kPlainLineMs = 60'000;
constexpr std::int64_t kLinesPerEpoch = 10;

int terminal_columns() {
  winsize size{};
  if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0) return 80;
  return size.ws_col;
}

}  // namespace

std::string format_duration(double seconds) {
  const auto total = static_cast<std::int64_t>(std::lround(std::max(seconds, 0.0)));
  const std::int64_t hours = total / 3600;
  const std::int64_t minutes = total / 60 % 60;
  return hours > 0 ? fmt::format("{}:{:02}:{:02}", hours, minutes, total % 60)
                   : fmt::format("{}:{:02}", minutes, total % 60);
}

ProgressDisplay::ProgressDisplay(std::int64_t epochs)
    : epochs_(epochs), terminal_(isatty(STDOUT_FILENO) == 1), columns_(terminal_ ? terminal_columns() : 0) {}

void ProgressDisplay::batch_finished(const BatchReport& report) {
  ++batches_seen_;
  images_seen_ += report.metrics.images;
  const bool last = report.batch + 1 == report.batches;
  if (terminal_) {
    if (last || batches_seen_ == 1 || since_output_.elapsed_ms() >= kRedrawMs) draw_bar(report);
    return;
  }
  const std::int64_t every = std::max<std::int64_t>(report.batches / kLinesPerEpoch, 1);
  if (last || (report.batch + 1) % every == 0 || since_output_.elapsed_ms() >= kPlainLineMs) print_line(report);
}

// Of the whole run, evaluations not counted, at the rate so far.
double ProgressDisplay::seconds_left(const BatchReport& report) const {
  const std::int64_t left = (epochs_ - report.epoch) * report.batches - report.batch - 1;
  return since_start_.elapsed_s() / static_cast<double>(batches_seen_) * static_cast<double>(left);
}

void ProgressDisplay::draw_bar(const BatchReport& report) {
  const std::string text =
      fmt::format(" {}/{}  loss {:.4f}  top-1 {:5.2f} %  {:.0f} img/s  left {}", report.batch + 1, report.batches,
                  report.running.loss(), 100 * report.running.top1(),
                  static_cast<double>(images_seen_) / since_start_.elapsed_s(), format_duration(seconds_left(report)));
  const std::string head = fmt::format("epoch {}/{} ", report.epoch + 1, epochs_);
  const auto width = static_cast<std::int64_t>(columns_) - static_cast<std::int64_t>(head.size() + text.size()) - 3;
  std::string bar;
  if (width >= 8) {
    const std::int64_t filled = (report.batch + 1) * width / report.batches;
    bar = fmt::format("[{:#<{}}{:.<{}}]", "", filled, "", width - filled);
  }
  const std::string line = (head + bar + text).substr(0, static_cast<std::size_t>(std::max(columns_ - 1, 20)));
  say("\r{}\x1b[K", line);
  std::fflush(stdout);
  bar_on_screen_ = true;
  since_output_.restart_ms();
}

void ProgressDisplay::print_line(const BatchReport& report) {
  say("epoch {}/{}  batch {:>{}}/{}  loss {:.4f} (running {:.4f})  top-1 {:5.2f} %  {:.0f} images/s  left {}\n",
      report.epoch + 1, epochs_, report.batch + 1, fmt::formatted_size("{}", report.batches), report.batches,
      report.metrics.mean_loss(), report.running.loss(), 100 * report.running.top1(),
      static_cast<double>(images_seen_) / since_start_.elapsed_s(), format_duration(seconds_left(report)));
  std::fflush(stdout);
  since_output_.restart_ms();
}

void ProgressDisplay::evaluation_progressed(std::int64_t batches_done, std::int64_t batches) {
  if (!terminal_ || (batches_done != batches && since_output_.elapsed_ms() < kRedrawMs)) return;
  say("\revaluating {}/{}\x1b[K", batches_done, batches);
  std::fflush(stdout);
  bar_on_screen_ = true;
  since_output_.restart_ms();
}

void ProgressDisplay::epoch_finished(const EpochReport& report) {
  clear();
  say("epoch {}/{}  train loss {:.4f}  top-1 {:5.2f} %", report.epoch + 1, epochs_, report.train.loss(),
      100 * report.train.top1());
  if (report.test) say("  |  test loss {:.4f}  top-1 {:5.2f} %", report.test->loss(), 100 * report.test->top1());
  say("  |  data {:.1f} s  train {:.1f} s  eval {:.1f} s\n", report.seconds.data, report.seconds.compute,
      report.seconds.eval);
  std::fflush(stdout);
  // The evaluation must not count in the images/s of the next epoch.
  batches_seen_ = 0;
  images_seen_ = 0;
  since_start_.restart_ms();
}

void ProgressDisplay::clear() {
  if (!bar_on_screen_) return;
  say("\r\x1b[K");
  std::fflush(stdout);
  bar_on_screen_ = false;
}

}  // namespace kindling
