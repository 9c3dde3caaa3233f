#include "engine/io/json_text.h"

#include <fmt/format.h>

#include <exception>
#include <set>
#include <stdexcept>
#include <vector>

namespace kindling {

using nlohmann::json;
using nlohmann::ordered_json;

json parse_json_strictly(std::string_view text) {
  if (text.find('\0') != std::string_view::npos) throw std::runtime_error("a zero byte");
  std::vector<std::set<std::string>> open_objects;
  std::int64_t values = 0;
  const auto refuse_excess = [&](int depth, json::parse_event_t event, json& parsed) {
    if (depth > kMostJsonDepth) throw std::runtime_error(fmt::format("nested more than {} deep", kMostJsonDepth));
    if (++values > kMostJsonValues) throw std::runtime_error(fmt::format("more than {} values", kMostJsonValues));
    if (event == json::parse_event_t::object_start) open_objects.emplace_back();
    if (event == json::parse_event_t::object_end) open_objects.pop_back();
    if (event == json::parse_event_t::key && !open_objects.back().insert(parsed.get<std::string>()).second) {
      throw std::runtime_error(fmt::format("the name {} occurs twice", quoted_name(parsed.get<std::string>())));
    }
    return true;
  };
  try {
    return json::parse(text, refuse_excess);
  } catch (const json::parse_error& error) {
    throw std::runtime_error(fmt::format("not JSON at byte {}", error.byte));
  } catch (const json::out_of_range&) {
    throw std::runtime_error("a number beyond the range of a double");
  }
}

ordered_json parse_record(std::string_view text) {
  const auto refuse_depth = [](int depth, ordered_json::parse_event_t, ordered_json&) {
    if (depth > kMostJsonDepth) throw std::runtime_error("nested too deep");
    return true;
  };
  try {
    ordered_json record = ordered_json::parse(text, refuse_depth);
    return record.is_object() ? record : ordered_json();
  } catch (const std::exception&) {  // nlohmann's, or that of depth
    return {};
  }
}

std::string json_text(const ordered_json& value, int indent) {
  return value.dump(indent, ' ', false, ordered_json::error_handler_t::replace);
}

std::string as_utf8(std::string_view text) {
  return ordered_json::parse(json_text(ordered_json(std::string(text)))).get<std::string>();
}

std::string quoted_name(std::string_view name) {
  constexpr std::size_t kLongest = 120;
  const bool cut = name.size() > kLongest;
  return json_text(ordered_json(std::string(name.substr(0, kLongest)))) + (cut ? "..." : "");
}

}  // namespace kindling
