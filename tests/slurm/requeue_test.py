#!/usr/bin/env python3
"""Jobs that Slurm stops: they exit with a good checkpoint, are requeued, and go on with the same bits."""

import csv
import os
import shutil
import sys
import unittest
from pathlib import Path

import harness

TIMES = ("data_ms", "compute_ms", "data_s", "train_s", "eval_s", "total_s", "images_per_s", "peak_rss_mb")
SYNTHETIC = ("--dataset", "synthetic")
TRAIN = {"STAND_IN": "train 12"}  # a few seconds


class RequeueTest(harness.SlurmTest):
    def setUp(self):
        super().setUp()
        programs = self.root / "build/cpu-release/bin"
        programs.mkdir(parents=True)
        shutil.copy(harness.HERE / "study_stand_in.py", programs / "kindling-study")
        (programs / "kindling-train").symlink_to(Path(os.environ["KINDLING_BIN"], "kindling-train"))

    def rows(self, out, name):
        with open(self.root / out / "c1/runs/sgd" / name, newline="", encoding="utf-8") as file:
            return [{key: value for key, value in row.items() if key not in TIMES} for row in csv.DictReader(file)]

    def started(self, number, out):
        """Waits until the job has trained for a while."""
        log = self.root / out / "c1/runs/sgd/batches.csv"
        self.wait_until(lambda: log.exists() and log.read_text().count("\n") > 30, f"30 batches of job {number}")

    def test_a_signalled_job_goes_on_with_the_same_bits(self):
        undisturbed = self.sbatch("-c", "2", "slurm/C1_submit.sh", *SYNTHETIC, "--out", "whole", env=TRAIN)
        self.assert_ended(undisturbed, "COMPLETED")
        number = self.sbatch("-c", "2", "slurm/C1_submit.sh", *SYNTHETIC, "--out", "out", env=TRAIN)
        after = self.sbatch("--dependency", f"afterany:{number}", "slurm/report_submit.sh", "--out", "out")
        self.started(number, "out")
        self.run_command("scancel", "--signal=USR1", "--batch", number)
        self.wait_until(lambda: self.job(number)["Restarts"] == "1", "a restart")
        self.assertEqual(self.job(after)["JobState"], "PENDING")  # what waits for the job waits for its last end
        self.assert_ended(number, "COMPLETED")
        self.assert_ended(after, "COMPLETED")
        log = self.log(number)
        for said in ("stopped by SIGUSR1 after step", f"requeueing job {number} (restart 1 of at most 20)",
                     "restart 1, ", "going on after step"):
            self.assertIn(said, log)
        self.assertLess(log.index("stopped by SIGUSR1"), log.index("requeueing job"))  # the checkpoint is waited for
        for name in ("batches.csv", "epochs.csv"):
            self.assertEqual(self.rows("out", name), self.rows("whole", name))
        weights = "c1/runs/sgd/weights.safetensors"
        self.assertEqual((self.root / "out" / weights).read_bytes(), (self.root / "whole" / weights).read_bytes())

    def test_a_cancelled_job_saves_and_does_not_come_back(self):
        number = self.sbatch("-c", "2", "slurm/C1_submit.sh", *SYNTHETIC, env=TRAIN)
        self.started(number, "out/study")
        self.run_command("scancel", number)
        job = self.wait_for(number)
        self.assertEqual((job["JobState"], job["Restarts"]), ("CANCELLED", "0"), self.log(number))
        self.wait_until(lambda: "stopped by SIGTERM after step" in self.log(number), "the checkpoint's line")
        self.wait_until(lambda: "so it isn't requeued" in self.log(number), "the job's last line")
        self.assertTrue((self.root / "out/study/c1/runs/sgd/checkpoint.safetensors").exists())

    def test_the_limit_of_requeues(self):
        number = self.sbatch("slurm/C1_submit.sh", *SYNTHETIC, "--max-requeues", "1", env={"STAND_IN": "stopped"})
        job = self.assert_ended(number, "FAILED", 75)
        self.assertEqual(job["Restarts"], "1")
        self.assertIn("--max-requeues is 1. Submit it again to go on", self.log(number))
        self.assertEqual((self.root / "out/study/c1/calls").read_text().count("\n"), 2)

    def test_a_job_that_gets_no_answer_about_itself_is_requeued(self):
        tool = self.root / "tool/squeue"
        tool.parent.mkdir()
        tool.write_text("#!/bin/sh\nexit 1\n")
        tool.chmod(0o755)
        number = self.sbatch("slurm/C1_submit.sh", *SYNTHETIC, "--max-requeues", "1",
                             env={"STAND_IN": "stopped", "PATH": f"{tool.parent}:{self.environment['PATH']}"})
        self.assertEqual(self.assert_ended(number, "FAILED", 75)["Restarts"], "1")

    def test_where_slurm_refuses_to_requeue(self):
        number = self.sbatch("--no-requeue", "slurm/C1_submit.sh", *SYNTHETIC, env={"STAND_IN": "stopped"})
        self.assert_ended(number, "FAILED", 75)
        self.assertIn(f"Slurm refuses to requeue job {number}", self.log(number))


if __name__ == "__main__":
    harness.skip_without_slurm()
    sys.exit(unittest.main(verbosity=2))
