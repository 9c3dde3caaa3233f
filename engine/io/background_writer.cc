#include "engine/io/background_writer.h"

#include <chrono>
#include <system_error>

#include "kernels/core/clock.h"

namespace kindling {

void BackgroundWriter::start(const Job& job) {
  wait();
  const auto traced = [job, lane = lane_] {
    const std::int64_t begin = now_ns();
    job();
    if (lane != nullptr) lane->events.push_back({"save", begin, now_ns()});
  };
  try {
    job_ = std::async(std::launch::async, traced);
  } catch (const std::system_error&) {  // no thread to be had: slower, and just as safe
    traced();
  }
}

void BackgroundWriter::wait() {
  if (job_.valid()) job_.get();
}

void BackgroundWriter::rethrow_failure() {
  if (job_.valid() && job_.wait_for(std::chrono::seconds(0)) == std::future_status::ready) job_.get();
}

}  // namespace kindling
