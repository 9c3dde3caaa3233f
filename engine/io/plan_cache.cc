#include "engine/io/plan_cache.h"

#include <fmt/format.h>

#include <cerrno>
#include <cstdint>
#include <cstring>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <stdexcept>

#include "engine/io/durable_file.h"
#include "engine/io/json_text.h"

namespace kindling {
namespace {

constexpr const char* kFormat = "kindling-plan-cache";
constexpr int kVersion = 1;

constexpr std::uintmax_t kMaxBytes = 16'000'000;  // thousands of networks: what is larger is something else

// The contents. Throws std::runtime_error with the reason.
std::string file_contents(const std::filesystem::path& path) {
  if (const std::uintmax_t bytes = std::filesystem::file_size(path); bytes > kMaxBytes) {  // throws for devices, pipes
    throw std::runtime_error(fmt::format("wanted at most {} bytes, found {}", kMaxBytes, bytes));
  }
  std::ifstream file(path, std::ios::binary);
  if (!file) throw std::runtime_error(std::strerror(errno));
  std::string text(std::istreambuf_iterator<char>(file), {});
  if (file.bad()) throw std::runtime_error("a read failed");
  return text;
}

// Throws std::runtime_error or nlohmann's exception with the reason.
PlanCache parse_plan_cache(const std::string& text) {
  const nlohmann::json document = parse_json_strictly(text);
  if (!document.is_object() || document.value("format", "") != kFormat) {
    throw std::runtime_error(fmt::format("it doesn't say \"format\": \"{}\"", kFormat));
  }
  if (document.at("version") != kVersion) {
    throw std::runtime_error(fmt::format("its version is {}, wanted {}", document.at("version").dump(), kVersion));
  }
  return document.at("environments").get<PlanCache>();
}

}  // namespace

PlanCache read_plan_cache(const std::filesystem::path& path) {
  std::error_code error;
  if (!std::filesystem::exists(path, error) && !error) return {};
  try {
    return parse_plan_cache(file_contents(path));
  } catch (const std::exception& reason) {
    throw Error(ErrorCode::kUsage, fmt::format("{} can't be used as a plan cache: {}; remove it to tune again",
                                               path.string(), reason.what()));
  }
}

void write_plan_cache(const std::filesystem::path& path, const PlanCache& cache, FileSystemCalls& calls) {
  const nlohmann::ordered_json document{{"format", kFormat}, {"version", kVersion}, {"environments", cache}};
  write_file_durably(path, json_text(document, 2) + "\n", calls);
}

}  // namespace kindling
