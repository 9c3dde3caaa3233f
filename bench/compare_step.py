#!/usr/bin/env python3
"""One training step of ResNet-18 at batch 128 in fp32: Kindling beside PyTorch, in turns, so that a change of the
machine's speed meets both. Prints a table in Markdown.

    bench/compare_step.py --peer-python build/peer-venv/bin/python [--rounds 3] [--repeats 5] [--threads N]

bench/peers/README.md says how to make the peer's environment. Nothing else should run meanwhile.
"""
import argparse
import datetime
import json
import os
import pathlib
import platform
import statistics
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--peer-python", required=True, help="a Python with the versions of bench/peers/requirements.txt")
    parser.add_argument("--bench", default=str(ROOT / "build/cpu-release/bin/train_step_bench"))
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--repeats", type=int, default=5, help="steps measured in each turn, after two of warm-up")
    parser.add_argument("--threads", type=int, default=len(os.sched_getaffinity(0)))
    return parser.parse_args()


def run(command):
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(f"{' '.join(map(str, command))} failed with {done.returncode}:\n{done.stderr}")
    return json.loads(done.stdout)


def measure(args):
    """name -> one result per round; the turns are Kindling, NCHW, Kindling, channels_last."""
    common = ["--threads", str(args.threads), "--repeats", str(args.repeats), "--warmup", "2"]
    kindling = [args.bench, *common]
    peer = [args.peer_python, str(ROOT / "bench/peers/train_step.py"), *common]
    results = {"kindling": [], "nchw": [], "channels_last": []}
    versions = {}
    for _ in range(args.rounds):
        for memory_format in ("nchw", "channels_last"):
            ours = run(kindling)
            theirs = run([*peer, "--format", memory_format])
            results["kindling"].append(ours)
            results[memory_format].append(theirs[memory_format])
            versions = {"isa": ours["isa"], "torch": theirs["torch"]}
    return results, versions


def processor():
    for line in pathlib.Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.split(":", 1)[1].strip()
    return platform.machine()


def commit():
    done = subprocess.run(["git", "-C", str(ROOT), "describe", "--always", "--dirty"], capture_output=True, text=True)
    return done.stdout.strip() or "unknown"


def row(name, results, ours):
    medians = [result["median_ms"] for result in results]
    low, high = min(result["q1_ms"] for result in results), max(result["q3_ms"] for result in results)
    memory = max(result["peak_rss_mb"] for result in results)
    ratio = ours / statistics.median(medians)
    return f"| {name} | {statistics.median(medians):.0f} | {low:.0f} to {high:.0f} | {ratio:.2f} | {memory:.0f} |"


def main():
    args = arguments()
    results, versions = measure(args)
    ours = statistics.median(result["median_ms"] for result in results["kindling"])
    print(f"{processor()}, {args.threads} threads, {datetime.date.today()}, commit {commit()}, "
          f"{args.rounds} rounds of {args.repeats} steps\n")
    print("| step of batch 128, fp32 | median ms | quartiles, all rounds | Kindling / this | peak memory MB |")
    print("|---|---|---|---|---|")
    print(row(f"Kindling ({versions['isa']})", results["kindling"], ours))
    print(row(f"PyTorch {versions['torch']}, NCHW", results["nchw"], ours))
    print(row(f"PyTorch {versions['torch']}, channels_last", results["channels_last"], ours))


if __name__ == "__main__":
    main()
