#pragma once

#include <string>

namespace kindling::test {

// A file of the source tree by its path from the root. The root is compiled into source_path.cc alone, so that a
// compiler cache knows the other tests of any worktree.
std::string source_path(const std::string& path);

}  // namespace kindling::test
