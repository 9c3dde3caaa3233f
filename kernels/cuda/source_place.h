#pragma once

#include <source_location>
#include <string>
#include <string_view>

namespace kindling {

// "kernels/cudnn/conv2d_plan.cc:42", wherever the project was built.
inline std::string source_place(const std::source_location& where) {
  std::string_view path = where.file_name();
  const std::size_t top = path.rfind("kernels/");
  if (top != std::string_view::npos) path.remove_prefix(top);
  return std::string(path) + ":" + std::to_string(where.line());
}

}  // namespace kindling
