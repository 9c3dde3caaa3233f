#include "kernels/cudnn/cudnn_check.h"

#include <algorithm>
#include <array>

#include "kernels/core/error.h"
#include "kernels/cuda/source_place.h"

namespace kindling {
namespace {

// What cuDNN says about this thread's last failure, on one line; empty when it says nothing.
std::string last_message() {
  std::array<char, 2048> text{};
  cudnnGetLastErrorString(text.data(), text.size() - 1);
  std::string message(text.data());
  std::replace_if(
      message.begin(), message.end(), [](char c) { return c == '\n' || c == '\r'; }, ' ');
  return message;
}

}  // namespace

std::string cudnn_version() {
  const std::size_t version = cudnnGetVersion();  // major * 10000 + minor * 100 + patch since cuDNN 9
  return std::to_string(version / 10000) + "." + std::to_string(version / 100 % 100) + "." +
         std::to_string(version % 100);
}

void check_cudnn(cudnnStatus_t status, const std::string& call, std::source_location where) {
  if (status == CUDNN_STATUS_SUCCESS) return;
  const std::string message = last_message();
  throw Error(ErrorCode::kDevice, "cuDNN " + cudnn_version() + ": " + call + " gave " + cudnnGetErrorString(status) +
                                      (message.empty() ? "" : ": " + message) + " (" + source_place(where) + ")");
}

}  // namespace kindling
