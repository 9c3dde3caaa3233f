// The plan cache. What is accepted must come back the same once it is written again.

#include "engine/io/plan_cache.h"

#include "tests/fuzz/harness.h"

namespace {

class WithoutSync final : public kindling::FileSystemCalls {
 public:
  int fsync(int /*fd*/) override { return 0; }
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace kindling;
  static const fuzz::Folder folder;
  static WithoutSync calls;
  const std::filesystem::path path = folder.put("plans.json", fuzz::text_of(data, size));
  fuzz::accepts(ErrorCode::kUsage, [&] {
    const PlanCache cache = read_plan_cache(path);
    write_plan_cache(path, cache, calls);
    fuzz::promise(read_plan_cache(path) == cache, "what was read comes back");
  });
  return 0;
}
