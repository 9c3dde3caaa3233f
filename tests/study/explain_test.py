"""What the program writes about C4 and C7, for inputs that were recorded."""
import re
import unittest

import study_test_case  # noqa: F401 (finds the modules)
from explain import Measured, Side, explain, slower
from explain_norms import Norms, explain_norms

# Milliseconds of a batch: waiting, computing, the loader alone; compute alone.
LOADER_BOUND = Measured("PNG files", Side(1, [85.2, 84.1, 86.0], [40.1, 39.9, 40.4], [125.1, 124.0, 126.3]),
                        Side(4, [0.2, 0.1, 0.3], [40.3, 40.0, 40.2], [31.3, 31.0, 31.9]), [40.0, 40.2, 39.8], 16, 4)
COMPUTE_BOUND = Measured("binary files", Side(1, [0.9, 1.0, 1.1], [400.0, 402.0, 398.0], [5.1, 5.0, 5.2]),
                         Side(4, [0.1, 0.2, 0.1], [401.0, 399.0, 403.0], [1.4, 1.3, 1.5]), [400.0, 401.0, 399.0], 16, 4)
NO_DIFFERENCE = Measured("binary files", Side(1, [0.1, 0.3, 0.2], [40.0, 40.4, 39.8], [39.0, 38.2, 40.1]),
                         Side(2, [0.2, 0.1, 0.3], [40.1, 40.2, 39.9], [39.5, 38.0, 39.9]), [40.0, 40.1, 39.9], 16, 4)


class Loading(unittest.TestCase):
    def test_three_inputs_give_three_texts(self):
        texts = ["\n".join(explain(one)) for one in (LOADER_BOUND, COMPUTE_BOUND, NO_DIFFERENCE)]
        self.assertEqual(len(set(texts)), 3)
        loader, compute, nothing = texts
        self.assertIn("With 1 worker the loader alone makes a batch in 125 ms [124, 126]", loader)
        self.assertIn("loader-bound", loader)
        self.assertIn("moves the limit from the loader to compute", loader)
        self.assertIn("compute set the pace before", compute)
        self.assertNotIn("loader-bound", compute)
        self.assertEqual(nothing.count("No measurable difference"), 2)
        self.assertIn("balanced", nothing)
        self.assertNotIn("falls", nothing)

    def test_every_sentence_has_a_figure(self):
        crowded = Measured("binary files", Side(1, [1.0, 1.1, 1.2], [40.0, 40.1, 40.2], [25.0, 25.1, 25.2]),
                           Side(16, [1.0, 1.1, 1.3], [55.0, 55.1, 55.2], [6.0, 6.1, 6.2]), [40.0, 40.1, 40.2], 2, 2)
        for measured in (LOADER_BOUND, COMPUTE_BOUND, NO_DIFFERENCE, crowded):
            for sentence in explain(measured):
                self.assertRegex(sentence, r"\d")
                self.assertTrue(sentence.endswith("."), sentence)
        self.assertIn("18 threads on 2 CPUs", "\n".join(explain(crowded)))

    def test_overlapping_intervals_are_no_difference(self):
        for sentence in explain(NO_DIFFERENCE):
            self.assertNotRegex(sentence, r"falls|rises|saves|costs")

    def test_balanced_within_ten_percent(self):
        self.assertEqual([slower(*pair) for pair in ((100, 109), (109, 100), (100, 111), (111, 100))],
                         ["balanced", "balanced", "compute", "loader"])


LOADING = {"loader": [80.0, 81.0, 82.0], "compute": [5.0, 5.1, 5.2], "balanced": [42.0, 42.1, 42.2]}  # of 40 ms
# By the limit with 1 worker and with 4: what is said where waiting falls from much or from little.
FALLS = {
    ("loader", "loader"): "and the loader still sets the pace at 81.0 ms [80.0, 82.0]",
    ("loader", "compute"): "and moves the limit from the loader to compute",
    ("loader", "balanced"): "and moves the limit from the loader to a balance of both",
    ("compute", "loader"): "and the loader sets the pace at 81.0 ms [80.0, 82.0]",
    ("compute", "compute"): "and compute set the pace before, too",
    ("compute", "balanced"): "and compute set the pace before, while now both are balanced",
    ("balanced", "loader"): "and the loader sets the pace at 81.0 ms [80.0, 82.0]",
    ("balanced", "compute"): "and loading and computing were balanced before, while now compute sets the pace",
    ("balanced", "balanced"): "and loading and computing were balanced before, and are now",
}
FALLS_FROM_MUCH = {**FALLS, **{("compute", after): "although 1 worker alone would have kept up: 1 worker and 2 compute "
                               "threads share 2 CPUs" for after in ("compute", "balanced")}}


def pair(before, after, waits, workers=4):
    sides = [Side(count, [wait, wait + 0.1, wait + 0.2], [40.0, 40.1, 40.2], LOADING[limit])
             for count, wait, limit in zip((1, workers), waits, (before, after))]
    return explain(Measured("binary files", *sides, [40.0, 40.1, 40.2], 2, 2))


class PairsOfLimits(unittest.TestCase):
    def test_waiting_that_falls(self):
        for before, saved, expected in ((3.0, "2.00", FALLS), (30.0, "29.0", FALLS_FROM_MUCH)):
            for limits, words in expected.items():
                with self.subTest(limits=limits, before=before):
                    last = pair(*limits, (before, 1.0))[5]
                    self.assertIn(f"Going to 4 workers saves {saved} ms of waiting a batch", last)
                    self.assertTrue(last.endswith(f", {words}."), last)

    def test_waiting_that_stays(self):
        for limits in FALLS:
            for wait in (1.0, 30.0):
                with self.subTest(limits=limits, wait=wait):
                    last = pair(*limits, (wait, wait))[5]
                    self.assertEqual("More workers can't help" in last, limits[0] == "compute" and wait == 1.0, last)
                    self.assertEqual("although 1 worker alone would keep up" in last,
                                     limits[0] == "compute" and wait == 30.0, last)

    def test_waiting_that_rises(self):
        for limits in FALLS:
            self.assertEqual(pair(*limits, (1.0, 3.0))[5], "Going to 4 workers costs 2.00 ms of waiting a batch.")

    def test_much_waiting_is_not_called_little_or_hidden(self):
        for limits in FALLS:
            for waits in ((30.0, 30.0), (30.0, 20.0), (20.0, 30.0)):
                text = "\n".join(pair(*limits, waits))
                self.assertNotRegex(text, r"\bonly\b|hides", (limits, waits))
        text = "\n".join(pair("compute", "compute", (30.0, 20.0)))
        self.assertEqual(text.count("although the loader alone would keep up"), 2)
        moved = pair("loader", "compute", (60.0, 20.0))[5]
        self.assertIn("the loader alone would keep up now, but 20.1 ms [20.0, 20.2] of waiting stay: 4 workers", moved)

    def test_little_waiting_is_hidden(self):
        self.assertIn("loading hides behind computing", pair("compute", "compute", (1.0, 1.0))[3])

    def test_no_workers_are_not_more_workers(self):
        for limits in FALLS:
            for waits in ((1.0, 1.0), (30.0, 30.0), (30.0, 1.0)):
                text = "\n".join(pair(*limits, waits, workers=0))
                self.assertNotIn("More workers", text)
                self.assertNotIn("moves the limit", text)

    def test_intervals_of_loading_and_computing_that_overlap(self):
        noisy = Side(1, [1.0, 1.1, 1.2], [40.0, 40.1, 40.2], [20.0, 60.0, 90.0])
        text = explain(Measured("binary files", noisy, noisy, [40.0, 40.1, 40.2], 16, 4))[3]
        self.assertTrue(text.endswith("no measurable difference, so the pipeline is balanced as far as can be told."))


class BatchNorm(unittest.TestCase):
    BATCH = Norms("batch norm", [("stem", 0.7), ("stage4", 1.3)], [("stem", 0.9), ("stage1", 2.3), ("stage4", 1.6)],
                  None, 2.1, 1.2, 60.0)
    NONE = Norms("no norm", [("stem", 0.8), ("stage4", 0.06)], [("stem", 0.018), ("stage1", 0.02), ("stage4", 0.08)],
                 None, 2.303, 2.302, 10.0)
    SMALL = Norms("no norm, small", [], [], None, 2.303, 2.303, 10.0)

    def test_vanishing_signals_are_told_with_their_factors(self):
        text = "\n".join(explain_norms(self.BATCH, self.NONE, self.SMALL))
        self.assertIn("no norm: activations shrink 13.3-fold from stem (0.8) to stage4 (0.06)", text)
        self.assertIn("gradient of stage1 is 115 times smaller", text)
        self.assertIn("the step isn't the cause", text)

    def test_a_step_that_may_still_be_too_large(self):
        ends = [Norms(name, [], [], f"diverged at epoch 1, batch {batch}", None, None, None)
                for name, batch in (("no norm", 3), ("no norm, small", 5))]
        text = explain_norms(self.BATCH, *ends)[-1]
        self.assertIn("(diverged at epoch 1, batch 3; diverged at epoch 1, batch 5): a still smaller one was not tried.",
                      text)
        self.assertIn("was not tried", explain_norms(self.BATCH, ends[0], self.SMALL)[-1])

    def test_a_step_that_is_too_large(self):
        diverged = Norms("no norm", [], [], "diverged at epoch 1, batch 3", None, None, None)
        small = Norms("no norm, small", [], [], None, 2.1, 1.5, 45.0)
        text = "\n".join(explain_norms(self.BATCH, diverged, small))
        self.assertIn("no norm: diverged at epoch 1, batch 3.", text)
        self.assertIn("it is the step that is too large", text)
        for end in ("nan", "None"):
            self.assertIsNone(re.search(rf"\b{end}\b", text), text)


if __name__ == "__main__":
    unittest.main()
