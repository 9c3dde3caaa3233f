#include <fmt/format.h>
#include <gmock/gmock.h>
#include <sys/wait.h>

#include <algorithm>
#include <cstdlib>
#include <string>

#include "data/file.h"
#include "tests/data/test_data.h"

namespace kindling {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::StartsWith;

struct Outcome {
  int status;
  std::string stderr_text;
};

class ExportPngProgramTest : public ::testing::Test {
 protected:
  std::string folder(const std::string& name) const { return (temp_.path() / name).string(); }

  Outcome run(const std::string& arguments) const {
    const std::string log = folder("stderr.txt");
    const std::string command =
        fmt::format("env -u KINDLING_DATA '{}' {} 2>'{}' >/dev/null", KINDLING_EXPORT_PNG, arguments, log);
    const int code = std::system(command.c_str());
    const std::vector<std::uint8_t> bytes = read_file(log);
    return {WEXITSTATUS(code), std::string(bytes.begin(), bytes.end())};
  }

  test::TempFolder temp_;
};

TEST_F(ExportPngProgramTest, WritesASetThatReadsBackEqual) {
  const std::string arguments =
      fmt::format("--dataset synthetic --synthetic-size 100 --output-dir '{}'", folder("out"));
  ASSERT_EQ(run(arguments).status, 0);
  DatasetOptions options{.kind = DatasetKind::kPng, .path = folder("out"), .synthetic_size = 100};
  const auto read = open_dataset(options, Split::kTest);
  options.kind = DatasetKind::kSynthetic;
  const auto made = open_dataset(options, Split::kTest);
  ASSERT_EQ(read->size(), made->size());
  Image a{};
  Image b{};
  for (std::int64_t i = 0; i < made->size(); ++i) {
    made->read(i, a);
    // Sorted by class name there, in turn here; two test images a class.
    std::int64_t position = 0;
    for (const std::string& name : made->classes()) {
      position += name < made->classes()[static_cast<std::size_t>(a.label)] ? 2 : 0;
    }
    read->read(position + i / kClasses, b);
    ASSERT_EQ(a.pixels, b.pixels) << i;
  }

  const Outcome again = run(arguments);
  EXPECT_EQ(again.status, 8);
  EXPECT_THAT(again.stderr_text, AllOf(StartsWith("kindling-export-png: "), HasSubstr("not empty")));
  EXPECT_EQ(run(arguments + " --overwrite --limit-per-class 1").status, 0);
  options.kind = DatasetKind::kPng;
  EXPECT_EQ(open_dataset(options, Split::kTrain)->size(), kClasses);
}

TEST_F(ExportPngProgramTest, ReportsBadInputInOneLineAndWritesNothing) {
  test::write_cifar10(folder("cifar"), 1);
  const Outcome outcome = run(fmt::format("--data-path '{}' --output-dir '{}'", folder("cifar"), folder("out")));
  EXPECT_EQ(outcome.status, 3);
  EXPECT_THAT(outcome.stderr_text, HasSubstr("data_batch_1.bin: expected 30730000 bytes"));
  EXPECT_EQ(std::count(outcome.stderr_text.begin(), outcome.stderr_text.end(), '\n'), 1);
  EXPECT_FALSE(std::filesystem::exists(folder("out")));

  EXPECT_THAT(run("--data-pth x").stderr_text, HasSubstr("--data-path"));  // names the nearest
  EXPECT_EQ(run("--data-pth x").status, 2);
  EXPECT_EQ(run("--dataset synthetic").status, 2);                            // no --output-dir
  EXPECT_EQ(run(fmt::format("--output-dir '{}'", folder("out"))).status, 2);  // no --data-path
  EXPECT_EQ(run("--help").status, 0);
}

}  // namespace
}  // namespace kindling
