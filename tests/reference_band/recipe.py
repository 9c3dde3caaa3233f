"""The short recipe whose results are kept as a band, run with kindling-train.

1,024 of CIFAR-10's training images, and the first 1,024 of the others to evaluate on: so few that the network learns
them by heart within the minute, which is where crops, flips and learning rate show most.
"""
from __future__ import annotations

import csv
import os
import subprocess
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from statistics import mean

SEEDS = list(range(1, 13))
EPOCHS = 60
OPTIONS = ["--width", "8", "--batch-size", "128", "--validation-images", str(50_000 - 1_024), "--limit-batches", "8",
           "--epochs", str(EPOCHS), "--lr-schedule", "cosine", "--workers", "0", "--threads", "1", "--device", "cpu",
           "--log-norms", "120"]
# What is looked at, of the rows of epochs.csv and norms.csv. A mean over epochs spreads less than the last value alone.
# How long the classifier's weights have grown tells of the size of the steps, which losses don't: batch norm forgives
# half or twice the learning rate.
METRICS = {
    "train_loss": lambda epochs, _: mean(float(row["train_loss"]) for row in epochs),
    "final_train_loss": lambda epochs, _: mean(float(row["train_loss"]) for row in epochs[-3:]),
    "final_test_loss": lambda epochs, _: mean(float(row["test_loss"]) for row in epochs[-3:]),
    "final_test_top1": lambda epochs, _: mean(float(row["test_top1"]) for row in epochs[-3:]),
    "classifier_norm": lambda _, norms: [float(row["weight_norm"]) for row in norms if row["stage"] == "classifier"][-1],
}


class RecipeError(Exception):
    """One line on why the recipe could not be run."""


def rows_of(path: Path) -> list[dict[str, str]]:
    with open(path, newline="") as file:
        return list(csv.DictReader(file))


def run_seed(program: Path, data: str, seed: int, options: list[str]) -> dict[str, float]:
    with tempfile.TemporaryDirectory(prefix="kindling_band_") as folder:
        command = [program, "--data-path", data, *OPTIONS, "--seed", str(seed), "--output-dir", folder, *options]
        done = subprocess.run([str(word) for word in command], capture_output=True, text=True, timeout=1800,
                              env={**os.environ, "OMP_WAIT_POLICY": "passive"})
        if done.returncode:
            raise RecipeError(f"{program} --seed {seed}: exit status {done.returncode}: {done.stderr.strip()}")
        epochs, norms = rows_of(Path(folder, "epochs.csv")), rows_of(Path(folder, "norms.csv"))
    return {name: metric(epochs, norms) for name, metric in METRICS.items()}


def run_all(program: Path, data: str, options: list[str], seeds: list[int]) -> dict[str, list[float]]:
    # A thread for each seed and a seed for each CPU: quicker than more threads for a network as narrow as this one.
    with ThreadPoolExecutor(len(os.sched_getaffinity(0))) as pool:
        results = list(pool.map(lambda seed: run_seed(program, data, seed, options), seeds))
    return {name: [result[name] for result in results] for name in METRICS}
