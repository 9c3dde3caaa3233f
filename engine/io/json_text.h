#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

namespace kindling {

// Beyond anything that Kindling or PyTorch writes. Values print by recursion, so that depth costs stack; and each takes
// eight times the memory of its shortest text.
inline constexpr int kMostJsonDepth = 64;
inline constexpr std::int64_t kMostJsonValues = 1'000'000;

// Parses JSON, and unlike nlohmann's parser refuses a name that occurs twice in an object (it would keep the last), a
// zero byte (it would stop there) and more than the limits above. Throws std::runtime_error with the reason.
nlohmann::json parse_json_strictly(std::string_view text);

// The object in a record that an earlier run wrote, keys in their order; null where it is damaged, nested more than
// kMostJsonDepth deep or no object.
nlohmann::ordered_json parse_record(std::string_view text);

// JSON text of a value; `indent` < 0 gives one line. Bytes that are not UTF-8, which a file name may hold, become
// U+FFFD.
std::string json_text(const nlohmann::ordered_json& value, int indent = -1);

// The string as it comes back from JSON: itself, unless it is not UTF-8.
std::string as_utf8(std::string_view text);

// A name from a file, made fit for a one-line message: in quotes, control characters escaped, cut when long.
std::string quoted_name(std::string_view name);

}  // namespace kindling
