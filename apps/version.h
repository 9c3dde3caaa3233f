#pragma once

#include <string>

namespace kindling {

// For --version: "kindling 0.1.0 (commit 1a2b3c4, GNU 12.2.0, CUDA 13.0, Release)"; without a backend for GPUs it has
// "CPU only" in the place of "CUDA 13.0", in a build of tests/cuda_on_cpu "CUDA 13.0 on the CPU".
std::string version_text();

}  // namespace kindling
