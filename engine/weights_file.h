#pragma once

#include <filesystem>

#include "engine/state_tensors.h"

namespace kindling {

// Weights for PyTorch and back: fp32, kuangliu's names, OIHW, BN statistics included.
template <class C>
void save_weights(C& context, const ParameterStore<C>& store, const std::filesystem::path& path,
                  FileSystemCalls& calls) {
  const HostTensors tensors = state_tensors<float>(context, store);
  write_safetensors(path, tensors.records(), {{"format", "pt"}}, calls);
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
