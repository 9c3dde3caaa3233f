#!/usr/bin/env python3
"""Reads the results of tools/gpu_check.sh and prints them as Markdown: what ran, epochs and steps beside PyTorch's, the
targets, and the ops' shares of the measured peak.

    bench/gpu_summary.py RESULTS_FOLDER

An epoch's time is that of training on the 50,000 images, loader included; evaluation stands beside it. Kindling's comes
from epochs.csv (total_s - eval_s). Medians are over all epochs but the first, in which plans are chosen and steps
recorded; the mean is over all. PyTorch's warm-up is not in its epochs at all.
"""

import csv
import json
import statistics
import sys
from pathlib import Path

# batch -> most seconds for an epoch in bf16, and at least this many times faster than the best of PyTorch's (issue 3)
TARGETS = {128: 1.0, 512: 0.75}
LEAST_RATIO = 1.3


def load(path):
    return json.loads(path.read_text())


def table(header, rows):
    if not rows:
        return ["nothing was measured", ""]
    return ["| " + " | ".join(header) + " |", "|" + "---|" * len(header),
            *("| " + " | ".join(str(cell) for cell in row) + " |" for row in rows), ""]


def text_file(path, missing):
    return path.read_text().rstrip().splitlines() if path.exists() else [missing]


class Epochs:
    """Seconds of the epochs of one run."""

    def __init__(self, name, batch, precision, train, evaluation, top1, whole=True):
        self.name, self.batch, self.precision = name, batch, precision
        self.train, self.evaluation, self.top1, self.whole = train, evaluation, top1, whole

    @property
    def median(self):
        return statistics.median(self.train[1:] or self.train)

    def row(self):
        return [self.name, self.precision, self.batch, len(self.train), f"{self.median:.3f}",
                f"{statistics.mean(self.train):.3f}", f"{statistics.median(self.evaluation):.3f}",
                f"{50000 / self.median:,.0f}" if self.whole else "-", f"{100 * self.top1:.2f} %"]


def kindling_epochs(results):
    for folder in sorted((results / "runs").glob("*")):
        if not (folder / "epochs.csv").exists() or not (folder / "run.json").exists():
            continue
        with open(folder / "epochs.csv", newline="") as file:
            rows = list(csv.DictReader(file))
        options = load(folder / "run.json")["options"]
        if rows:
            yield Epochs(f"Kindling, {folder.name}", int(options["batch_size"]), options["precision"],
                         [float(row["total_s"]) - float(row["eval_s"]) for row in rows],
                         [float(row["eval_s"]) for row in rows], float(rows[-1]["test_top1"]),
                         whole=options["limit_batches"] == 0 and options["dataset"] != "synthetic")


def torch_epochs(results):
    for path in sorted(results.glob("torch-epoch-*.json")):
        run = load(path)
        note = " (tiny, on the CPU: a rehearsal)" if run["tiny"] else ""
        for loader, times in run["loaders"].items():
            yield Epochs(f"PyTorch {run['torch']}, {run['mode']}, {loader}{note}", run["batch"], run["precision"],
                         times["train_s"], times["eval_s"], times["test_top1"][-1], whole=not run["tiny"])


def target_lines(ours, peers):
    """One row for each target: met, missed or not measured."""
    rows = []
    ours, peers = ([run for run in runs if run.whole] for runs in (ours, peers))
    for batch, most in TARGETS.items():
        mine = [run for run in ours if (run.batch, run.precision) == (batch, "bf16") and "own-conv" not in run.name]
        theirs = [run for run in peers if (run.batch, run.precision) == (batch, "bf16")]
        best = min((run.median for run in mine), default=None)
        rows.append([f"epoch at batch {batch}, bf16, under {most} s", f"{best:.3f} s" if best else "-",
                     "not measured" if best is None else "met" if best < most else "missed"])
        peer = min(theirs, key=lambda run: run.median, default=None)
        ratio = peer.median / best if best and peer else None
        who = f" ({peer.name})" if peer else ""
        rows.append([f"at batch {batch} at least {LEAST_RATIO} times the best PyTorch{who}",
                     f"{ratio:.2f}" if ratio else "-",
                     "not measured" if ratio is None else "met" if ratio >= LEAST_RATIO else "missed"])
    return rows


def step_rows(results):
    for path in sorted(results.glob("step-*.json")):
        run = load(path)
        yield ["Kindling", run["precision"], run["batch"], run["median_ms"], f"{run['q1_ms']} to {run['q3_ms']}",
               f"{run['images_per_s']:,.0f}", f"{100 * run['of_peak']:.0f} %"]
    for path in sorted(results.glob("torch-step-*.json")):
        run = load(path)
        yield [f"PyTorch, {run['mode']}" + (" (rehearsal)" if run["tiny"] else ""), run["precision"], run["batch"],
               run["median_ms"], f"{run['q1_ms']} to {run['q3_ms']}", f"{run['images_per_s']:,.0f}", "-"]


def op_rows(results):
    """One row for each op and shape, a column pair for each kind of run: time and share of the peak."""
    columns, cells = [], {}
    for path in sorted(results.glob("ops-*.json")):
        try:
            run = load(path)
        except json.JSONDecodeError:
            continue  # cut while it was written
        column = path.stem.removeprefix("ops-").rsplit("-", 1)[0]
        if column not in columns:
            columns.append(column)
        for entry in run["benchmarks"]:
            share = entry.get("of_peak", entry.get("of_copy"))
            name = (path.stem.rsplit("-", 1)[1], entry["name"].removesuffix("/real_time"))
            cells.setdefault(name, {})[column] = f"{entry['real_time']:.3g} {entry['time_unit']}, {100 * share:.0f} %"
    rows = [[*name, *(found.get(column, "-") for column in columns)] for name, found in cells.items()]
    return ["program", "op", *columns], rows


def main():
    if len(sys.argv) != 2 or not Path(sys.argv[1]).is_dir():
        sys.exit("usage: gpu_summary.py RESULTS_FOLDER")
    results = Path(sys.argv[1])
    ours, peers = list(kindling_epochs(results)), list(torch_epochs(results))
    lines = ["# Results of tools/gpu_check.sh", "", "```",
             *text_file(results / "versions.txt", "the versions were not written"), "```", "", "## Targets", ""]
    lines += table(["target", "found", ""], target_lines(ours, peers))
    lines += ["## Epochs", ""]
    lines += table(["run", "precision", "batch", "epochs", "train s, median", "train s, mean", "eval s, median",
                    "images/s", "test top-1"], [run.row() for run in ours + peers])
    lines += ["## Steps", ""]
    lines += table(["step", "precision", "batch", "median ms", "quartiles", "images/s", "of peak"],
                   list(step_rows(results)))
    lines += ["## Ops: time, and share of the measured peak (convolutions, linear, layers) or of a copy", ""]
    lines += table(*op_rows(results))
    lines += ["## Tests", "", "```"]
    for path in sorted(results.glob("tests-*.txt")):
        lines += path.read_text().rstrip().splitlines()
    lines += ["```", "", "## Stages", "", "```", *text_file(results / "stages.txt", "none"), "```"]
    print("\n".join(lines))


if __name__ == "__main__":
    main()
