#!/usr/bin/env python3
"""The CPU's convolution algorithms beside each other, layer by layer, in turns (A B C A B C), so that a change of the
machine's speed meets all. Prints a table in Markdown.

    bench/compare_conv.py [--conv direct winograd2 winograd4] [--rounds 3] [--batch 128] [--filter REGEX]

Each cell is the median time of a pass in ms and the share of the machine's measured peak that its multiply-adds reach:
direct's 9 for each output and channel (those on the padding count, though they are skipped), Winograd's 4 or 2.25, its
transforms not counted. Nothing else should run meanwhile.
"""
import argparse
import json
import pathlib
import statistics
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
# Multiply-adds for one output and channel, of 9 taps.
SHARE_OF_TAPS = {"direct": 1.0, "winograd2": 16 / 4 / 9, "winograd4": 36 / 16 / 9}


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--conv", nargs="+", default=list(SHARE_OF_TAPS), choices=sorted(SHARE_OF_TAPS))
    parser.add_argument("--bench", default=str(ROOT / "build/cpu-release/bin/conv2d_bench"))
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--batch", type=int, default=128)
    parser.add_argument("--filter", default="^(forward|dgrad|wgrad).*r:3/stride:1", help="which of the benchmark's rows")
    return parser.parse_args()


def measure(args, conv):
    """row -> (ms, share of the peak as if it were direct)"""
    command = [args.bench, "--conv", conv, "--batch", str(args.batch), f"--benchmark_filter={args.filter}",
               "--benchmark_format=json", "--benchmark_min_time=0.2"]
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, universal_newlines=True)
    if done.returncode != 0:
        sys.exit(f"{' '.join(command)} failed with {done.returncode}:\n{done.stderr}")
    rows = json.loads(done.stdout)["benchmarks"]
    return {row["name"].replace("/real_time", ""): (row["real_time"], row["of_peak"]) for row in rows}


def main():
    args = arguments()
    results = {}
    for _ in range(args.rounds):
        for conv in args.conv:
            for name, result in measure(args, conv).items():
                results.setdefault(name, {}).setdefault(conv, []).append(result)
    print(f"| batch {args.batch} | {' | '.join(args.conv)} |")
    print("|---" * (len(args.conv) + 1) + "|")
    for name, by_conv in results.items():
        cells = []
        for conv in args.conv:
            milliseconds = statistics.median(result[0] for result in by_conv[conv])
            share = statistics.median(result[1] for result in by_conv[conv]) * SHARE_OF_TAPS[conv]
            cells.append(f"{milliseconds:.1f}, {share:.0%}")
        print(f"| {name} | {' | '.join(cells)} |")


if __name__ == "__main__":
    main()
