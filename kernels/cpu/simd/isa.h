#pragma once

namespace kindling {

// The instruction set that the CPU bodies are compiled for, chosen when a context is made. Results may differ in the
// last bits between paths, never within one. Each has what the ones before it have; the last two differ from kAvx512 in
// products of bf16 alone.
enum class Isa { kPortable, kAvx2, kAvx512, kAvx512Bf16, kAmx };

constexpr const char* name_of(Isa isa) {
  switch (isa) {
    case Isa::kPortable:
      return "portable";
    case Isa::kAvx2:
      return "avx2";
    case Isa::kAvx512:
      return "avx512";
    case Isa::kAvx512Bf16:
      return "avx512_bf16";
    case Isa::kAmx:
      return "amx";
  }
  return "?";
}

// Whether this processor and this build have the path, and for AMX whether the operating system lets the process use it
// (which is asked for here).
bool is_supported(Isa isa);

// The best supported path, or the one that the environment variable KINDLING_ISA names. Throws Error(kUsage) when the
// variable names no path or one that is not supported here.
Isa choose_isa();

// Whether products of bf16 are emulated in fp32 on this path.
constexpr bool emulates_bf16(Isa isa) {
  return isa < Isa::kAvx512Bf16;
}

}  // namespace kindling
