#pragma once

#include <fmt/format.h>

#include <cstdio>
#include <string>
#include <utility>

namespace kindling {

// Prints to stdout and goes on where that fails: a batch log on a full disk, or a pipe that nobody reads any more, must
// not end a run whose results lie elsewhere. run_program says so when the program is done.
template <class... Arguments>
void say(fmt::format_string<Arguments...> format, Arguments&&... arguments) {
  const std::string text = fmt::format(format, std::forward<Arguments>(arguments)...);
  std::fwrite(text.data(), 1, text.size(), stdout);
}

}  // namespace kindling
