#include "engine/io/chrome_trace.h"

#include <fmt/format.h>

#include <iterator>
#include <nlohmann/json.hpp>
#include <string>

#include "engine/io/durable_file.h"

namespace kindling {
namespace {

// All lanes are threads of one process.
constexpr int kProcess = 1;

double microseconds(std::int64_t ns) {
  return static_cast<double>(ns) * 1e-3;
}

// One event a line. Names are JSON strings; a library for the whole would take ten times the memory of the text.
class TraceText {
 public:
  explicit TraceText(std::int64_t begin_ns) : begin_ns_(begin_ns) {
    add_line(fmt::format(R"("ph":"M","name":"process_name","args":{{"name":"kindling"}})"));
  }

  void add_lane(const TraceLane& lane) {
    const std::string name = nlohmann::json(lane.name).dump();
    for (const TraceSample& sample : lane.samples) {
      add_line(fmt::format(R"("ph":"C","name":{},"ts":{:.3f},"args":{{"value":{}}})", name,
                           microseconds(sample.at_ns - begin_ns_), sample.value));
    }
    if (!lane.samples.empty()) return;
    ++thread_;
    add_line(fmt::format(R"("ph":"M","name":"thread_name","tid":{},"args":{{"name":{}}})", thread_, name));
    add_line(fmt::format(R"("ph":"M","name":"thread_sort_index","tid":{0},"args":{{"sort_index":{0}}})", thread_));
    for (const TraceEvent& event : lane.events) {
      add_line(fmt::format(R"("ph":"X","name":{},"tid":{},"ts":{:.3f},"dur":{:.3f})", nlohmann::json(event.name).dump(),
                           thread_, microseconds(event.begin_ns - begin_ns_),
                           microseconds(event.end_ns - event.begin_ns)));
    }
  }

  std::string finish() { return text_ + "\n],\"displayTimeUnit\":\"ms\"}\n"; }

 private:
  void add_line(const std::string& fields) {
    fmt::format_to(std::back_inserter(text_), "{}\n{{\"pid\":{},{}}}", is_first_ ? "" : ",", kProcess, fields);
    is_first_ = false;
  }

  std::int64_t begin_ns_;
  int thread_ = 0;
  bool is_first_ = true;
  std::string text_ = "{\"traceEvents\":[";
};

}  // namespace

void write_chrome_trace(const std::filesystem::path& path, const TraceLog& log, std::int64_t begin_ns,
                        FileSystemCalls& calls) {
  TraceText text(begin_ns);
  for (const TraceLane& lane : log.lanes()) text.add_lane(lane);
  write_file_durably(path, text.finish(), calls);
}

}  // namespace kindling
