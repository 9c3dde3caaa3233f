#include "tests/cuda_on_cpu/report.h"

#include <dlfcn.h>
#include <unistd.h>

#include <array>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <memory>

namespace kindling::cuda_on_cpu {
namespace {

std::string base_name(const std::string& path) {
  return path.substr(path.find_last_of('/') + 1);
}

// The two lines that addr2line answers: function, file:line.
std::array<std::string, 2> addr2line(const std::string& binary, std::uintptr_t offset) {
  std::array<char, 64> address{};
  std::snprintf(address.data(), address.size(), "0x%zx", static_cast<std::size_t>(offset));
  const std::string command = "addr2line -f -C -e '" + binary + "' " + address.data() + " 2>&1";
  const std::unique_ptr<FILE, int (*)(FILE*)> output(popen(command.c_str(), "r"), &pclose);
  std::array<std::string, 2> lines;
  std::array<char, 4096> line{};
  for (std::string& text : lines) {
    if (!output || !std::fgets(line.data(), static_cast<int>(line.size()), output.get())) break;
    text = line.data();
    text.erase(text.find_last_not_of('\n') + 1);
  }
  return lines;
}

}  // namespace

void report(const std::string& what) {
  std::fprintf(stderr, "cuda_on_cpu: %s\n", what.c_str());
  std::fflush(stderr);
  std::abort();
}

std::string to_string(const std::source_location& where) {
  return base_name(where.file_name()) + ":" + std::to_string(where.line());
}

std::string source_of(const void* code) {
  Dl_info image{};
  if (dladdr(code, &image) == 0) return "code outside the program";
  const auto offset = reinterpret_cast<std::uintptr_t>(code) - reinterpret_cast<std::uintptr_t>(image.dli_fbase);
  const auto [function, line] = addr2line(image.dli_fname, offset);
  return function + " at " + base_name(line.substr(0, line.find(' ')));
}

}  // namespace kindling::cuda_on_cpu
