#include "data/dataset.h"

#include "data/cifar10.h"
#include "data/png_folder.h"
#include "data/synthetic.h"
#include "kernels/core/error.h"

namespace kindling {

const char* name_of(Split split) {
  return split == Split::kTrain ? "train" : "test";
}

std::unique_ptr<Dataset> open_dataset(const DatasetOptions& options, Split split) {
  switch (options.kind) {
    case DatasetKind::kCifar10:
      return std::make_unique<Cifar10>(options.path, split);
    case DatasetKind::kPng:
      return std::make_unique<PngFolder>(options.path, split, options.cache);
    case DatasetKind::kSynthetic:
      return std::make_unique<Synthetic>(options.synthetic_size, options.synthetic_seed, split);
  }
  throw Error(ErrorCode::kInternal, "internal error: unknown kind of data set");
}

}  // namespace kindling
