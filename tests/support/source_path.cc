#include "tests/support/source_path.h"

namespace kindling::test {

std::string source_path(const std::string& path) {
  return std::string(KINDLING_SOURCE_DIR) + "/" + path;
}

}  // namespace kindling::test
