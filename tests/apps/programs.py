"""Runs the programs of KINDLING_BIN for the tests of this folder."""
import csv
import json
import os
import re
import shutil
import struct
import subprocess
import tempfile
import unittest
from pathlib import Path

BIN = Path(os.environ["KINDLING_BIN"])
# A file system in memory, for tests that would mostly wait for fsync and whose failures are made up anyway.
MEMORY = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
DISK_FAULTS = os.environ.get("KINDLING_DISK_FAULTS")  # the library of disk_faults.cc

# A network and an epoch so small that a run takes a moment: 6 batches of 8 made-up images.
SMALL = ["--dataset", "synthetic", "--width", "2", "--batch-size", "8", "--limit-batches", "6", "--workers", "2"]
TIMES = ("data_ms", "compute_ms", "data_s", "train_s", "eval_s", "total_s", "images_per_s", "peak_rss_mb")


def environment(**changes):
    """The tests' own: no data set from outside, OpenMP threads that don't spin."""
    env = {key: value for key, value in os.environ.items() if key != "KINDLING_DATA"}
    return {**env, "OMP_WAIT_POLICY": "passive", **changes}


class ProgramTest(unittest.TestCase):
    """Gives each test a folder of its own and a way to run programs in it."""

    PARENT = None  # where that folder is made; None: the usual place

    def setUp(self):
        self.folder = Path(tempfile.mkdtemp(prefix="kindling_apps_", dir=self.PARENT))
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)

    def run_program(self, name, *options, env=None, **kwargs):
        return subprocess.run([BIN / name, *map(str, options)], capture_output=True, text=True, timeout=600,
                              env=env or environment(), cwd=self.folder, **kwargs)

    def train(self, *options, out="out", **kwargs):
        """A small run into self.folder/out that must succeed."""
        done = self.run_program("kindling-train", *SMALL, "--output-dir", out, *options, **kwargs)
        self.assertEqual(done.returncode, 0, done.stderr + done.stdout)
        return done

    def assert_fails(self, done, status, *texts):
        """The program ended with the status, and said why in one line on stderr that has all the texts."""
        self.assertEqual(done.returncode, status, f"stdout: {done.stdout}\nstderr: {done.stderr}")
        lines = done.stderr.splitlines()
        self.assertEqual(len(lines), 1, done.stderr)
        for text in texts:
            self.assertIn(text, lines[0])

    def rows(self, path):
        """A CSV log without the columns that are times."""
        with open(self.folder / path, newline="") as file:
            return [{key: value for key, value in row.items() if key not in TIMES} for row in csv.DictReader(file)]


class RunsCompared(ProgramTest):
    """For tests of interrupted runs, which must end as one that was never interrupted."""

    LOGS = ("batches.csv", "epochs.csv")

    def assert_same_run(self, out, whole="whole", context=""):
        """Weights with the same bits, and logs with the same rows: none missing, none twice."""
        self.assertEqual((self.folder / out / "weights.safetensors").read_bytes(),
                         (self.folder / whole / "weights.safetensors").read_bytes(), context)
        for name in self.LOGS:
            self.assertEqual(self.rows(f"{out}/{name}"), self.rows(f"{whole}/{name}"), context)
        epochs = [[row["epoch"] for row in self.rows(f"{folder}/phases.csv")] for folder in (out, whole)]
        self.assertEqual(epochs[0], epochs[1], context)  # all else in it is time

    def steps_of_checkpoints(self, out):
        """Steps of the files in checkpoints/ that are in place, in any order."""
        return [int(path.stem[len("step-"):]) for path in (self.folder / out / "checkpoints").glob("step-*.safetensors")]

    def assert_goes_on(self, done, at_least, context=""):
        """A resume with status 0 and nothing skipped, from a checkpoint of at least this step; 0: or from the start."""
        self.assertEqual(done.returncode, 0, f"{context}\nstdout: {done.stdout}\nstderr: {done.stderr}")
        self.assertNotIn("skipped", done.stdout, context)
        found = re.search(r"resume: going on after step (\d+) ", done.stdout)
        self.assertGreaterEqual(int(found.group(1)) if found else 0, at_least, context + done.stdout)


def tensors(path):
    """name -> (dtype, shape, bytes) of a safetensors file."""
    data = Path(path).read_bytes()
    (length,) = struct.unpack("<Q", data[:8])
    header = json.loads(data[8 : 8 + length])
    header.pop("__metadata__", None)
    start = 8 + length
    return {
        name: (entry["dtype"], entry["shape"], data[start + entry["data_offsets"][0] : start + entry["data_offsets"][1]])
        for name, entry in header.items()
    }
