// CIFAR-10's binary version. Input: test_batch.bin of a set with two records a file.

#include "data/cifar10.h"
#include "tests/fuzz/harness.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace kindling;
  constexpr std::int64_t kRecords = 2;
  static const fuzz::Folder folder;
  folder.put("test_batch.bin", fuzz::text_of(data, size));

  constexpr auto kRecordBytes = static_cast<std::size_t>(Cifar10::kRecordBytes);
  const bool is_valid = size == kRecords * kRecordBytes && data[0] < kClasses && data[kRecordBytes] < kClasses;
  const bool is_accepted = fuzz::accepts(ErrorCode::kData, [&] {
    const Cifar10 set(folder.path(), Split::kTest, kRecords);
    fuzz::promise(set.size() == kRecords, "every record is an image");
    Image image{};
    for (std::int64_t i = 0; i < kRecords; ++i) {
      set.read(i, image);
      const std::uint8_t* const record = data + static_cast<std::size_t>(i) * kRecordBytes;
      fuzz::promise(image.label == record[0], "the label of the record");
      fuzz::promise(image.pixels[0] == record[1] && image.pixels.back() == record[kRecordBytes - 1], "its pixels");
    }
  });
  fuzz::promise(is_accepted == is_valid, "accepted where, and only where, length and labels are right");
  return 0;
}
