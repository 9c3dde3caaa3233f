// kindling-export-png: writes CIFAR-10's binary version or the synthetic set as folders of PNG files.

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <string>

#include "apps/program.h"
#include "apps/screen.h"
#include "apps/version.h"
#include "data/export_png.h"
#include "kernels/core/error.h"

namespace kindling {
namespace {

struct Options {
  std::string kind = "cifar10";
  DatasetOptions dataset;
  PngExportOptions output;
};

void define(CLI::App& app, Options& options) {
  app.add_option("--dataset", options.kind, "cifar10 or synthetic")
      ->check(CLI::IsMember({"cifar10", "synthetic"}))
      ->type_name("NAME")
      ->capture_default_str();
  app.add_option("--data-path", options.dataset.path, "the folder that holds CIFAR-10's .bin files, or its parent")
      ->envname("KINDLING_DATA")
      ->type_name("DIR");
  app.add_option("--synthetic-size", options.dataset.synthetic_size, "training images of the synthetic set")
      ->capture_default_str();
  app.add_option("--output-dir", options.output.output, "gets train/CLASS/*.png and test/CLASS/*.png")
      ->type_name("DIR");
  app.add_option("--limit-per-class", options.output.limit_per_class,
                 "the first so many images of every class of each split; 0: all")
      ->capture_default_str();
  app.add_flag("--overwrite", options.output.overwrite,
               "write into a folder that isn't empty, replacing its PNG files");
}

void run(Options options) {
  if (options.kind == "synthetic") options.dataset.kind = DatasetKind::kSynthetic;
  if (options.dataset.kind == DatasetKind::kCifar10 && options.dataset.path.empty()) {
    throw Error(ErrorCode::kUsage, "--data-path DIR (or KINDLING_DATA) is missing: the folder with CIFAR-10");
  }
  if (options.output.output.empty()) throw Error(ErrorCode::kUsage, "--output-dir DIR is missing");
  if (options.output.limit_per_class < 0) {
    throw Error(ErrorCode::kUsage,
                fmt::format("--limit-per-class must be at least 0, got {}", options.output.limit_per_class));
  }
  // Both splits are opened before anything is written, so that a bad set leaves no folder behind.
  const auto train = open_dataset(options.dataset, Split::kTrain);
  const auto test = open_dataset(options.dataset, Split::kTest);
  prepare_export_folder(options.output);
  const std::int64_t train_images = export_png(*train, Split::kTrain, options.output);
  const std::int64_t test_images = export_png(*test, Split::kTest, options.output);
  say("{} training and {} test images in {}\n", train_images, test_images, options.output.output.string());
}

}  // namespace
}  // namespace kindling

int main(int argc, char** argv) {
  return kindling::run_program("kindling-export-png", [&] {
    CLI::App app("Writes a data set as folders of PNG files: OUTPUT/{train,test}/CLASS/NNNNNN.png",
                 "kindling-export-png");
    app.set_version_flag("--version", kindling::version_text());
    kindling::Options options;
    kindling::define(app, options);
    if (kindling::parse_command_line(app, argc, argv)) kindling::run(options);
    return 0;
  });
}
