#pragma once

#include <unistd.h>

#include <cstdlib>

namespace kindling {

// How long OpenMP's idle threads spin before they sleep. GNU's libgomp lets them spin 300,000 rounds, which collapses
// where other work wants the cores: a step waits for a thread that isn't running while its fellows burn the time that
// thread needs. Sleeping at once makes a narrow network slower by a tenth or more. A thousand rounds do neither
// (bench/README.md, "Idle threads").
//
// libgomp reads its environment before main, so that the program sets it and begins again, with the same process id.
// First thing in main; does nothing where OMP_WAIT_POLICY or GOMP_SPINCOUNT says what is wanted, or where another
// OpenMP runtime is linked. (Under valgrind set one of them: it doesn't follow into the second beginning.)
inline void begin_with_short_spinning([[maybe_unused]] char** argv) {
#if defined(_OPENMP) && !defined(__clang__)
  if (std::getenv("OMP_WAIT_POLICY") != nullptr || std::getenv("GOMP_SPINCOUNT") != nullptr) return;
  // Comes back only where there is no /proc; then threads wait as libgomp likes.
  if (setenv("GOMP_SPINCOUNT", "1000", 0) == 0) execv("/proc/self/exe", argv);
#endif
}

}  // namespace kindling
