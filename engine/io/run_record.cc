#include "engine/io/run_record.h"

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <sched.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <cstdint>
#include <ctime>
#include <fstream>
#include <iterator>
#include <system_error>

#include "engine/io/durable_file.h"
#include "engine/io/json_text.h"

namespace kindling {
namespace {

// "model name : AMD EPYC 7763" of the first core; ARM kernels don't tell a name.
std::string cpu_model() {
  std::ifstream file("/proc/cpuinfo");
  for (std::string line; std::getline(file, line);) {
    const std::size_t colon = line.find(": ");
    if (line.starts_with("model name") && colon != std::string::npos) return line.substr(colon + 2);
  }
  return "unknown";
}

int cores_allowed() {
  cpu_set_t cores;
  CPU_ZERO(&cores);
  return sched_getaffinity(0, sizeof(cores), &cores) == 0 ? CPU_COUNT(&cores) : 0;
}

long memory_mb() {
  const long pages = sysconf(_SC_PHYS_PAGES);
  const long page_bytes = sysconf(_SC_PAGESIZE);
  return pages > 0 && page_bytes > 0 ? pages / 1024 * page_bytes / 1024 : 0;
}

}  // namespace

nlohmann::ordered_json host_facts() {
  utsname system{};
  const bool known = uname(&system) == 0;
  return {{"cpu", cpu_model()},
          {"cores_allowed", cores_allowed()},
          {"memory_mb", memory_mb()},
          {"hostname", known ? system.nodename : "unknown"},
          {"kernel", known ? fmt::format("{} {} {}", system.sysname, system.release, system.machine) : "unknown"}};
}

std::string utc_time() {
  return fmt::format("{:%Y-%m-%dT%H:%M:%SZ}", fmt::gmtime(std::time(nullptr)));
}

nlohmann::ordered_json read_record(const std::filesystem::path& path) {
  constexpr std::uintmax_t kMaxBytes = 16'000'000;
  std::error_code error;
  if (std::filesystem::file_size(path, error) > kMaxBytes || error) return {};
  std::ifstream file(path, std::ios::binary);
  return parse_record(std::string(std::istreambuf_iterator<char>(file), {}));
}

nlohmann::ordered_json run_times(const std::filesystem::path& path, bool resumed) {
  const std::string now = utc_time();
  if (!resumed) return {{"started", now}};
  const nlohmann::ordered_json before = read_record(path);
  const bool is_record = before.contains("started") && before.at("started").is_string();
  nlohmann::ordered_json resumes = nlohmann::ordered_json::array();
  if (is_record && before.contains("resumed") && before.at("resumed").is_array()) resumes = before.at("resumed");
  resumes.push_back(now);
  return {{"started", is_record ? before.at("started") : nlohmann::ordered_json(nullptr)}, {"resumed", resumes}};
}

void write_run_record(const std::filesystem::path& path, const nlohmann::ordered_json& record, FileSystemCalls& calls) {
  write_file_durably(path, json_text(record, 2) + "\n", calls);
}

}  // namespace kindling
