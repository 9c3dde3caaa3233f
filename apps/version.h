#pragma once

#include <string>

namespace kindling {

// For --version: "kindling 0.1.0 (commit 1a2b3c4, GNU 12.2.0, Release)".
std::string version_text();

}  // namespace kindling
