#!/usr/bin/env python3
"""Plays kindling-study for the tests of the jobs around it: notes how it was called, and ends as STAND_IN says.

STAND_IN: empty (writes a result), `exit N`, `stopped` (as after a signal: 75), or `train EPOCHS`, which becomes a
kindling-train that resumes its folder, so that signals and statuses are a real run's.
"""

import argparse
import json
import os
import sys
import time
from pathlib import Path

NOTED = ("OMP_NUM_THREADS", "SLURM_CPUS_PER_TASK", "CUDA_VISIBLE_DEVICES", "SLURM_RESTART_COUNT", "FROM_SITE")


def options():
    known = argparse.ArgumentParser(allow_abbrev=False)
    known.add_argument("task")
    for name in ("out", "data-path", "device", "workers", "threads", "workers-list", "seeds", "dataset"):
        known.add_argument(f"--{name}")
    known.add_argument("--quick", action="store_true")
    return known.parse_args()


def train(given, folder, epochs):
    program = Path(sys.argv[0]).with_name("kindling-train")
    size = "--dataset synthetic --width 4 --batch-size 8 --limit-batches 20".split()
    os.execv(program, [str(program), *size, "--epochs", epochs, "--workers", given.workers, "--threads", given.threads,
                       "--resume", "auto", "--output-dir", str(folder / "runs/sgd")])


def main():
    given = options()
    folder = Path(given.out, given.task)
    folder.mkdir(parents=True, exist_ok=True)
    noted = {"options": vars(given), "environment": {name: os.environ.get(name) for name in NOTED},
             "started": time.time()}
    data = given.data_path and Path(given.data_path)
    noted["files"] = sorted(str(path.relative_to(data)) for path in data.rglob("*.bin")) if data else []
    with open(folder / "calls", "a", encoding="utf-8") as calls:
        calls.write(json.dumps(noted) + "\n")
    what, _, number = os.environ.get("STAND_IN", "").partition(" ")
    if what == "train":
        train(given, folder, number)
    if what == "stopped":
        sys.exit(75)
    if what == "exit":
        print(f"kindling-study: asked to exit {number}", file=sys.stderr)
        sys.exit(int(number))
    (folder / "result.json").write_text('{"format": 1, "status": "done"}\n', encoding="utf-8")


if __name__ == "__main__":
    main()
