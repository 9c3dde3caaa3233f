#!/usr/bin/env python3
"""One training step (--evaluate: one evaluation step) of ResNet-18 at batch 128: Kindling beside PyTorch, in turns, so
that a change of the machine's speed meets both. Prints a table in Markdown.

    bench/compare_step.py --peer-python build/peer-venv/bin/python [--precision bf16] [--evaluate]
        [--conv auto direct winograd2 winograd4] [--formats nchw channels_last compiled]
        [--rounds 3] [--repeats 5] [--threads N]

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
FORMATS = {"nchw": "NCHW", "channels_last": "channels_last", "compiled": "channels_last, torch.compile"}


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--peer-python", required=True, help="a Python with the versions of bench/peers/requirements.txt")
    parser.add_argument("--bench", default=str(ROOT / "build/cpu-release/bin/train_step_bench"))
    parser.add_argument("--conv", nargs="+", default=["auto"], metavar="ALGORITHM",
                        help="Kindling's convolutions, one row each")
    parser.add_argument("--precision", choices=["fp32", "bf16"], default="fp32")
    parser.add_argument("--evaluate", action="store_true", help="evaluation steps instead of training steps")
    parser.add_argument("--formats", nargs="+", choices=FORMATS, default=list(FORMATS), help="PyTorch's, one row each")
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
    """Row's name -> one result per round. In each round every row has one turn, Kindling's first."""
    common = ["--threads", str(args.threads), "--repeats", str(args.repeats), "--warmup", "2",
              "--precision", args.precision] + ["--evaluate"] * args.evaluate
    ours, theirs = {}, {}
    for _ in range(args.rounds):
        for conv in args.conv:
            result = run([args.bench, *common, "--conv", conv])
            ours.setdefault(f"Kindling, {result['isa']}, --conv {conv}", []).append(result)
        for memory_format in args.formats:
            result = run([args.peer_python, str(ROOT / "bench/peers/train_step.py"), *common, "--format", memory_format])
            name = f"PyTorch {result['torch']}, {FORMATS[memory_format]}"
            theirs.setdefault(name, []).append(result[memory_format])
    return ours, theirs


def processor():
    for line in pathlib.Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.split(":", 1)[1].strip()
    return platform.machine()


def commit():
    done = subprocess.run(["git", "-C", str(ROOT), "describe", "--always", "--dirty"], capture_output=True, text=True)
    return done.stdout.strip() or "unknown"


def median_of(results):
    return statistics.median(result["median_ms"] for result in results)


def row(name, results, best_peer):
    low, high = min(result["q1_ms"] for result in results), max(result["q3_ms"] for result in results)
    memory = max(result["peak_rss_mb"] for result in results)
    median = median_of(results)
    return f"| {name} | {median:.0f} | {low:.0f} to {high:.0f} | {median / best_peer:.2f} | {memory:.0f} |"


def main():
    args = arguments()
    ours, theirs = measure(args)
    best_peer = min(median_of(results) for results in theirs.values())
    print(f"{processor()}, {args.threads} threads, {datetime.date.today()}, commit {commit()}, "
          f"{args.rounds} rounds of {args.repeats} steps\n")
    kind = "evaluation of" if args.evaluate else "step of"
    print(f"| {kind} batch 128, {args.precision} | median ms | quartiles, all rounds | of PyTorch's best | peak memory MB |")
    print("|---|---|---|---|---|")
    for name, results in {**ours, **theirs}.items():
        print(row(name, results, best_peer))


if __name__ == "__main__":
    main()
