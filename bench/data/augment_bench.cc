#include <benchmark/benchmark.h>

#include <vector>

#include "data/augment.h"
#include "data/synthetic.h"

namespace kindling {
namespace {

constexpr std::int64_t kImages = 10'000;  // 31 MB: read from memory rather than from a cache of the core
constexpr std::int64_t kBatch = 128;      // written in turn into one slot, 1.5 MB, as the loader does

std::vector<Image> read_images() {
  const Synthetic dataset(kImages, 0, Split::kTrain);
  std::vector<Image> images(kImages);
  for (std::int64_t i = 0; i < kImages; ++i) dataset.read(i, images[static_cast<std::size_t>(i)]);
  return images;
}

// Decide, crop, flip and normalise to fp32 on one core, images in random order. Items are images.
void crop_flip_normalise(benchmark::State& state) {
  const std::vector<Image> images = read_images();
  const InputTransform transform;
  std::vector<float> slot(kBatch * kImageElements);
  std::int64_t i = 0;
  for (auto _ : state) {
    const std::int64_t sample = i * 7919 % kImages;
    const std::span<float> pixels(slot.data() + i % kBatch * kImageElements, kImageElements);
    transform.apply(images[static_cast<std::size_t>(sample)], decide_augmentation(0, 0, sample), pixels);
    benchmark::ClobberMemory();
    ++i;
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(crop_flip_normalise);

}  // namespace
}  // namespace kindling
