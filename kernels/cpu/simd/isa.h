#pragma once

namespace kindling {

// The instruction set that the CPU bodies are compiled for, chosen when a context is made. Results may differ in the
// last bits between paths, never within one.
enum class Isa { kPortable, kAvx2, kAvx512 };

constexpr const char* name_of(Isa isa) {
  switch (isa) {
    case Isa::kPortable:
      return "portable";
    case Isa::kAvx2:
      return "avx2";
    case Isa::kAvx512:
      return "avx512";
  }
  return "?";
}

// Whether this processor and this build have the path.
bool is_supported(Isa isa);

// The best supported path, or the one that the environment variable KINDLING_ISA names. Throws Error(kUsage) when the
// variable names no path or one that is not supported here.
Isa choose_isa();

}  // namespace kindling
