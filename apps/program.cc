#include "apps/program.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/resource.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <csignal>
#include <cstdio>
#include <exception>
#include <new>
#include <numeric>
#include <vector>

#include "kernels/core/error.h"

namespace kindling {
namespace {

// Levenshtein's distance: how many letters to insert, delete or replace.
std::size_t edit_distance(const std::string& a, const std::string& b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t replaced = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({replaced, row[j] + 1, row[j - 1] + 1});
    }
  }
  return row.back();
}

std::string nearest_flag(const CLI::App& app, const std::string& unknown) {
  const std::string asked = unknown.substr(0, unknown.find('='));
  std::string nearest;
  std::size_t smallest = asked.size();
  for (const CLI::Option* option : app.get_options()) {
    for (const std::string& name : option->get_lnames()) {
      const std::size_t distance = edit_distance(asked, "--" + name);
      if (distance < smallest) {
        smallest = distance;
        nearest = "--" + name;
      }
    }
  }
  return nearest;
}

std::string one_line(std::string text) {
  while (!text.empty() && text.back() == '\n') text.pop_back();
  std::replace(text.begin(), text.end(), '\n', ' ');
  return without_controls(text);
}

// A program started without stdin, stdout or stderr would get their numbers for its own files, and print into them.
void open_missing_standard_files() {
  for (int fd = 0; fd <= 2; ++fd) {
    if (fcntl(fd, F_GETFD) < 0) open("/dev/null", O_RDWR);  // takes the lowest free number: fd
  }
}

}  // namespace

int run_program(const std::string& name, const std::function<int()>& body) {
  open_missing_standard_files();
  std::signal(SIGPIPE, SIG_IGN);
  const auto report = [&](const char* message) {
    std::fflush(stdout);
    std::fputs(fmt::format("{}: {}\n", name, one_line(message)).c_str(), stderr);
  };
  try {
    const int status = body();
    if (std::fflush(stdout) == 0 && std::ferror(stdout) == 0) return status;
    report("what it printed is not complete: stdout can't be written");
    return status != 0 ? status : static_cast<int>(ErrorCode::kOutput);
  } catch (const Error& error) {
    report(error.what());
    return static_cast<int>(error.code());
  } catch (const std::bad_alloc&) {
    report("out of memory: use a smaller --batch-size or --width, or fewer --workers");
  } catch (const std::exception& error) {
    report(error.what());
  }
  return static_cast<int>(ErrorCode::kInternal);
}

bool parse_command_line(CLI::App& app, int argc, const char* const* argv) {
  try {
    app.parse(argc, argv);
    return true;
  } catch (const CLI::Success& success) {  // --help, --version
    app.exit(success);
    return false;
  } catch (const CLI::ExtrasError&) {
    const std::vector<std::string> extras = app.remaining();
    const std::string unknown = extras.empty() ? "" : extras.front();
    if (unknown.rfind('-', 0) != 0) throw Error(ErrorCode::kUsage, fmt::format("unexpected argument '{}'", unknown));
    const std::string nearest = nearest_flag(app, unknown);
    throw Error(ErrorCode::kUsage, nearest.empty()
                                       ? fmt::format("unknown option {} (--help lists them)", unknown)
                                       : fmt::format("unknown option {}; did you mean {}?", unknown, nearest));
  } catch (const CLI::ParseError& error) {
    throw Error(ErrorCode::kUsage, one_line(error.what()));
  }
}

double peak_rss_mb() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return static_cast<double>(usage.ru_maxrss) / 1024;  // Linux counts in KiB
}

}  // namespace kindling
