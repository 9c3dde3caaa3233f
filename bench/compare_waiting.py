#!/usr/bin/env python3
"""How OpenMP's idle threads wait (apps/idle_threads.h): training steps alone and beside busy processes, each setting in
turn (A B C A B C). Prints a table in Markdown: median ms a step, over all rounds.

    bench/compare_waiting.py [--widths 8 64] [--busy 0 1 2] [--rounds 3] [--repeats 15] [--bench PATH]

A busy process counts in a loop. What a fair share would cost: beside as many busy processes as CPUs twice the time.
"""
import argparse
import datetime
import json
import os
import pathlib
import statistics
import subprocess
import sys

from compare_step import commit, processor

ROOT = pathlib.Path(__file__).resolve().parent.parent
SETTINGS = {
    "libgomp's own, 300,000 rounds": {"GOMP_SPINCOUNT": "300000"},
    "Kindling's, 1,000 rounds": {},
    "OMP_WAIT_POLICY=passive": {"OMP_WAIT_POLICY": "passive"},
}


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--widths", type=int, nargs="+", default=[8, 64])
    parser.add_argument("--busy", type=int, nargs="+", default=[0, 1, 2], help="numbers of busy processes")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--repeats", type=int, default=15, help="steps measured in each turn, after two of warm-up")
    parser.add_argument("--bench", default=str(ROOT / "build/cpu-release/bin/train_step_bench"))
    return parser.parse_args()


def median_ms(args, width, setting):
    env = {key: value for key, value in os.environ.items() if key not in ("OMP_WAIT_POLICY", "GOMP_SPINCOUNT")}
    command = [args.bench, "--width", str(width), "--repeats", str(args.repeats), "--warmup", "2"]
    done = subprocess.run(command, capture_output=True, text=True, env={**env, **setting})
    if done.returncode != 0:
        sys.exit(f"{' '.join(command)} failed with {done.returncode}:\n{done.stderr}")
    return json.loads(done.stdout)["median_ms"]


def measure(args, width, busy):
    """setting -> median over the rounds"""
    others = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(busy)]
    try:
        rounds = [{name: median_ms(args, width, setting) for name, setting in SETTINGS.items()}
                  for _ in range(args.rounds)]
    finally:
        for other in others:
            other.kill()
            other.wait()
    return {name: statistics.median(turn[name] for turn in rounds) for name in SETTINGS}


def main():
    args = arguments()
    print(f"{processor()}, {len(os.sched_getaffinity(0))} CPUs, {datetime.date.today()}, commit {commit()}, "
          f"{args.rounds} rounds of {args.repeats} steps\n")
    print("| step of batch 128, fp32, median ms | " + " | ".join(SETTINGS) + " |")
    print("|---" * (len(SETTINGS) + 1) + "|")
    for width in args.widths:
        for busy in args.busy:
            cells = " | ".join(f"{ms:.1f}" for ms in measure(args, width, busy).values())
            print(f"| width {width}, {busy} busy processes | {cells} |", flush=True)


if __name__ == "__main__":
    main()
