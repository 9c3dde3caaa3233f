#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "data/image.h"

namespace kindling {

// A fixed, ordered set of labelled images. Immutable once opened: every member may be called from any thread.
class Dataset {
 public:
  virtual ~Dataset() = default;
  Dataset(const Dataset&) = delete;
  Dataset& operator=(const Dataset&) = delete;

  virtual std::int64_t size() const = 0;

  // Ten names; a label is an index into them.
  virtual const std::vector<std::string>& classes() const = 0;

  // Assigns sample `index`, 0 to size() - 1. Throws Error(kData) that names the file when it can't be read or decoded.
  virtual void read(std::int64_t index, Image& image) const = 0;

  // Tells whether a resumed run sees the data it was started with: XXH3 over pixels and labels for sets held in memory,
  // over names, sizes and labels for PNG folders, the recipe itself for synthetic sets.
  virtual std::string fingerprint() const = 0;

 protected:
  Dataset() = default;
};

enum class DatasetKind { kCifar10, kPng, kSynthetic };

enum class Split { kTrain, kTest };

// "train" or "test".
const char* name_of(Split split);

// What a PNG set keeps in memory. The other kinds ignore it: CIFAR-10 always lies in memory, synthetic images are
// computed.
enum class Cache {
  kNone,     // paths; every read opens, reads and decodes its file
  kEncoded,  // the files' bytes, read at opening; every read decodes
  kDecoded,  // pixels, kept by the first read of each image (3,072 bytes each)
};

struct DatasetOptions {
  DatasetKind kind = DatasetKind::kCifar10;
  std::filesystem::path path;  // kCifar10: the folder of the .bin files or its parent; kPng: ROOT of ROOT/{train,test}
  Cache cache = Cache::kNone;
  std::int64_t synthetic_size = 50'000;  // images of the training split; the test split has a fifth of it
  std::uint64_t synthetic_seed = 0;
};

// Throws Error(kData) when the set isn't there or isn't what it claims to be, Error(kUsage) for a synthetic size that
// doesn't give both splits an image of every class.
std::unique_ptr<Dataset> open_dataset(const DatasetOptions& options, Split split);

}  // namespace kindling
