#pragma once

#include <stdlib.h>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <initializer_list>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>

#include "kernels/core/error.h"

// What a fuzz target defines: libFuzzer's main calls it with inputs of its own, that of replay.cc with kept ones.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace kindling::fuzz {

// A finding that no sanitizer would see: says what was promised and ends the program, as one of theirs does.
inline void promise(bool kept, const char* what, std::string_view detail = "") {
  if (kept) return;
  std::fprintf(stderr, "promise broken: %s: %.*s\n", what, static_cast<int>(detail.size()), detail.data());
  std::abort();
}

// Whether `action` went through. An Error must have one of these codes and a message of one line; anything else that is
// thrown goes up and is a finding.
template <class Action>
bool accepts(std::initializer_list<ErrorCode> codes, const Action& action) {
  try {
    action();
    return true;
  } catch (const Error& error) {
    const std::string_view message = error.what();
    promise(std::find(codes.begin(), codes.end(), error.code()) != codes.end(), "the right exit status", message);
    promise(!message.empty() && without_controls(message) == message, "a message of one line", message);
    return false;
  }
}

template <class Action>
bool accepts(ErrorCode code, const Action& action) {
  return accepts({code}, action);
}

inline std::string_view text_of(const std::uint8_t* data, std::size_t size) {
  return {reinterpret_cast<const char*>(data), size};
}

// A folder of this process, removed at its end; inputs that must be files are written into it.
class Folder {
 public:
  Folder() {
    std::string name = (std::filesystem::temp_directory_path() / "kindling-fuzz-XXXXXX").string();
    if (mkdtemp(name.data()) == nullptr) throw std::runtime_error("no temporary folder");
    path_ = name;
  }
  ~Folder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;

  const std::filesystem::path& path() const { return path_; }

  std::filesystem::path put(const char* name, std::string_view contents) const {
    const std::filesystem::path file = path_ / name;
    std::ofstream stream(file, std::ios::binary);
    stream.write(contents.data(), static_cast<std::streamsize>(contents.size()));
    if (!stream.flush()) throw std::runtime_error("can't write " + file.string());
    return file;
  }

 private:
  std::filesystem::path path_;
};

}  // namespace kindling::fuzz
