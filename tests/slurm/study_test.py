#!/usr/bin/env python3
"""The study itself as jobs of a real Slurm: all experiments at the size of a trial, and stops at the time limit."""

import csv
import json
import os
import sys
import unittest
from pathlib import Path

import harness
from requeue_test import TIMES

EXPERIMENTS = ("c1", "c2", "c3", "c4", "c5", "c6", "c7", "scaling")
PROGRAMS = Path(os.environ["KINDLING_BIN"])


class StudyTest(harness.SlurmTest):
    def setUp(self):
        super().setUp()
        self.assertTrue((PROGRAMS / "kindling-study").exists(), f"no kindling-study in {PROGRAMS}")
        build = self.root / "build/cpu-release"
        build.mkdir(parents=True)
        (build / "bin").symlink_to(PROGRAMS)
        (build / "build.ninja").write_text("build apps/all: phony\n")  # nothing to do
        data = os.environ.get("KINDLING_DATA")
        if not data:  # made-up images; the file only says that there is nothing to download
            data = self.root / "build/data"
            data.mkdir()
            (data / "data_batch_1.bin").write_bytes(b"")
        self.small = ["QUICK=1", "CPUS=2", f"DATA={data}",
                      "OPTIONS=" + ("" if os.environ.get("KINDLING_DATA") else "--dataset synthetic")]

    def rows(self, out):
        """All rows of all runs of C1 below OUT, without the columns that are times."""
        logs = sorted((self.root / out / "c1/runs").glob("*/batches.csv"))
        self.assertTrue(logs)
        for log in logs:
            with open(log, newline="", encoding="utf-8") as file:
                yield from ({k: v for k, v in row.items() if k not in TIMES} for row in csv.DictReader(file))

    def weights(self, out):
        return {path.parent.name: path.read_bytes()
                for path in (self.root / out / "c1/runs").glob("*/weights.safetensors")}

    def test_all_experiments_in_one_folder(self):
        self.make("study", *self.small)
        jobs = dict(line.split()[1::-1] for line in (self.root / "out/study/slurm/jobs").read_text().splitlines())
        self.assertEqual(tuple(jobs), (*EXPERIMENTS, "report"))
        for task, number in jobs.items():
            with self.subTest(task=task):
                self.assert_ended(number, "COMPLETED", seconds=900)
        for task in EXPERIMENTS:
            with self.subTest(task=task):
                result = json.loads((self.root / f"out/study/{task}/result.json").read_text())
                self.assertEqual((result["task"], result["status"], result["quick"]), (task, "done", True))
                self.assertTrue(result["tables"])
        self.assertIn("QUICK", (self.root / "out/study/report.html").read_text())
        self.assertEqual(self.make("status", *self.small).stdout.count(" done"), len(EXPERIMENTS))

    def test_a_job_at_its_time_limit_goes_on_with_the_same_bits(self):
        # Slurm signals 120 s before a limit of 2 minutes: at once, give or take the 30 s between its looks.
        longer = [*self.small[:3], self.small[3] + " --epochs 20 --max-requeues 100"]
        whole = self.job_of(self.make("c1", *longer, "OUT=whole"))
        limited = self.job_of(self.make("c1", *longer, "OUT=limited", "TIME=00:02:00"))
        self.assert_ended(whole, "COMPLETED", seconds=1200)
        job = self.assert_ended(limited, "COMPLETED", seconds=1200)
        self.assertGreaterEqual(int(job["Restarts"]), 1, self.log(limited))
        self.assertEqual(list(self.rows("limited")), list(self.rows("whole")))
        self.assertEqual(self.weights("limited"), self.weights("whole"))
        self.assertTrue(self.weights("whole"))


if __name__ == "__main__":
    harness.skip_without_slurm()
    sys.exit(unittest.main(verbosity=2))
