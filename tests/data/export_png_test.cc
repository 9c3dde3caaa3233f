#include "data/export_png.h"

#include <gmock/gmock.h>

#include "data/png_folder.h"
#include "tests/data/test_data.h"

namespace kindling {
namespace {

using test::error_of;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::StartsWith;

// FormulaDataset with ten different class names.
class NamedDataset final : public Dataset {
 public:
  explicit NamedDataset(std::int64_t size) : images_(size) {
    for (const char* name : {"a", "b", "c", "d", "e", "f", "g", "h", "i", "j"}) classes_.emplace_back(name);
  }
  std::int64_t size() const override { return images_.size(); }
  const std::vector<std::string>& classes() const override { return classes_; }
  void read(std::int64_t index, Image& image) const override { images_.read(index, image); }
  std::string fingerprint() const override { return images_.fingerprint(); }

 private:
  test::FormulaDataset images_;
  std::vector<std::string> classes_;
};

class ExportPngTest : public ::testing::Test {
 protected:
  PngExportOptions options() const {
    return {.output = temp_.path() / "out", .limit_per_class = 0, .overwrite = false};
  }

  test::TempFolder temp_;
};

TEST_F(ExportPngTest, PngFolderReadsBackEqualImages) {
  const NamedDataset dataset(47);
  prepare_export_folder(options());
  EXPECT_EQ(export_png(dataset, Split::kTrain, options()), 47);
  const PngFolder folder(options().output, Split::kTrain, Cache::kNone);
  ASSERT_EQ(folder.size(), 47);
  EXPECT_EQ(folder.classes(), dataset.classes());
  Image written{};
  Image read{};
  std::int64_t position = 0;
  for (std::int64_t label = 0; label < kClasses; ++label) {
    for (std::int64_t i = label; i < dataset.size(); i += kClasses) {  // a class in the order of the set
      dataset.read(i, written);
      folder.read(position++, read);
      ASSERT_EQ(read.label, written.label);
      ASSERT_EQ(read.pixels, written.pixels) << i;
    }
  }
}

TEST_F(ExportPngTest, LimitsTheImagesOfAClass) {
  PngExportOptions limited = options();
  limited.limit_per_class = 2;
  EXPECT_EQ(export_png(NamedDataset(47), Split::kTest, limited), 20);
  EXPECT_EQ(PngFolder(limited.output, Split::kTest, Cache::kNone).size(), 20);
}

TEST_F(ExportPngTest, RefusesAFolderInUseUnlessToldTo) {
  prepare_export_folder(options());
  export_png(NamedDataset(47), Split::kTrain, options());
  EXPECT_THAT(error_of([&] { prepare_export_folder(options()); }), AllOf(StartsWith("8: "), HasSubstr("not empty")));
  PngExportOptions again = options();
  again.overwrite = true;
  prepare_export_folder(again);
  EXPECT_EQ(export_png(NamedDataset(10), Split::kTrain, again), 10);
  EXPECT_EQ(PngFolder(again.output, Split::kTrain, Cache::kNone).size(), 10);  // nothing is left of the first
}

TEST_F(ExportPngTest, NamesAFolderThatCantBeMade) {
  test::write_bytes(options().output, std::vector<std::uint8_t>{1});
  EXPECT_THAT(error_of([&] { prepare_export_folder(options()); }), AllOf(StartsWith("8: "), HasSubstr("/out")));
  PngExportOptions below = options();
  below.output /= "deeper";
  EXPECT_THAT(error_of([&] { prepare_export_folder(below); }), AllOf(StartsWith("8: "), HasSubstr("/out/deeper")));
}

}  // namespace
}  // namespace kindling
