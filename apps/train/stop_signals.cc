#include "apps/train/stop_signals.h"

#include <pthread.h>

#include <ctime>
#include <initializer_list>

namespace kindling {

StopSignals::StopSignals() : set_() {
  sigemptyset(&set_);
  for (const int signal : {SIGTERM, SIGINT, SIGUSR1}) sigaddset(&set_, signal);
  pthread_sigmask(SIG_BLOCK, &set_, nullptr);
}

int StopSignals::arrived() {
  if (arrived_ == 0) {
    const timespec no_wait{};
    const int signal = sigtimedwait(&set_, nullptr, &no_wait);
    if (signal > 0) arrived_ = signal;
  }
  return arrived_;
}

}  // namespace kindling
