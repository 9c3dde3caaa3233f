#include "tests/cuda_on_cpu/stream.h"

#include <driver_types.h>

#include <algorithm>
#include <utility>

#include "tests/cuda_on_cpu/report.h"

namespace kindling::cuda_on_cpu {
namespace {

constexpr std::size_t kDefaultStream = 0;

}  // namespace

bool blocking(const CUstream_st& stream) {
  return (stream.flags & cudaStreamNonBlocking) == 0;
}

Streams::Streams(Schedule& schedule, Run run) : schedule_(schedule), run_(std::move(run)) {
  create(cudaStreamDefault);
}

CUstream_st* Streams::find(cudaStream_t handle) {
  if (handle == nullptr || handle == cudaStreamLegacy) return streams_[kDefaultStream].get();
  const auto found = std::find_if(streams_.begin(), streams_.end(), [&](const auto& s) { return s.get() == handle; });
  return found != streams_.end() && (*found)->alive ? found->get() : nullptr;
}

CUstream_st* Streams::create(unsigned flags) {
  streams_.push_back(std::make_unique<CUstream_st>(CUstream_st{.index = streams_.size(), .flags = flags}));
  streams_.back()->clock = host_;
  return streams_.back().get();
}

CUstream_st* Streams::create_hidden() {
  CUstream_st* stream = create(cudaStreamNonBlocking);
  stream->alive = false;
  return stream;
}

std::size_t Streams::live() const {
  const auto alive = std::count_if(streams_.begin(), streams_.end(), [](const auto& stream) { return stream->alive; });
  return static_cast<std::size_t>(alive) - 1;  // nobody destroys the default stream
}

Clock Streams::tail(const CUstream_st& stream) const {
  Clock clock = stream.clock;
  if (stream.index == kDefaultStream) {
    for (const auto& other : streams_) {
      if (blocking(*other)) clock.join(other->clock);
    }
  } else if (blocking(stream)) {
    clock.join(streams_[kDefaultStream]->clock);
  }
  return clock;
}

const Clock& Streams::enqueue(CUstream_st& stream, Operation operation, const Clock& after) {
  Clock clock = tail(stream);
  clock.join(after);
  clock.join(host_);
  const std::uint32_t count = stream.clock[stream.index] + 1;
  clock.raise(stream.index, count);
  operation.id = static_cast<std::uint32_t>(positions_.size());
  operation.clock = clock;
  positions_.push_back({stream.index, count});
  stream.clock = std::move(clock);
  stream.queue.push_back(std::move(operation));
  if (schedule_.eager()) {
    while (run_one()) {
    }
  } else {
    while (schedule_.run_ahead() && run_one()) {
    }
  }
  return stream.clock;
}

void Streams::wait(const Clock& target) {
  while (!completed_.covers(target)) {
    if (!run_one()) report("internal error: the host waits for what can't run");
  }
  host_.join(target);
}

void Streams::wait_all() {
  Clock all;
  for (const auto& stream : streams_) all.join(stream->clock);
  wait(all);
}

void Streams::finish() {
  while (run_one()) {
  }
}

bool Streams::poll(const Clock& target) {
  if (!completed_.covers(target)) run_one();
  if (!completed_.covers(target)) return false;
  host_.join(target);
  return true;
}

bool Streams::idle() const {
  return std::all_of(streams_.begin(), streams_.end(), [](const auto& stream) { return stream->queue.empty(); });
}

// Runs one of the streams' first operations that may run; false if there is none.
bool Streams::run_one() {
  std::vector<CUstream_st*> ready;
  for (const auto& stream : streams_) {
    if (stream->queue.empty()) continue;
    Clock done = completed_;
    done.raise(stream->index, done[stream->index] + 1);
    if (done.covers(stream->queue.front().clock)) ready.push_back(stream.get());
  }
  if (ready.empty()) return false;
  CUstream_st& stream = *ready[schedule_.pick(ready.size())];
  const Operation operation = std::move(stream.queue.front());
  stream.queue.pop_front();
  run_(operation);
  completed_.raise(stream.index, completed_[stream.index] + 1);
  return true;
}

}  // namespace kindling::cuda_on_cpu
