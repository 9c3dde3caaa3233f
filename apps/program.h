#pragma once

#include <functional>
#include <string>

namespace CLI {  // NOLINT: the library's name
class App;
}

namespace kindling {

// What all programs share: errors become one line on stderr and an exit status (ErrorCode).

// Runs `body` and returns the status that main should return: what body returns, or the code of the Error it threw.
// Anything else that was thrown, running out of memory included, is 1. What was printed and could not be written to
// stdout (see screen.h) makes a status of 0 that of Error(kOutput). A reader of stdout that goes away doesn't end the
// program (SIGPIPE is ignored).
int run_program(const std::string& name, const std::function<int()>& body);

// Parses the command line. --help and --version print and return false: the program is done. An unknown flag or an
// impossible value is Error(kUsage); an unknown flag names the nearest known one.
bool parse_command_line(CLI::App& app, int argc, const char* const* argv);

// The most memory that this process has had resident so far, in MiB.
double peak_rss_mb();

}  // namespace kindling
