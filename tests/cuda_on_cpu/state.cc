#include "tests/cuda_on_cpu/state.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "tests/cuda_on_cpu/report.h"

namespace kindling::cuda_on_cpu {
namespace {

void check_nothing_lives() {
  const LiveObjects live = live_objects();
  if (live.none()) return;
  std::fprintf(stderr,
               "cuda_on_cpu: at exit there are %zu device allocations, %zu pinned allocations, %zu streams, %zu events "
               "and %zu graphs that nobody destroyed\n",
               live.device_allocations, live.pinned_allocations, live.streams, live.events, live.graphs);
  std::fflush(stderr);
  std::_Exit(1);
}

}  // namespace

State& state() {
  static State& instance = *new State;  // NOLINT: never destroyed, on purpose
  return instance;
}

cudaError_t& last_error() {
  thread_local cudaError_t error = cudaSuccess;
  return error;
}

State::State() : streams(schedule, [this](const Operation& operation) { run(operation); }) {
  std::atexit(check_nothing_lives);
}

void State::run(const Operation& operation) {
  for (const Range& range : operation.ranges) {
    if (range.bytes == 0 || arena.holds(range.data, range.bytes)) continue;
    report(operation.name + " uses " + std::to_string(range.bytes) +
           " bytes of device memory that don't lie in one live allocation");
  }
  races.begin(operation, streams);
  const ArenaAccess access(arena);
  running = true;
  operation.work();
  running = false;
}

cudaError_t State::enqueue(cudaStream_t handle, Operation operation) {
  CUstream_st* stream = streams.find(handle);
  if (stream == nullptr) return cudaErrorInvalidResourceHandle;
  if (stream->capture) {
    if (!stream->capture->valid) return cudaErrorStreamCaptureInvalidated;
    stream->capture->add(*stream, std::move(operation));
    return cudaSuccess;
  }
  if (stream == streams.find(nullptr) && default_stream_is_captured()) {
    break_captures();
    return cudaErrorStreamCaptureImplicit;
  }
  enqueue_now(*stream, std::move(operation));
  return cudaSuccess;
}

void State::enqueue_now(CUstream_st& stream, Operation operation, const Clock& after) {
  const Operation reference{operation.name, {}, operation.host_ranges, {}};
  streams.enqueue(stream, std::move(operation), after);
  const bool deferred = !stream.queue.empty();
  host_memory.enqueued(reference, {stream.index, stream.clock[stream.index]}, deferred);
}

void State::wait(const Clock& target) {
  const ArenaAccess access(arena);  // once for all that runs now: opening is slow
  streams.wait(target);
  host_memory.host_waited(streams.host());
}

void State::wait_all() {
  const ArenaAccess access(arena);
  streams.wait_all();
  host_memory.host_waited(streams.host());
}

bool State::poll(const Clock& target) {
  const bool done = streams.poll(target);
  if (done) host_memory.host_waited(streams.host());
  return done;
}

bool State::break_captures() {
  for (const auto& capture : captures) capture->valid = false;
  return !captures.empty();
}

bool State::refuses_unsafe_call() {
  const bool strict = std::any_of(captures.begin(), captures.end(), [](const auto& c) { return !c->relaxed(); });
  return strict && break_captures();
}

// The default stream would wait for the captured streams that synchronise with it.
bool State::default_stream_is_captured() const {
  return std::any_of(captures.begin(), captures.end(), [](const auto& capture) { return capture->blocking(); });
}

CUevent_st* State::create_event(unsigned flags) {
  auto made = std::make_unique<CUevent_st>(CUevent_st{.flags = flags});
  CUevent_st* const event = made.get();
  events.emplace(event, std::move(made));
  return event;
}

CUevent_st* State::find_event(cudaEvent_t handle) {
  const auto found = events.find(handle);
  return found != events.end() && found->second->alive ? found->second.get() : nullptr;
}

cudaError_t enqueue_op(cudaStream_t stream, const char* name, std::vector<Range> ranges, std::function<void()> work) {
  return api([&](State& s) { return s.enqueue(stream, {name, std::move(ranges), {}, std::move(work)}); });
}

bool in_device_memory(const void* data, std::size_t bytes) {
  const std::lock_guard lock(state().mutex);
  return state().arena.holds(data, bytes);
}

void spoil(void* data, std::size_t bytes) {
  std::memset(data, 0xff, bytes);
}

std::uint64_t schedule_seed() {
  return state().schedule.seed();
}

void set_schedule_seed(std::uint64_t seed) {
  const std::lock_guard lock(state().mutex);
  if (!state().streams.idle()) report("the schedule's seed changes while operations are pending");
  state().schedule = Schedule(seed);
}

LiveObjects live_objects() {
  State& s = state();
  const std::lock_guard lock(s.mutex);
  const auto live_events =
      std::count_if(s.events.begin(), s.events.end(), [](const auto& event) { return event.second->alive; });
  return {s.arena.live_allocations(), s.host_memory.live_allocations(), s.streams.live(),
          static_cast<std::size_t>(live_events), s.graphs.size() + s.executables.size()};
}

}  // namespace kindling::cuda_on_cpu
