#include "data/batch_ring.h"

#include <gmock/gmock.h>

#include <stdexcept>

#include "kernels/core/error.h"

namespace kindling {
namespace {

// 20 images in batches of 8, 8 and 4; chunks of 4; two slots.
BatchRing make_ring() {
  BatchRing ring(Sharding(20, 8, 0, 1), 2, 4);
  ring.start(0, 3);
  return ring;
}

std::string what(const std::exception_ptr& why) {
  try {
    std::rethrow_exception(why);
  } catch (const std::exception& error) {
    return error.what();
  }
}

std::exception_ptr failure(const char* message) {
  return std::make_exception_ptr(std::runtime_error(message));
}

TEST(BatchRing, HandsOutChunksInOrderUntilTheSlotsAreFull) {
  BatchRing ring = make_ring();
  for (std::int64_t i = 0; i < 4; ++i) {
    ASSERT_TRUE(ring.can_claim());
    const BatchChunk chunk = ring.claim();
    EXPECT_EQ(chunk.batch, i / 2);
    EXPECT_EQ(chunk.slot, i / 2);
    EXPECT_EQ(chunk.offset, 4 * (i % 2));
    EXPECT_EQ(chunk.first, 4 * i);
    EXPECT_EQ(chunk.images, 4);
  }
  EXPECT_FALSE(ring.can_claim());
}

TEST(BatchRing, DeliversInOrderWhateverIsFinishedFirst) {
  BatchRing ring = make_ring();
  const BatchChunk chunks[] = {ring.claim(), ring.claim(), ring.claim(), ring.claim()};
  ring.finish(chunks[3]);
  ring.finish(chunks[2]);
  ring.finish(chunks[1]);
  EXPECT_FALSE(ring.head_ready());
  ring.finish(chunks[0]);
  ASSERT_TRUE(ring.head_ready());
  const Batch first = ring.deliver();
  EXPECT_EQ(first.index, 0);
  EXPECT_FALSE(ring.can_claim());  // its slot is on loan
  EXPECT_EQ(ring.deliver().index, 1);
  EXPECT_TRUE(ring.head_blocked());
  ring.release(first);
  ASSERT_TRUE(ring.can_claim());
  const BatchChunk last = ring.claim();
  EXPECT_EQ(last.slot, 0);
  EXPECT_EQ(last.images, 4);
  ring.finish(last);
  EXPECT_EQ(ring.deliver().images, 4);
  EXPECT_TRUE(ring.at_end());
}

TEST(BatchRing, KeepsTheFirstFailureInTheOrderRatherThanInTime) {
  BatchRing ring = make_ring();
  const BatchChunk chunks[] = {ring.claim(), ring.claim(), ring.claim(), ring.claim()};
  ring.fail(chunks[3], failure("three"));
  ring.fail(chunks[1], failure("one"));
  EXPECT_FALSE(ring.failure_due());  // chunk 0 may still fail
  ring.fail(chunks[0], failure("zero"));
  EXPECT_FALSE(ring.failure_due());
  ring.finish(chunks[2]);
  ASSERT_TRUE(ring.failure_due());
  EXPECT_EQ(what(ring.take_failure()), "zero");
  EXPECT_TRUE(ring.at_end());
  EXPECT_FALSE(ring.can_claim());
  EXPECT_FALSE(ring.failure_due());
}

TEST(BatchRing, DeliversWhatComesBeforeAFailure) {
  BatchRing ring = make_ring();
  const BatchChunk chunks[] = {ring.claim(), ring.claim(), ring.claim()};
  ring.fail(chunks[2], failure("two"));
  EXPECT_FALSE(ring.can_claim());
  ring.finish(chunks[0]);
  ring.finish(chunks[1]);
  EXPECT_FALSE(ring.failure_due());
  ASSERT_TRUE(ring.head_ready());
  ring.deliver();
  EXPECT_FALSE(ring.head_ready());
  ASSERT_TRUE(ring.failure_due());
  EXPECT_EQ(what(ring.take_failure()), "two");
}

TEST(BatchRing, CancelledWorkIsNeitherDeliveredNorMixedIn) {
  BatchRing ring = make_ring();
  const BatchChunk chunk = ring.claim();
  ring.cancel();
  EXPECT_FALSE(ring.can_claim());
  EXPECT_THROW(ring.start(0, 3), Error);  // still in work
  ring.finish(chunk);
  ring.start(1, 3);
  EXPECT_EQ(ring.claim().batch, 1);
}

}  // namespace
}  // namespace kindling
