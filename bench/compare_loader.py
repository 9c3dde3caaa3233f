#!/usr/bin/env python3
"""Kindling's loader beside PyTorch's DataLoader, NVIDIA DALI and FFCV on the CPU, in turns: crop, flip and normalisation of
CIFAR-10 in memory, drained with nothing else to do. Prints a table in Markdown.

    bench/compare_loader.py --data DIR --peer-python build/peer-venv/bin/python [--peers pytorch dali ffcv]
        [--workers 1 2 4] [--rounds 3] [--passes 3]

Each cell is the median of all passes with the number of workers that was best for that loader. bench/peers/README.md says
how to make the peer's environment. Nothing else should run meanwhile.
"""
import argparse
import csv
import datetime
import io
import json
import os
import pathlib
import statistics
import subprocess
import sys

from compare_step import commit, processor

ROOT = pathlib.Path(__file__).resolve().parent.parent


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", required=True)
    parser.add_argument("--peer-python", required=True)
    parser.add_argument("--program", default=str(ROOT / "build/cpu-release/bin/kindling-time-loader"))
    parser.add_argument("--peers", nargs="+", default=["pytorch", "dali", "ffcv"])
    parser.add_argument("--workers", type=int, nargs="+", default=[1, 2, 4])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--passes", type=int, default=3)
    return parser.parse_args()


def run(command):
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(f"{' '.join(map(str, command))} failed with {done.returncode}:\n{done.stderr}")
    return done.stdout


def ours(args, workers):
    text = run([args.program, "--data-path", args.data, "--sweep", str(workers), "--repeats", str(args.passes + 1)])
    return [float(row["images_per_s"]) for row in csv.DictReader(io.StringIO(text))][1:]


def theirs(args, peer, workers):
    command = [args.peer_python, str(ROOT / "bench/peers/loader.py"), "--data", args.data, "--loader", peer,
               "--workers", str(workers), "--passes", str(args.passes)]
    return json.loads(run(command).splitlines()[-1])["images_per_s"]


def main():
    args = arguments()
    rates = {}  # (loader, workers) -> images/s of all passes
    for _ in range(args.rounds):
        for workers in args.workers:
            rates.setdefault(("Kindling", workers), []).extend(ours(args, workers))
            for peer in args.peers:
                rates.setdefault((peer, workers), []).extend(theirs(args, peer, workers))
    best = {}
    for (loader, workers), seen in rates.items():
        best[loader] = max(best.get(loader, (0, 0)), (statistics.median(seen), workers))
    print(f"{processor()}, {len(os.sched_getaffinity(0))} CPUs, {datetime.date.today()}, commit {commit()}, "
          f"{args.rounds} rounds of {args.passes} passes, workers {args.workers}\n")
    print("| loader | workers | median images/s | least to most | of Kindling's |")
    print("|---|---|---|---|---|")
    for loader, (median, workers) in best.items():
        seen = rates[loader, workers]
        print(f"| {loader} | {workers} | {median:,.0f} | {min(seen):,.0f} to {max(seen):,.0f} "
              f"| {median / best['Kindling'][0]:.3f} |")


if __name__ == "__main__":
    main()
