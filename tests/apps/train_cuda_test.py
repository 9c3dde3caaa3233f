"""kindling-train on the CUDA backend: what a run leaves, stops and resumes, and the plans of --autotune. Skips itself
where the program finds no GPU; in a build of tests/cuda_on_cpu the CPU plays one."""
import csv
import json
import os
import unittest

from programs import SMALL, ProgramTest, environment

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
        self.assertEqual("plans" in record, record["bits"]["conv"] == "cudnn")
        self.train(*TINY, "--epochs", 2, "--sync-timing", "--max-minutes", 0, out="stopped")
        self.assertEqual(len(self.rows("stopped/batches.csv")), 1)
        self.train(*TINY, "--epochs", 2, "--resume", "auto", out="stopped")
        self.assertEqual(self.weights("stopped"), self.weights("whole"))
        self.assertEqual(self.rows("stopped/batches.csv"), self.rows("whole/batches.csv"))
        self.assertEqual(self.rows("stopped/epochs.csv"), self.rows("whole/epochs.csv"))
        self.assertEqual(self.record("stopped").get("plans"), record.get("plans"))

    @unittest.skipUnless(os.environ.get("KINDLING_NVTX_PROBE"), "this build has no NVTX")
    def test_a_profiler_sees_the_phases(self):
        log = self.folder / "ranges"
        self.train(*TINY, "--epochs", 1, env=environment(NVTX_INJECTION64_PATH=os.environ["KINDLING_NVTX_PROBE"],
                                                         KINDLING_NVTX_LOG=str(log)))
        phases = log.read_text().split()
        self.assertEqual(set(phases), {"warm-up", "data", "launch", "wait", "metrics", "evaluation", "checkpoint"})
        self.assertEqual(phases[0], "warm-up")
        training = phases[:phases.index("evaluation")]
        self.assertEqual(training.count("data"), 1 + 3 + 1)  # the epoch's start; the last finds no more

    def test_the_device_tells_how_long_each_phase_of_a_step_took(self):
        self.train(*TINY, "--epochs", 2, "--trace", "trace.json", "--log-norms", 2)
        with open(self.folder / "out/phases.csv", newline="") as file:
            for row in csv.DictReader(file):
                for phase in ("copy", "forward", "backward", "optimizer"):
                    self.assertGreater(float(row[f"device_{phase}_s"]), 0)
                self.assertEqual(float(row["forward_s"]), 0)  # not the host's work
                self.assertGreater(float(row["launch_s"]) + float(row["wait_s"]), 0)
        events = json.loads((self.folder / "trace.json").read_text())["traceEvents"]
        lanes = {event["args"]["name"]: event["tid"] for event in events if event["name"] == "thread_name"}
        counts = {lane: sum(event["ph"] == "X" and event["tid"] == tid for event in events)
                  for lane, tid in lanes.items()}
        self.assertEqual(counts["device: copy"], 6)
        self.assertEqual(counts["device: compute"], 3 * 6)
        self.assertEqual(len((self.folder / "out/norms.csv").read_text().splitlines()), 1 + 3 * 6)

    def autotune(self, out, *options, **kwargs):
        """One step with --autotune plans.json; skips the test in a build without cuDNN."""
        done = self.run_program("kindling-train", *SMALL, *TINY, "--limit-batches", 1, "--no-eval", "--epochs", 1,
                                "--autotune", "plans.json", "--output-dir", out, *options, **kwargs)
        if "this run's convolutions are not cuDNN's" in done.stderr:
            self.skipTest("this build has no cuDNN")
        return done

    def test_autotune_keeps_its_choice_in_a_file(self):
        self.autotune("first")
        cache = json.loads((self.folder / "plans.json").read_text())
        plans = self.record("first")["plans"]
        self.assertEqual(cache["environments"], {self.record("first")["bits"]["cudnn"]: plans})
        self.autotune("second")
        self.assertEqual(self.record("second")["plans"], plans)

        (self.folder / "plans.json").write_text(json.dumps({**cache, "version": 7}))
        self.assert_fails(self.autotune("third"), 2, "plans.json", "version is 7, wanted 1")

    def test_a_plan_that_is_not_there_is_refused(self):
        self.autotune("out")
        text = (self.folder / "plans.json").read_text()
        plan = next(iter(self.record("out")["plans"].values()))
        (self.folder / "plans.json").write_text(text.replace(json.dumps(plan), '"9999[]"'))
        self.assert_fails(self.autotune("out", "--overwrite"), 4, "9999[]")

    def test_autotune_needs_cudnn(self):
        done = self.run_program("kindling-train", "--dataset", "synthetic", "--width", 2, "--device", "cuda",
                                "--conv", "implicit-gemm", "--autotune", "plans.json")
        self.assert_fails(done, 2, "--autotune")


@unittest.skipUnless("KINDLING_CUDA_SEED" in os.environ, "the devices are those of tests/cuda_on_cpu")
class Unfit(ProgramTest):
    """GPUs that are missing, too old or too small: status 5, one line that says what was found and what to do."""

    def run_on(self, device, *options):
        return self.run_program("kindling-train", *SMALL, "--output-dir", "out", *options,
                                env=environment(KINDLING_CUDA_DEVICE=device))

    def test_no_device(self):
        self.assert_fails(self.run_on("none", "--device", "cuda"), 5, "no CUDA device found", "use --device cpu")

    def test_an_old_driver(self):
        self.assert_fails(self.run_on("old-driver", "--device", "cuda"), 5, "no NVIDIA driver, or one too old",
                          "use --device cpu")

    def test_an_old_card(self):
        self.assert_fails(self.run_on("sm_70", "--device", "cuda"), 5, "sm_70 is too old", "needs sm_75")

    def test_a_card_without_tensor_precisions(self):
        for precision in ("bf16", "tf32"):
            done = self.run_on("sm_75", "--device", "cuda", "--precision", precision)
            self.assert_fails(done, 2, f"--precision {precision} needs sm_80", "sm_75")

    def test_too_little_memory(self):
        done = self.run_on("16MiB", "--device", "cuda", "--width", "16", "--batch-size", "64")
        self.assert_fails(done, 5, "activations", "wanted", "16 MiB", "smaller batch")
        self.assertFalse((self.folder / "out").exists(), "something was written")

    def test_auto_takes_the_cpu(self):
        done = self.run_on("none", "--limit-batches", "1", "--epochs", "1", "--no-eval")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("device auto: no CUDA device found, so the CPU", done.stdout)


if __name__ == "__main__":
    unittest.main()
