// A listener for NVTX ranges, as a profiler injects one: writes the name of each range that begins to the file
// KINDLING_NVTX_LOG, a line each. Loaded by NVTX itself, where NVTX_INJECTION64_PATH names this library.

#include <nvtx3/nvToolsExt.h>

#include <cstdio>
#include <cstdlib>

namespace {

int range_begins(const char* name) {
  if (const char* const path = std::getenv("KINDLING_NVTX_LOG")) {
    if (std::FILE* const file = std::fopen(path, "a")) {
      std::fprintf(file, "%s\n", name);
      std::fclose(file);
    }
  }
  return 0;
}

}  // namespace

extern "C" int InitializeInjectionNvtx2(NvtxGetExportTableFunc_t get_export_table) {
  const auto* const callbacks = static_cast<const NvtxExportTableCallbacks*>(get_export_table(NVTX_ETID_CALLBACKS));
  NvtxFunctionTable table = nullptr;
  unsigned size = 0;
  if (callbacks == nullptr || callbacks->GetModuleFunctionTable(NVTX_CB_MODULE_CORE, &table, &size) == 0) return 0;
  if (size <= NVTX_CBID_CORE_RangePushA) return 0;
  *table[NVTX_CBID_CORE_RangePushA] = reinterpret_cast<NvtxFunctionPointer>(range_begins);
  return 1;
}
