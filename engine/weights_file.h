#pragma once

#include <filesystem>
#include <span>

#include "engine/state_tensors.h"

namespace kindling {

// Weights for PyTorch and back: fp32, kuangliu's names, OIHW, BN statistics included.

// `weights`: section "weights" of a snapshot whose parameters are fp32. Throws Error(kOutput).
inline void save_weights(const std::filesystem::path& path, std::span<const TensorRecord> weights,
                         FileSystemCalls& calls) {
  write_safetensors(path, weights, {{"format", "pt"}}, calls);
}

// Throws Error(kWeights) that lists every missing, unexpected or mis-shaped tensor at once; the prefix "module." of
// torch.nn.DataParallel is taken off.
template <class C>
void load_weights(C& context, ParameterStore<C>& store, const std::filesystem::path& path) {
  SafetensorsFile file = SafetensorsFile::read(path);
  file.strip_prefix("module.");
  load_state_tensors<float>(context, store, file.origin(), file.tensors());
}

}  // namespace kindling
