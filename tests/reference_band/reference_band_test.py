"""Whether training still does what it did: the short recipe against the stored band, and harms that must be noticed.

Minutes, real images: KINDLING_DATA names them; KINDLING_BIN and KINDLING_BUILD the programs and their build folder.
"""

import json
import os
import subprocess
import sys
import unittest
from pathlib import Path

from equivalence import compare, t_quantile
from recipe import METRICS, SEEDS, run_all

# In standard deviations between seeds, those of the band: what is equivalent moves a result by less than another seed
# moves it now and then.
MARGIN = 2.0
# A harm is noticed with half of the seeds; to prove that there is none takes all.
SOME = SEEDS[:6]
HERE = Path(__file__).parent


def verdicts(found, band, seeds):
    """{metric: Verdict} of results of some of the band's seeds."""
    places = [band["seeds"].index(seed) for seed in seeds]
    return {name: compare(found[name], [band["metrics"][name]["values"][place] for place in places],
                          MARGIN * band["metrics"][name]["sd"]) for name in METRICS}


class EquivalenceTest(unittest.TestCase):
    def test_quantiles_of_student_s_t(self):
        for level, degrees, wanted in ((0.05, 1, 6.3138), (0.05, 4, 2.1318), (0.05, 10, 1.8125), (0.025, 30, 2.0423)):
            self.assertAlmostEqual(t_quantile(level, degrees), wanted, places=4)

    def test_same_values_are_equivalent_and_shifted_ones_are_not(self):
        values = [1.0, 2.0, 3.0, 4.0]
        self.assertTrue(compare(values, values, 0.1).is_equivalent)
        self.assertTrue(compare([value + 0.05 for value in values], values, 0.1).is_equivalent)
        self.assertFalse(compare([value + 0.15 for value in values], values, 0.1).is_equivalent)

    def test_too_wide_a_spread_proves_nothing(self):
        self.assertFalse(compare([1.3, 1.7, 3.3, 3.7], [1.0, 2.0, 3.0, 4.0], 0.1).is_equivalent)
        self.assertFalse(compare([float("nan"), 2.0], [1.0, 2.0], 0.1).is_equivalent)


class ReferenceBandTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.data = os.environ.get("KINDLING_DATA")
        if not cls.data:
            raise unittest.SkipTest("KINDLING_DATA is not set: the short recipe needs real images")
        if not (HERE / "band.json").exists():
            raise unittest.SkipTest("there is no band yet: make_band.py makes it")
        cls.program = Path(os.environ["KINDLING_BIN"], "kindling-train")
        cls.band = json.loads((HERE / "band.json").read_text())

    def judged(self, what, options=(), program=None, seeds=SEEDS):
        found = run_all(program or self.program, self.data, list(options), list(seeds))
        judged = verdicts(found, self.band, seeds)
        for name, verdict in judged.items():
            print(f"{what}: {name} {verdict.text()}", file=sys.stderr)
        return judged

    def assert_noticed(self, what, options=(), program=None):
        judged = self.judged(what, options, program, SOME)
        self.assertTrue(any(not verdict.is_equivalent for verdict in judged.values()), f"{what} was not noticed")

    def assert_equivalent(self, what, options=()):
        for name, verdict in self.judged(what, options).items():
            self.assertTrue(verdict.is_equivalent, f"{name}: {verdict.text()}")

    def test_training_is_equivalent_to_the_band(self):
        self.assert_equivalent("as it is")

    def test_other_rounding_is_no_harm(self):
        self.assert_equivalent("direct convolutions", ["--conv", "direct"])

    def test_half_and_twice_the_learning_rate_are_noticed(self):
        self.assert_noticed("lr / 2", ["--lr", "0.05"])
        self.assert_noticed("lr * 2", ["--lr", "0.2"])

    def test_a_dropped_momentum_is_noticed(self):
        self.assert_noticed("no momentum", ["--momentum", "0"])

    def test_a_missing_flip_is_noticed(self):
        done = subprocess.run(["cmake", "--build", os.environ["KINDLING_BUILD"], "--target", "train_without_flip"],
                              capture_output=True, text=True)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assert_noticed("no flip", program=Path(os.environ["KINDLING_BIN"], "train_without_flip"))


if __name__ == "__main__":
    unittest.main()
