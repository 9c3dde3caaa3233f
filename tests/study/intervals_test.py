"""Medians, their intervals, and the test between worker counts."""
import unittest

import study_test_case  # noqa: F401 (finds the modules)
from intervals import can_decide, coverage, interval, slower_p, smallest_not_slower


class Intervals(unittest.TestCase):
    def test_known_coverages(self):
        self.assertAlmostEqual(coverage(6, 1), 1 - 2 / 64)
        self.assertAlmostEqual(coverage(9, 2), 1 - 2 * 10 / 512)
        self.assertAlmostEqual(coverage(3, 1), 0.75)

    def test_the_narrowest_interval_that_covers_enough(self):
        found = interval([5, 1, 4, 2, 3, 6, 7, 8, 9])
        self.assertEqual((found.median, found.low, found.high), (5, 2, 8))
        self.assertGreaterEqual(found.coverage, 0.95)
        few = interval([3, 1, 2])
        self.assertEqual((few.median, few.low, few.high, few.coverage), (2, 1, 3, 0.75))
        one = interval([4.0])
        self.assertEqual((one.low, one.high, one.coverage), (4.0, 4.0, 0.0))

    def test_p_is_the_share_of_groupings(self):
        self.assertAlmostEqual(slower_p([4, 5, 6], [1, 2, 3]), 1 / 20)
        self.assertAlmostEqual(slower_p([1, 2, 3], [4, 5, 6]), 1)
        self.assertAlmostEqual(slower_p([2, 2], [2, 2]), 1)
        self.assertAlmostEqual(slower_p([10, 11, 12, 13, 14, 15], [1, 2, 3, 4, 5, 6]), 1 / 924)

    def test_the_smallest_count_that_is_not_slower(self):
        times = {0: [9.0, 9.1, 9.2, 9.3], 1: [5.0, 5.1, 5.2, 5.3], 2: [4.0, 4.3, 4.1, 4.2], 4: [4.05, 4.0, 4.2, 4.1],
                 8: [4.1, 3.9, 4.3, 4.2]}
        choice = smallest_not_slower(times)
        self.assertEqual((choice.count, choice.best), (2, 4))
        self.assertLess(choice.p[1], 0.05)
        self.assertGreater(choice.p[2], 0.05)

    def test_too_few_repeats_decide_nothing(self):
        self.assertFalse(can_decide(2))
        self.assertTrue(can_decide(3))
        self.assertEqual(smallest_not_slower({0: [100.0, 101.0], 4: [1.0, 1.1]}).count, 0)


if __name__ == "__main__":
    unittest.main()
