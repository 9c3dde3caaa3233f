#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <mutex>
#include <string>
#include <thread>
#include <utility>

namespace kindling::test {

// Ends the program with a message when nothing has happened for `limit`: a deadlock then fails in a minute and says
// where, instead of hanging until somebody looks.
class Watchdog {
 public:
  explicit Watchdog(std::chrono::seconds limit) : limit_(limit), thread_([this] { watch(); }) {}
  ~Watchdog() {
    {
      const std::lock_guard lock(mutex_);
      stopping_ = true;
    }
    wake_.notify_all();
    thread_.join();
  }
  Watchdog(const Watchdog&) = delete;
  Watchdog& operator=(const Watchdog&) = delete;

  // Something has happened; `where` is printed if it was the last.
  void alive(std::string where) {
    const std::lock_guard lock(mutex_);
    where_ = std::move(where);
    last_ = std::chrono::steady_clock::now();
  }

 private:
  void watch() {
    std::unique_lock lock(mutex_);
    while (!stopping_) {
      wake_.wait_until(lock, last_ + limit_, [this] { return stopping_; });
      if (stopping_ || std::chrono::steady_clock::now() < last_ + limit_) continue;
      std::fprintf(stderr, "watchdog: nothing has happened for %lld s; the last was %s\n",
                   static_cast<long long>(limit_.count()), where_.c_str());
      std::abort();
    }
  }

  std::chrono::seconds limit_;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::string where_ = "the start";
  std::chrono::steady_clock::time_point last_ = std::chrono::steady_clock::now();
  bool stopping_ = false;
  std::thread thread_;  // last: it uses all of the above
};

}  // namespace kindling::test
