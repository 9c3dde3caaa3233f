#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <string>
#include <thread>
#include <vector>

#include "data/dataset.h"
#include "data/loader.h"
#include "kernels/core/error.h"
#include "kernels/core/random.h"

namespace kindling::test {

// A set whose readers sometimes sleep and, if told to, throw. The label of image i is i itself, so that a batch tells
// which images are in it, and its pixels are i modulo 251.
class RestlessDataset final : public Dataset {
 public:
  // One read in `sleep_every` (0: none) sleeps for up to 100 us, chosen by the number of reads so far: where a thread
  // stands still differs from epoch to epoch.
  RestlessDataset(std::int64_t size, std::uint32_t sleep_every)
      : size_(size), sleep_every_(sleep_every), classes_(kClasses, "class") {}

  // From now on reading image `index` throws Error(kData); -1: no image.
  void break_image(std::int64_t index) { broken_ = index; }

  std::int64_t size() const override { return size_; }
  const std::vector<std::string>& classes() const override { return classes_; }
  std::string fingerprint() const override { return "restless"; }
  void read(std::int64_t index, Image& image) const override {
    const RandomWords words = random_words(1, ++reads_, 0, RandomPurpose::kSyntheticImage);
    if (sleep_every_ > 0 && words[0] % sleep_every_ == 0) {
      std::this_thread::sleep_for(std::chrono::microseconds(words[1] % 100));
    }
    if (index == broken_) throw Error(ErrorCode::kData, "image " + std::to_string(index) + " is broken");
    image.pixels.fill(pixel_of(index));
    image.label = static_cast<std::int32_t>(index);
  }

  static std::uint8_t pixel_of(std::int64_t index) { return static_cast<std::uint8_t>(index % 251); }

 private:
  std::int64_t size_;
  std::uint32_t sleep_every_;
  std::vector<std::string> classes_;
  std::atomic<std::int64_t> broken_ = -1;
  mutable std::atomic<std::uint32_t> reads_ = 0;
};

}  // namespace kindling::test
