#include "tests/support/read_json.h"

#include <fstream>

namespace kindling::test {

nlohmann::json read_json(const std::filesystem::path& file) {
  return nlohmann::json::parse(std::ifstream(file));
}

}  // namespace kindling::test
