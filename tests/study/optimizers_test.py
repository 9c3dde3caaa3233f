"""What C6 says of optimizers of which some seeds diverged."""
import unittest

import study_test_case  # noqa: F401 (finds the modules)
from study import Done
from tasks.c6 import Trained, verdict


def trained(optimizer, tops, seeds):
    """`tops`: the last test top-1 of the seeds that came to an end; the others diverged."""
    one = Trained.__new__(Trained)
    one.recipe, one.optimizer = "assignment", optimizer
    one.done = {seed: Done(None, None, 0, 1.0, "") for seed in range(seeds)}
    one.whole = [[{"test_top1": top}] for top in tops]
    one.diverged = {seed: "diverged at epoch 1, batch 3" for seed in range(len(tops), seeds)}
    return one


class Verdicts(unittest.TestCase):
    def says(self, first, second, seeds):
        return verdict("assignment", [trained("sgd", first, seeds), trained("adam", second, seeds)])[-1]

    def test_one_seed(self):
        self.assertTrue(self.says([0.7], [0.6], 1).endswith("with one seed each, whether that is chance isn't known "
                                                            "(--seeds 3 tells more)."))

    def test_one_of_three_seeds(self):
        text = self.says([0.7, 0.71, 0.72], [0.6], 3)
        self.assertNotIn("one seed each", text)
        self.assertIn("(sgd with 3 of 3 seeds, adam with 1 of 3 seeds; the others diverged)", text)
        self.assertIn("whether that is chance isn't known", text)

    def test_two_of_three_seeds(self):
        text = self.says([0.7, 0.71, 0.72], [0.6, 0.61], 3)
        self.assertIn("adam with 2 of 3 seeds", text)
        self.assertIn("the ranges of their seeds don't overlap", text)

    def test_all_seeds(self):
        self.assertNotIn("diverged", self.says([0.7, 0.71], [0.6, 0.705], 2))
        self.assertIn("no measurable difference", self.says([0.7, 0.71], [0.6, 0.705], 2))

    def test_a_grid_of_which_no_rate_trained(self):
        nothing = trained("adam", [], 0)
        self.assertEqual(nothing.end(), "no rate of the grid trained")
        self.assertEqual(verdict("tuned", [])[:1], [])
        nothing.recipe = "tuned"
        self.assertEqual(verdict("tuned", [nothing]), ["tuned: adam: no rate of the grid trained."])


if __name__ == "__main__":
    unittest.main()
