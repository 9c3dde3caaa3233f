#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

namespace kindling {

// Parses JSON, and unlike nlohmann's parser refuses a name that occurs twice in an object (it would keep the last) and
// a zero byte (it would stop there). Throws std::runtime_error with the reason.
nlohmann::json parse_json_strictly(std::string_view text);

// JSON text of a value; `indent` < 0 gives one line. Bytes that are not UTF-8, which a file name may hold, become
// U+FFFD.
std::string json_text(const nlohmann::ordered_json& value, int indent = -1);

// The string as it comes back from JSON: itself, unless it is not UTF-8.
std::string as_utf8(std::string_view text);

// A name from a file, made fit for a one-line message: in quotes, control characters escaped, cut when long.
std::string quoted_name(std::string_view name);

}  // namespace kindling
