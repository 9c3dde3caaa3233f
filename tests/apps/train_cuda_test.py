"""kindling-train on the CUDA backend: what a run leaves, stops and resumes, and the plans of --autotune. Skips itself
where the program finds no GPU; in a build of tests/cuda_on_cpu the CPU plays one."""
import json
import unittest

from programs import ProgramTest

# On the CPU a step takes most of a second.
TINY = ["--device", "cuda", "--limit-batches", "3", "--batch-size", "4"]


class Cuda(ProgramTest):
    def setUp(self):
        super().setUp()
        probe = self.run_program("kindling-train", "--dataset", "synthetic", "--device", "cuda", "--test-only", "--init-weights", "none")
        if probe.returncode == 5:
            self.skipTest(probe.stderr.strip())

    def weights(self, out):
        return (self.folder / out / "weights.safetensors").read_bytes()

    def record(self, out):
        return json.loads((self.folder / out / "run.json").read_text())

    def test_a_run_stopped_and_resumed_has_the_bits_of_a_whole_one(self):
        self.train(*TINY, "--epochs", 2, out="whole")
        self.assertEqual(len(self.rows("whole/batches.csv")), 6)
        record = self.record("whole")
        self.assertEqual(record["bits"]["device"], "cuda")
        self.assertTrue(record["plans"])
        self.train(*TINY, "--epochs", 2, "--sync-timing", "--max-minutes", 0, out="stopped")
        self.assertEqual(len(self.rows("stopped/batches.csv")), 1)
        self.train(*TINY, "--epochs", 2, "--resume", "auto", out="stopped")
        self.assertEqual(self.weights("stopped"), self.weights("whole"))
        self.assertEqual(self.rows("stopped/batches.csv"), self.rows("whole/batches.csv"))
        self.assertEqual(self.rows("stopped/epochs.csv"), self.rows("whole/epochs.csv"))
        self.assertEqual(self.record("stopped")["plans"], record["plans"])

    def test_autotune_keeps_its_choice_in_a_file(self):
        options = [*TINY, "--limit-batches", 1, "--no-eval", "--epochs", 1, "--autotune", "plans.json"]
        self.train(*options, out="first")
        cache = json.loads((self.folder / "plans.json").read_text())
        plans = self.record("first")["plans"]
        self.assertEqual(cache["environments"], {self.record("first")["bits"]["cudnn"]: plans})
        self.train(*options, out="second")
        self.assertEqual(self.record("second")["plans"], plans)

        (self.folder / "plans.json").write_text(json.dumps({**cache, "version": 7}))
        done = self.run_program("kindling-train", *options, "--dataset", "synthetic", "--width", 2)
        self.assert_fails(done, 2, "plans.json", "version is 7, wanted 1")

    def test_a_plan_that_is_not_there_is_refused(self):
        options = [*TINY, "--limit-batches", 1, "--no-eval", "--epochs", 1, "--autotune", "plans.json"]
        self.train(*options)
        text = (self.folder / "plans.json").read_text()
        plan = next(iter(self.record("out")["plans"].values()))
        (self.folder / "plans.json").write_text(text.replace(json.dumps(plan), '"9999[]"'))
        done = self.run_program("kindling-train", "--dataset", "synthetic", "--width", 2, *options, "--overwrite")
        self.assert_fails(done, 4, "9999[]")

    def test_autotune_needs_cudnn(self):
        done = self.run_program("kindling-train", "--dataset", "synthetic", "--width", 2, "--device", "cuda",
                                "--conv", "implicit-gemm", "--autotune", "plans.json")
        self.assert_fails(done, 2, "--autotune")


if __name__ == "__main__":
    unittest.main()
