"""The short recipe whose results are kept as a band, run with kindling-train.

1,024 of CIFAR-10's training images, and the first 1,024 of the others to evaluate on: so few that the network learns
them by heart within the minute, which is where crops, flips and learning rate show most.
"""
from __future__ import annotations

import csv
import os
import subprocess
import tempfile
from pathlib import Path
from statistics import mean

SEEDS = [1, 2, 3, 4, 5, 6]
EPOCHS = 60
OPTIONS = ["--width", "8", "--batch-size", "128", "--validation-images", str(50_000 - 1_024), "--limit-batches", "8",
           "--epochs", str(EPOCHS), "--lr-schedule", "cosine", "--workers", "1", "--device", "cpu"]
# What is looked at, of the rows of epochs.csv. A mean over epochs spreads less than the last value alone.
METRICS = {
    "train_loss": lambda rows: mean(float(row["train_loss"]) for row in rows),
    "final_train_loss": lambda rows: mean(float(row["train_loss"]) for row in rows[-3:]),
    "final_test_loss": lambda rows: mean(float(row["test_loss"]) for row in rows[-3:]),
    "final_test_top1": lambda rows: mean(float(row["test_top1"]) for row in rows[-3:]),
}


class RecipeError(Exception):
    """One line on why the recipe could not be run."""


def run_seed(program: Path, data: str, seed: int, options: list[str]) -> dict[str, float]:
    with tempfile.TemporaryDirectory(prefix="kindling_band_") as folder:
        command = [program, "--data-path", data, *OPTIONS, "--seed", str(seed), "--output-dir", folder, *options]
        done = subprocess.run([str(word) for word in command], capture_output=True, text=True, timeout=1800,
                              env={**os.environ, "OMP_WAIT_POLICY": "passive"})
        if done.returncode:
            raise RecipeError(f"{program} --seed {seed}: exit status {done.returncode}: {done.stderr.strip()}")
        with open(Path(folder, "epochs.csv"), newline="") as file:
            rows = list(csv.DictReader(file))
    return {name: metric(rows) for name, metric in METRICS.items()}


def run_all(program: Path, data: str, options: list[str], seeds: list[int]) -> dict[str, list[float]]:
    results = [run_seed(program, data, seed, options) for seed in seeds]
    return {name: [result[name] for result in results] for name in METRICS}
