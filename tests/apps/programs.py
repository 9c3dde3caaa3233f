"""Runs the programs of KINDLING_BIN for the tests of this folder."""
import csv
import json
import os
import shutil
import struct
import subprocess
import tempfile
import unittest
from pathlib import Path

BIN = Path(os.environ["KINDLING_BIN"])

# A network and an epoch so small that a run takes a moment: 6 batches of 8 made-up images.
SMALL = ["--dataset", "synthetic", "--width", "2", "--batch-size", "8", "--limit-batches", "6", "--workers", "2"]
TIMES = ("data_ms", "compute_ms", "data_s", "train_s", "eval_s", "total_s", "images_per_s", "peak_rss_mb")


def environment(**changes):
    """The tests' own: no data set from outside, OpenMP threads that don't spin."""
    env = {key: value for key, value in os.environ.items() if key != "KINDLING_DATA"}
    return {**env, "OMP_WAIT_POLICY": "passive", **changes}


class ProgramTest(unittest.TestCase):
    """Gives each test a folder of its own and a way to run programs in it."""

    def setUp(self):
        self.folder = Path(tempfile.mkdtemp(prefix="kindling_apps_"))
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
