#include "engine/repeated_batch.h"

#include <gtest/gtest.h>

#include "kernels/reference/reference_context.h"
#include "tests/support/batch_list_source.h"

namespace kindling::test {
namespace {

TEST(RepeatedBatch, IsTheFirstBatchInEveryPlaceOfEveryEpoch) {
  ReferenceContext<float> context;
  const SlotPool<ReferenceContext<float>> slots(context, 2, 4);
  BatchListSource images(/*images=*/10, /*batch_size=*/4, slots.slots());
  RepeatedBatch<BatchListSource> repeated(images);
  EXPECT_EQ(repeated.batches_per_epoch(), 3);
  for (const std::int64_t epoch : {0, 1}) {
    repeated.start_epoch(epoch, epoch);  // the second one from its middle on
    for (std::int64_t index = epoch; index < 3; ++index) {
      const std::optional<Batch> batch = repeated.next();
      ASSERT_TRUE(batch.has_value());
      EXPECT_EQ(batch->epoch, epoch);
      EXPECT_EQ(batch->index, index);
      EXPECT_EQ(batch->images, 4);  // not the 2 of the last batch
      EXPECT_EQ(batch->slot, 0);
      repeated.release(*batch);
    }
    EXPECT_FALSE(repeated.next().has_value());
  }
  EXPECT_TRUE(images.released().empty());
}

}  // namespace
}  // namespace kindling::test
