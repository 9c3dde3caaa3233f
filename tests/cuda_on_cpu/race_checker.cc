#include "tests/cuda_on_cpu/race_checker.h"

#include <algorithm>
#include <string>
#include <unordered_map>

#include "tests/cuda_on_cpu/report.h"
#include "tests/cuda_on_cpu/state.h"

// The linker's names for the ends of the program with its constants and variables.
extern "C" const char __executable_start;
extern "C" const char _end;

namespace kindling::cuda_on_cpu {
namespace {

// Constants of the kernels, and what stands for threadIdx.
bool in_program(const void* data) {
  return data >= &__executable_start && data < &_end;
}

constexpr std::uint32_t kWholeOperation = 0xffffffff;  // the "block" of a copy or a library call

}  // namespace

void RaceChecker::begin(const Operation& operation, const Streams& streams) {
  if (!kEnabled) return;
  streams_ = &streams;
  clock_ = operation.clock;
  operation_ = operation.id;
  names_.resize(std::max<std::size_t>(names_.size(), operation_ + 1));
  names_[operation_] = operation.name;
  for (const Range& range : operation.ranges) {
    Trace trace{.operation = operation_, .block = kWholeOperation};
    trace.kind = range.access == Access::kRead ? AccessKind::kRead : AccessKind::kWrite;
    note_bytes(reinterpret_cast<std::uintptr_t>(range.data), range.bytes, trace, false);
  }
}

void RaceChecker::note(const ThreadAccess& access) {
  const Place& place = access.place;
  const Trace trace{.code = access.code,
                    .operation = operation_,
                    .block = place.block,
                    .block_phase = place.block_phase,
                    .warp_phase = place.warp_phase,
                    .thread = static_cast<std::uint16_t>(place.thread),
                    .kind = access.kind};
  note_bytes(reinterpret_cast<std::uintptr_t>(access.data), access.bytes, trace, access.shared);
}

void RaceChecker::forget(const void* data, std::size_t bytes) {
  if (!kEnabled) return;
  constexpr std::size_t kPageBytes = kPageCells * kCellBytes;
  const auto first = reinterpret_cast<std::uintptr_t>(data) / kPageBytes;
  const auto last = (reinterpret_cast<std::uintptr_t>(data) + bytes) / kPageBytes;
  last_ = nullptr;
  for (auto page = first + 1; page < last; ++page) pages_.erase(page);  // the pages at its ends may be shared
}

RaceChecker::Cell& RaceChecker::cell(std::uintptr_t address) {
  const std::uintptr_t index = address / kCellBytes;
  if (last_ == nullptr || index / kPageCells != last_page_) {
    last_page_ = index / kPageCells;
    std::unique_ptr<Page>& page = pages_[last_page_];
    if (!page) page = std::make_unique<Page>();
    last_ = page.get();
  }
  return (*last_)[index % kPageCells];
}

void RaceChecker::note_bytes(std::uintptr_t address, std::size_t bytes, Trace trace, bool shared) {
  const std::uintptr_t end = address + bytes;
  while (address < end) {
    const std::uintptr_t next = std::min(end, (address / kCellBytes + 1) * kCellBytes);
    const unsigned ones = (1U << (next - address)) - 1;
    trace.bytes_mask = static_cast<std::uint8_t>(ones << address % kCellBytes);
    note_cell(cell(address), trace, shared);
    address = next;
  }
}

void RaceChecker::note_cell(Cell& cell, const Trace& now, bool shared) const {
  for (const Trace& earlier : cell.writes) check(earlier, now, shared);
  if (now.kind == AccessKind::kRead) {
    keep(cell.reads, now, shared);
    return;
  }
  for (Trace& earlier : cell.reads) {
    check(earlier, now, shared);
    // What comes after this write comes after the reads before it, too.
    earlier.bytes_mask = static_cast<std::uint8_t>(earlier.bytes_mask & ~now.bytes_mask);
  }
  keep(cell.writes, now, shared);
}

void RaceChecker::check(const Trace& earlier, const Trace& now, bool shared) const {
  if ((earlier.bytes_mask & now.bytes_mask) == 0 || ordered(earlier, now, shared)) return;
  if (earlier.kind == AccessKind::kAtomic && now.kind == AccessKind::kAtomic) return;
  report("data race in " + std::string(shared ? "shared" : "device") + " memory: " + describe(now) +
         "\n  and nothing " + "orders it after: " + describe(earlier));
}

// Remembers an access: in the slot of the same thread and phase, else in a free one, else instead of one that is
// ordered before it, else instead of the first.
void RaceChecker::keep(std::array<Trace, 2>& slots, const Trace& now, bool shared) const {
  for (Trace& slot : slots) {
    if (slot.bytes_mask != 0 && slot.same_context(now)) {
      slot.bytes_mask |= now.bytes_mask;
      slot.code = now.code;
      return;
    }
  }
  const auto superseded = [&](const Trace& slot) {
    return (slot.bytes_mask & ~now.bytes_mask) == 0 && ordered(slot, now, shared);
  };
  for (Trace& slot : slots) {
    if (slot.bytes_mask != 0 && !superseded(slot)) continue;
    slot = now;
    return;
  }
  slots[0] = slots[1];
  slots[1] = now;
}

bool RaceChecker::ordered(const Trace& earlier, const Trace& now, bool shared) const {
  if (earlier.operation != now.operation) {
    if (shared) return true;  // another block's memory that had the same address
    const Streams::Position position = streams_->position(earlier.operation);
    return clock_[position.stream] >= position.count;
  }
  if (earlier.block != now.block) return shared;
  if (earlier.thread == now.thread || earlier.block_phase != now.block_phase) return true;
  return earlier.thread / Warp::kLanes == now.thread / Warp::kLanes && earlier.warp_phase != now.warp_phase;
}

std::string RaceChecker::describe(const Trace& trace) const {
  const char* const verb = trace.kind == AccessKind::kRead    ? "read"
                           : trace.kind == AccessKind::kWrite ? "write"
                                                              : "atomic update";
  std::string text =
      std::string(verb) + " by " + names_[trace.operation] + ", operation " + std::to_string(trace.operation);
  if (trace.block == kWholeOperation) return text;
  return text + ", block " + std::to_string(trace.block) + ", thread " + std::to_string(trace.thread) + ", " +
         source_of(trace.code);
}

namespace {

// Of an inline function (of std::string, say) that several object files have, the linker keeps one: that of a .cu file
// perhaps, which calls back. Then it is this runtime that accesses the host's memory, and not a kernel: kernels use
// nothing of the standard library that has memory of its own.
bool in_standard_library(const void* code) {
  static std::unordered_map<const void*, bool> known;  // finding out takes long
  const auto found = known.find(code);
  if (found != known.end()) return found->second;
  const std::string source = source_of(code);
  const bool result = source.starts_with("std::") || source.starts_with("__gnu_cxx::");
  known.emplace(code, result);
  return result;
}

// The same goes for what the checker itself does.
class Inside {
 public:
  Inside() : outermost_(!inside_) { inside_ = true; }
  ~Inside() {
    if (outermost_) inside_ = false;
  }
  Inside(const Inside&) = delete;
  Inside& operator=(const Inside&) = delete;

  bool outermost() const { return outermost_; }

 private:
  static inline bool inside_ = false;
  bool outermost_;
};

}  // namespace

void note_thread_access(const void* data, std::size_t bytes, AccessKind kind, const void* code) {
  if (!RaceChecker::kEnabled) return;
  const Inside inside;
  if (!inside.outermost()) return;
  State& s = state();
  if (!s.blocks.running()) return;
  const bool shared = s.blocks.shared().owns(data);
  if (!shared && !s.arena.owns(data)) {
    if (!s.blocks.owns(data) && !in_program(data) && !s.host_memory.holds(data, bytes) && !in_standard_library(code)) {
      report("a kernel touches pageable memory of the host: " + source_of(code));
    }
    return;
  }
  if (!shared && !s.arena.holds(data, bytes)) {
    report("a kernel touches device memory outside live allocations: " + source_of(code));
  }
  s.races.note({data, bytes, kind, shared, code, s.blocks.place()});
}

}  // namespace kindling::cuda_on_cpu
