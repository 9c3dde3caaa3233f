#pragma once

#include <source_location>
#include <string>

namespace kindling::cuda_on_cpu {

// Says on stderr what the device code, or the host's use of the device, does wrong, and ends the process (abort): the
// real device would go on with wrong numbers, hang or be lost.
[[noreturn]] void report(const std::string& what);

// "file:line", without the file's folders
std::string to_string(const std::source_location& where);

// "function at file:line" of a code address, or the address where no debug information names it. Slow: for reports.
std::string source_of(const void* code);

}  // namespace kindling::cuda_on_cpu
