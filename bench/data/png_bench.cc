#include <benchmark/benchmark.h>

#include <vector>

#include "data/png_codec.h"
#include "data/synthetic.h"

namespace kindling {
namespace {

// Decodes PNG files that lie in memory. Noise of 7 bits a sample: files of about 2.9 kB, larger than photographs
// make (2.3 kB for CIFAR-10). Items are images, bytes are those of the files.
void png_decode(benchmark::State& state) {
  constexpr std::int64_t kFiles = 1000;
  const Synthetic dataset(kFiles, 0, Split::kTrain);
  std::vector<std::vector<std::uint8_t>> files;
  std::int64_t bytes = 0;
  Image image{};
  for (std::int64_t i = 0; i < kFiles; ++i) {
    dataset.read(i, image);
    files.push_back(encode_png(image));
    bytes += std::ssize(files.back());
  }
  std::size_t i = 0;
  for (auto _ : state) {
    decode_png(files[i], "bench", image);
    benchmark::DoNotOptimize(image);
    i = (i + 1) % files.size();
  }
  state.SetItemsProcessed(state.iterations());
  state.SetBytesProcessed(state.iterations() * bytes / kFiles);
}
BENCHMARK(png_decode);

}  // namespace
}  // namespace kindling
