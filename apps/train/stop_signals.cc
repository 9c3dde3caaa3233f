#include "apps/train/stop_signals.h"

#include <atomic>
#include <csignal>
#include <initializer_list>

namespace kindling {
namespace {

// A handler can reach nothing but a static. Blocking the signals and asking for them with sigtimedwait would need none,
// but BLAS libraries start threads before main, which would not inherit the mask and would take the signal's default.
std::atomic<int> first_signal{0};
static_assert(std::atomic<int>::is_always_lock_free, "a signal handler may only touch lock-free atomics");

void remember(int signal) {
  int none = 0;
  first_signal.compare_exchange_strong(none, signal);
}

}  // namespace

StopSignals::StopSignals() {
  struct sigaction action {};
  action.sa_handler = remember;
  action.sa_flags = SA_RESTART;  // a read or write in progress isn't disturbed
  sigemptyset(&action.sa_mask);
  for (const int signal : {SIGTERM, SIGINT, SIGUSR1}) sigaction(signal, &action, nullptr);
}

int StopSignals::arrived() const {
  return first_signal.load();
}

}  // namespace kindling
