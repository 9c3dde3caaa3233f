#include "data/loader.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <exception>
#include <span>
#include <utility>

#include "data/permutation.h"
#include "kernels/core/error.h"

namespace kindling {
namespace {

void require_at_least(const char* name, std::int64_t value, std::int64_t least) {
  if (value < least) throw Error(ErrorCode::kUsage, fmt::format("{} must be at least {}, got {}", name, least, value));
}

LoaderOptions checked(const LoaderOptions& options) {
  constexpr std::int64_t kMaxWorkers = 1024;  // beyond any machine: a typing error
  require_at_least("the number of workers", options.workers, 0);
  if (options.workers > kMaxWorkers) {
    throw Error(ErrorCode::kUsage,
                fmt::format("the number of workers must be at most {}, got {}", kMaxWorkers, options.workers));
  }
  require_at_least("the batch size", options.batch_size, 1);
  require_at_least("the injected latency", options.inject_latency_us, 0);
  require_at_least("the limit of batches", options.limit_batches, 0);
  if (options.workers > 0) require_at_least("prefetch", options.prefetch, 1);
  return options;
}

std::vector<BatchSlot> checked(std::vector<BatchSlot> slots, const LoaderOptions& options) {
  require(std::ssize(slots) >= Loader::slots_needed(options), "the loader was lent too few slots");
  for (const BatchSlot& slot : slots) {
    require(
        std::ssize(slot.labels) >= options.batch_size && std::ssize(slot.pixels) / kImageElements >= options.batch_size,
        "a slot has no room for a batch");
  }
  return slots;
}

std::int64_t limited(std::int64_t batches, std::int64_t limit) {
  return limit > 0 ? std::min(batches, limit) : batches;
}

std::int64_t chunk_images(const LoaderOptions& options) {
  if (options.workers == 0) return options.batch_size;
  constexpr std::int64_t kMostImages = 16;
  const std::int64_t chunks = 2 * options.workers;
  return std::min((options.batch_size + chunks - 1) / chunks, kMostImages);
}

std::vector<TimeAccount<WorkerState>> worker_accounts(const LoaderOptions& options) {
  std::vector<TimeAccount<WorkerState>> accounts;
  for (std::int64_t i = 0; i < std::max(options.workers, std::int64_t{1}); ++i) {
    const bool is_traced = options.trace != nullptr && options.workers > 0;
    TraceLane* const lane = is_traced ? &options.trace->add_lane(fmt::format("loader worker {}", i + 1)) : nullptr;
    accounts.emplace_back(options.clock, lane);
  }
  return accounts;
}

}  // namespace

std::int64_t Loader::slots_needed(const LoaderOptions& options) {
  return options.workers == 0 ? 1 : options.prefetch + 1;
}

Loader::Loader(const Dataset& dataset, const LoaderOptions& options, std::vector<BatchSlot> slots)
    : dataset_(dataset),
      options_(checked(options)),
      slots_(checked(std::move(slots), options)),
      sharding_(dataset.size(), options.batch_size, options.rank, options.world),
      batches_(limited(sharding_.batches(), options.limit_batches)),
      ring_(sharding_, std::ssize(slots_), chunk_images(options)),
      accounts_(worker_accounts(options)),
      depth_lane_(options.trace == nullptr ? nullptr : &options.trace->add_lane("batches ready")) {
  start_workers();
}

Loader::~Loader() {
  stop_workers();
}

void Loader::start_workers() {
  try {
    for (std::int64_t i = 0; i < options_.workers; ++i) {
      WorkerAccount& account = accounts_[static_cast<std::size_t>(i)];
      threads_.emplace_back([this, &account] { work(account); });
    }
  } catch (...) {  // the system has no more threads: end those that run
    stop_workers();
    throw;
  }
}

void Loader::stop_workers() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    abandoned_ = true;
  }
  work_ready_.notify_all();
  for (std::thread& thread : threads_) thread.join();
  threads_.clear();
}

void Loader::start_epoch(std::int64_t epoch, std::int64_t first_batch) {
  require_at_least("the epoch", epoch, 0);
  if (first_batch < 0 || first_batch > batches_) {
    throw Error(ErrorCode::kUsage,
                fmt::format("an epoch of {} batches can't start at batch {}", batches_, first_batch));
  }
  std::vector<std::uint32_t> order =
      options_.shuffle ? shuffled_order(dataset_.size(), options_.seed, epoch) : identity_order(dataset_.size());

  std::unique_lock lock(mutex_);
  ring_.cancel();
  abandoned_ = true;
  progress_.wait(lock, [this] { return ring_.idle(); });
  abandoned_ = false;
  epoch_ = epoch;
  order_ = std::move(order);
  ring_.start(first_batch, batches_);
  lock.unlock();
  work_ready_.notify_all();
}

std::optional<Batch> Loader::next() {
  std::unique_lock lock(mutex_);
  if (ring_.at_end()) return std::nullopt;
  require(!ring_.head_blocked(), "the next batch was asked for while the trainer holds every slot");
  times_.ready_batches += ring_.ready_batches();
  ++times_.requests;
  trace_depth();
  if (threads_.empty()) {
    accounts_.front().enter(WorkerState::kBusy);
    process_chunk(lock);
    accounts_.front().enter(WorkerState::kIdle);
  }
  progress_.wait(lock, [this] { return ring_.head_ready() || ring_.failure_due(); });
  if (ring_.failure_due()) std::rethrow_exception(ring_.take_failure());
  Batch batch = ring_.deliver();
  trace_depth();
  batch.epoch = epoch_;
  return batch;
}

void Loader::release(const Batch& batch) {
  {
    const std::lock_guard lock(mutex_);
    require(batch.epoch == epoch_, "a batch of another epoch is given back");
    ring_.release(batch);
    update_waiting_workers();
  }
  work_ready_.notify_all();
}

void Loader::end_epoch() {
  std::unique_lock lock(mutex_);
  ring_.cancel();
  abandoned_ = true;
  progress_.wait(lock, [this] { return ring_.idle(); });
  update_waiting_workers();
}

LoaderTimes Loader::take_times() {
  const std::lock_guard lock(mutex_);
  for (WorkerAccount& account : accounts_) times_.workers += account.take();
  return std::exchange(times_, {});
}

void Loader::restart_times() {
  const std::lock_guard lock(mutex_);
  for (WorkerAccount& account : accounts_) account.restart();
  times_ = {};
  if (depth_lane_ != nullptr) depth_lane_->samples.clear();
}

void Loader::trace_depth() {
  if (depth_lane_ != nullptr) depth_lane_->samples.push_back({options_.clock(), ring_.ready_batches()});
}

void Loader::work(WorkerAccount& account) {
  std::unique_lock lock(mutex_);
  while (true) {
    if (!ring_.can_claim()) account.enter(ring_.is_full() ? WorkerState::kBlocked : WorkerState::kIdle);
    work_ready_.wait(lock, [this] { return stopping_ || ring_.can_claim(); });
    if (stopping_) return;
    account.enter(WorkerState::kBusy);
    process_chunk(lock);
  }
}

// What a waiting worker waits for changes by what others do, while it sleeps: they write it into its account.
void Loader::update_waiting_workers() {
  if (ring_.can_claim()) return;  // they are being woken
  const WorkerState waiting = ring_.is_full() ? WorkerState::kBlocked : WorkerState::kIdle;
  for (WorkerAccount& account : accounts_) {
    if (account.state() != WorkerState::kBusy && account.state() != waiting) account.enter(waiting);
  }
}

// Claims a chunk, fills it without the lock, and says so. Requires can_claim() and the lock.
void Loader::process_chunk(std::unique_lock<std::mutex>& lock) {
  const BatchChunk chunk = ring_.claim();
  update_waiting_workers();
  lock.unlock();
  std::exception_ptr failure;
  try {
    fill(chunk);
  } catch (...) {
    failure = std::current_exception();
  }
  lock.lock();
  if (failure) {
    ring_.fail(chunk, std::move(failure));
  } else {
    ring_.finish(chunk);
  }
  update_waiting_workers();
  if (ring_.head_ready()) trace_depth();
  if (ring_.idle() || ring_.head_ready()) progress_.notify_all();
}

void Loader::fill(const BatchChunk& chunk) const {
  Image image;
  for (std::int64_t i = 0; i < chunk.images; ++i) {
    if (abandoned_.load(std::memory_order_relaxed)) return;
    fill_image(chunk, i, image);
  }
}

void Loader::fill_image(const BatchChunk& chunk, std::int64_t i, Image& image) const {
  if (options_.inject_latency_us > 0) {
    std::this_thread::sleep_for(std::chrono::microseconds(options_.inject_latency_us));
  }
  const std::int64_t sample = order_[static_cast<std::size_t>(chunk.first + i)];
  dataset_.read(sample, image);
  const AugmentDecision decision =
      options_.augment ? decide_augmentation(options_.seed, epoch_, sample) : AugmentDecision{};

  const BatchSlot& slot = slots_[static_cast<std::size_t>(chunk.slot)];
  const auto place = static_cast<std::size_t>(chunk.offset + i);
  transform_.apply(image, decision, slot.pixels.subspan(place * kImageElements, kImageElements));
  slot.labels[place] = image.label;
}

}  // namespace kindling
