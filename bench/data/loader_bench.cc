#include <benchmark/benchmark.h>

#include <vector>

#include "data/loader.h"
#include "data/synthetic.h"

namespace kindling {
namespace {

// Images in memory, as CIFAR-10 has them.
class MemoryDataset final : public Dataset {
 public:
  explicit MemoryDataset(const Dataset& source)
      : classes_(source.classes()), images_(static_cast<std::size_t>(source.size())) {
    for (std::size_t i = 0; i < images_.size(); ++i) source.read(static_cast<std::int64_t>(i), images_[i]);
  }
  std::int64_t size() const override { return std::ssize(images_); }
  const std::vector<std::string>& classes() const override { return classes_; }
  void read(std::int64_t index, Image& image) const override { image = images_[static_cast<std::size_t>(index)]; }
  std::string fingerprint() const override { return "memory"; }

 private:
  std::vector<std::string> classes_;
  std::vector<Image> images_;
};

// Epochs of 10,000 images in batches of 128, taken as quickly as they come. The argument is the number of workers; the
// real time counts, the order's permutation included. Items are images.
void drain_loader(benchmark::State& state) {
  const MemoryDataset dataset(Synthetic(10'000, 0, Split::kTrain));
  LoaderOptions options;
  options.workers = state.range(0);
  const auto slots = static_cast<std::size_t>(Loader::slots_needed(options));
  const auto batch = static_cast<std::size_t>(options.batch_size);
  std::vector<std::vector<float>> pixels(slots, std::vector<float>(batch * kImageElements));
  std::vector<std::vector<std::int32_t>> labels(slots, std::vector<std::int32_t>(batch));
  std::vector<BatchSlot> lent;
  for (std::size_t i = 0; i < slots; ++i) lent.push_back({pixels[i], labels[i]});

  Loader loader(dataset, options, lent);
  std::int64_t epoch = 0;
  for (auto _ : state) {
    loader.start_epoch(epoch++);
    while (const std::optional<Batch> filled = loader.next()) loader.release(*filled);
  }
  state.SetItemsProcessed(state.iterations() * dataset.size());
}
BENCHMARK(drain_loader)->Arg(0)->Arg(1)->Arg(2)->Arg(4)->UseRealTime()->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace kindling
