#pragma once

#include <filesystem>
#include <nlohmann/json.hpp>

namespace kindling::test {

// The JSON of a file, parsed in one place: the parser takes seconds to compile, more under sanitizers.
nlohmann::json read_json(const std::filesystem::path& file);

}  // namespace kindling::test
