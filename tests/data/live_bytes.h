#pragma once

#include <cstdint>

namespace kindling::test {

// Bytes that operator new has given and operator delete has not taken back, of all threads. For programs that link
// live_bytes.cc, which replaces both.
std::int64_t live_bytes();

}  // namespace kindling::test
