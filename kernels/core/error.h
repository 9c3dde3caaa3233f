#pragma once

#include <stdexcept>
#include <string>
#include <string_view>

namespace kindling {

// Why something failed. The values are the exit statuses of the programs; libraries throw, programs exit.
enum class ErrorCode : int {
  kInternal = 1,      // a bug in Kindling
  kUsage = 2,         // unknown, impossible or contradictory options
  kData = 3,          // the data set can't be read or isn't what it claims to be
  kWeights = 4,       // weights or a checkpoint can't be read or don't fit
  kDevice = 5,        // the device is absent, too old or out of memory
  kDiverged = 6,      // a loss that is not finite
  kTargetMissed = 7,  // --target-top1 was not reached
  kOutput = 8,        // a result can't be written
  kInterrupted = 75,  // stopped by a signal, with a good checkpoint
};

// The text with every control character written as \xNN: the name of a file may hold newlines, and sequences that a
// terminal obeys.
inline std::string without_controls(std::string_view text) {
  constexpr char kDigits[] = "0123456789abcdef";
  std::string printable;
  printable.reserve(text.size());
  for (const char letter : text) {
    const auto value = static_cast<unsigned char>(letter);
    if (value >= 0x20 && value != 0x7f) {
      printable += letter;
    } else {
      printable += {'\\', 'x', kDigits[value >> 4U], kDigits[value & 0xfU]};
    }
  }
  return printable;
}

// The one exception type. The message says what was wanted, what was found, and where: it stands alone on one line,
// whatever the names in it.
class Error : public std::runtime_error {
 public:
  Error(ErrorCode code, const std::string& message) : std::runtime_error(without_controls(message)), code_(code) {}

  ErrorCode code() const noexcept { return code_; }

 private:
  ErrorCode code_;
};

// Throws Error(kInternal) unless `condition`: for contracts between parts of Kindling that no input should break.
inline void require(bool condition, const char* message) {
  if (!condition) throw Error(ErrorCode::kInternal, std::string("internal error: ") + message);
}

}  // namespace kindling
