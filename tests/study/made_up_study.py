#!/usr/bin/env python3
"""A finished study with made-up numbers of the shapes that real ones have: for tests of the report, and to look at.

    made_up_study.py OUT [--quick]
"""

import json
import math
import random
import sys
from pathlib import Path

PHASES = ("data", "copy", "forward", "backward", "optimizer", "launch", "wait", "metrics", "evaluation", "checkpoint",
          "other")
WORKERS = [0, 1, 2, 4, 8, 12, 16]
OPTIMIZERS = ("SGD", "SGD with Nesterov", "Adagrad", "Adadelta", "Adam")
STAGES = ("stem", "stage1", "stage2", "stage3", "stage4", "classifier")


def column(name, title, unit="", digits=None):
    return {"name": name, "title": title, "unit": unit, "digits": digits}


def table(identity, title, csv, columns, rows):
    return {"id": identity, "title": title, "csv": csv, "columns": columns, "rows": rows}


def figure(identity, title, kind, x_label, y_label, series, **more):
    return {"id": identity, "title": title, "kind": kind, "x_label": x_label, "y_label": y_label, "x_log": False,
            "y_log": False, "categories": [], "series": series, **more}


def training(chance, out, quick):
    batches = 40 if quick else 1955
    place = list(range(1, batches + 1))
    smooth = [0.62 + 1.7 * math.exp(-3.2 * i / batches) for i in place]
    loss = [value * math.exp(chance.gauss(0, 0.11)) for value in smooth]
    columns = [column("epoch", "epoch"), column("train_loss", "train loss", "", 4),
               column("train_top1", "train top-1", "%", 2), column("test_loss", "test loss", "", 4),
               column("test_top1", "test top-1", "%", 2)]
    rows = [[i, 2.1 / i ** 0.6, 100 - 78 / i ** 0.5, 2.2 / i ** 0.55, 100 - 80 / i ** 0.5 if i < 5 else None]
            for i in range(1, 6)]
    (out / "c1" / "runs" / "sgd").mkdir(parents=True)
    (out / "c1" / "runs" / "sgd" / "batches.csv").write_text("epoch,batch\n")
    return {"title": "Training, with loss and top-1 of every batch",
            "tables": [table("epochs", "Loss and top-1 per epoch", "c1/epochs.csv", columns, rows)],
            "figures": [
                figure("loss", "Loss of each batch and its running value", "lines", "batch", "loss",
                       [{"name": "batch", "x": place, "y": loss}, {"name": "running value", "x": place, "y": smooth}]),
                figure("top1", "Top-1 per epoch", "lines", "epoch", "top-1 (%)",
                       [{"name": name, "x": [1, 2, 3, 4, 5], "y": [row[i] for row in rows]}
                        for i, name in ((2, "train"), (4, "test"))])],
            "verdicts": ["After 5 epochs the test top-1 is 64.22 % (table Loss and top-1 per epoch); the training loss "
                         "fell from 2.1000 to 0.7996 and still falls, so that more epochs would help."],
            "files": ["c1/epochs.csv", "c1/runs/sgd/batches.csv", "c1/runs/gone.csv"]}


def phases(chance, out, quick):
    typical = (0.9, 0, 61, 122, 3.1, 0, 0, 0.02, 9.5, 0.4, 0.6)
    epochs = [[value * chance.uniform(0.97, 1.03) for value in typical] for _ in range(5)]
    columns = [column("epoch", "epoch"), column("wall_s", "wall", "s", 2)]
    columns += [column(f"{name}_s", name, "s", 3) for name in PHASES]
    columns += [column("loader_busy_s", "workers busy", "s", 2), column("loader_blocked_s", "workers blocked", "s", 2),
                column("loader_idle_s", "workers idle", "s", 2), column("ring_depth", "mean ring depth", "batches", 2)]
    rows = [[i + 1, sum(epoch), *epoch, 41.2 + i, 330.5, 1.01, 3.97] for i, epoch in enumerate(epochs)]
    series = [{"name": name, "y": [epoch[i] for epoch in epochs]} for i, name in enumerate(PHASES)]
    return {"title": "Seconds of data loading, training and all per epoch",
            "tables": [table("phases", "Where the trainer's time goes", "c2/phases.csv", columns, rows)],
            "figures": [figure("phases", "Wall time of each epoch by phase", "stacked", "epoch", "seconds", series,
                               categories=["1", "2", "3", "4", "5"])],
            "verdicts": ["Loading takes 0.5 % of an epoch (0.9 of 197.5 s), forward and backward 92.7 %."],
            "notes": ["All columns from data to other add up to the wall time."]}


def loader(chance, out, quick):
    series, rows = [], []
    for name, rate, most in (("binary", 52000, 8), ("PNG", 7300, 8), ("PNG, 200 µs a read", 2900, 16)):
        middle = [rate * min(max(n, 0.8), most) ** 0.85 * chance.uniform(0.96, 1.04) for n in WORKERS]
        spread = [value * chance.uniform(0.02, 0.09) for value in middle]
        low, high = ([m + sign * s for m, s in zip(middle, spread)] for sign in (-1, 1))
        series.append({"name": name, "x": WORKERS, "y": middle, "low": low, "high": high})
        rows += [[name, n, m, lo, hi, 5, n >= 4] for n, m, lo, hi in zip(WORKERS, middle, low, high)]
    series.append({"name": "needed by the network", "x": [0, 16], "y": [66.0, 66.0]})
    columns = [column("input", "input"), column("workers", "workers"), column("median", "median", "images/s", 1),
               column("low", "95 % from", "images/s", 1), column("high", "95 % to", "images/s", 1),
               column("repeats", "repeats"), column("enough", "enough")]
    return {"title": "Loader time against the number of workers",
            "tables": [table("alone", "The loader alone", "c3/loader.csv", columns, rows)],
            "figures": [figure("alone", "The loader alone", "lines", "workers", "images/s", series, y_log=True),
                        figure("wait", "Wait for data inside training", "points", "workers", "ms per batch",
                               [{"name": one["name"], "x": WORKERS, "y": [1e6 / y for y in one["y"]],
                                 "low": [1e6 / y for y in one["high"]], "high": [1e6 / y for y in one["low"]]}
                                for one in series[:3]])],
            "verdicts": ["For binary files 1 worker is the smallest count that is not significantly slower than the "
                         "best (figure The loader alone).",
                         "The network takes 66 images/s; the loader gives at least 2,300: it never holds training up."],
            "warnings": ["12 and 16 workers are more than the 2 CPUs of this job."]}


def comparison(chance, out, quick):
    names = ["1 worker", "8 workers"]
    columns = [column("case", "case"), column("loading", "loading", "s", 3), column("compute", "compute", "s", 3),
               column("verdict", "verdict")]
    return {"title": "Loading and compute with 1 worker and the best count",
            "tables": [table("both", "Seconds per epoch", "c4/both.csv", columns,
                             [[names[0], 0.913, 187.21, "compute-bound"],
                              [names[1], 0.00001, 189.98, "compute-bound"]])],
            "figures": [figure("both", "Loading and compute per epoch", "bars", "", "seconds",
                               [{"name": "loading", "y": [9.1, 2.2], "low": [8.5, 2], "high": [9.9, 2.3]},
                                {"name": "compute", "y": [187.2, 190], "low": [180, 184], "high": [193, 196]}],
                               categories=names)],
            "verdicts": ["No measurable difference: the intervals of the two epochs overlap (180 to 193 s and 184 to "
                         "196 s)."]}


def optimizers(chance, out, quick):
    epochs, figures, rows = [1, 2, 3, 4, 5], [], []
    for what, unit in (("loss", "loss"), ("top-1", "top-1 (%)")):
        series = []
        for recipe in ("assignment", "torch-defaults"):
            for i, name in enumerate(OPTIMIZERS):
                values = [2.3 * n ** (-0.2 - 0.1 * i) if what == "loss" else 100 - 70 * n ** (-0.2 - 0.1 * i)
                          for n in epochs]
                if (recipe, name) == ("assignment", "Adam"):
                    values = [values[0], float("nan"), None, None, None]
                series.append({"name": f"{name}, {recipe}", "x": epochs, "y": values})
        figures.append(figure(f"test-{what}", f"Test {what} of every optimizer", "lines", "epoch", unit, series))
    for name in OPTIMIZERS:
        for recipe in ("assignment", "torch-defaults"):
            diverged = (name, recipe) == ("Adam", "assignment")
            rows.append([name, recipe, 0.1 if recipe == "assignment" else 0.001,
                         *(["diverged at epoch 2, batch 7", None, float("nan"), None] if diverged else
                           [0.812, 71.4, 0.934, 67.31]), 197.2])
    columns = [column("optimizer", "optimizer"), column("recipe", "recipe"), column("lr", "lr"),
               column("train_loss", "train loss", "", 4), column("train_top1", "train top-1", "%", 2),
               column("test_loss", "test loss", "", 4), column("test_top1", "test top-1", "%", 2),
               column("epoch_s", "time per epoch", "s", 1)]
    return {"title": "Five optimizers, two recipes", "figures": figures,
            "tables": [table("last", "After 5 epochs", "c6/last.csv", columns, rows)],
            "verdicts": [] if quick else ["Adam at lr 0.1 diverged at epoch 2, batch 7; at its default it did not."],
            "warnings": ["lr 0.1 is unfit for Adam: 0.001 is usual."]}


def batch_norm(chance, out, quick):
    steps = list(range(1, 391, 10))
    norms = [{"name": stage, "x": steps, "y": [10 ** (-3 + i) * math.exp(chance.gauss(0, 0.3)) for _ in steps]}
             for i, stage in enumerate(STAGES)]
    norms[0]["y"][5] = 0.0
    rows = [[stage, 10 ** (-3 + i), 1.2e12 * 10 ** i] for i, stage in enumerate(STAGES)]
    columns = [column("stage", "stage"), column("with", "with batch norm", "", 6), column("without", "without", "", 3)]
    return {"title": "With and without batch norm", "figures": [
        figure("norms", "Gradient norm of each stage without batch norm", "lines", "step", "gradient norm", norms,
               y_log=True)],
            "tables": [table("norms", "Gradient norms at step 100", "c7/norms.csv", columns, rows)],
            "verdicts": ["Without batch norm the gradient of the stem is 10,000 times smaller than the classifier's."]}


def scaling(chance, out, quick):
    sizes = [32, 128, 512, 2048]
    columns = [column("batch", "batch size"), column("rate", "throughput", "images/s", 1),
               column("epoch_s", "time per epoch", "s", 1), column("rss", "peak memory", "MB", 0)]
    return {"title": "Batch sizes until memory ends",
            "tables": [table("sizes", "Batch sizes", "scaling/sizes.csv", columns,
                             [[size, 60 + size ** 0.3, 50000 / (60 + size ** 0.3), 300 + 4.1 * size]
                              for size in sizes])],
            "figures": [figure("rate", "Throughput", "lines", "batch size", "images/s",
                               [{"name": "training", "x": sizes, "y": [60 + size ** 0.3 for size in sizes]}],
                               x_log=True)],
            "verdicts": ["Throughput grows by 10 % from 32 to 2,048 images a batch."]}


PARTS = {"c1": training, "c2": phases, "c3": loader, "c4": comparison, "c6": optimizers, "c7": batch_norm,
         "scaling": scaling}  # c5 was not run


def write(out: Path, quick: bool = False) -> None:
    """The folder of a study in which c5 was not run and c7 failed."""
    chance = random.Random(4)
    out.mkdir(parents=True, exist_ok=True)
    study = {"format": 1, "created": "2026-11-24T12:00:00Z", "commit": "0123abc", "quick": quick,
             "machine": {"cpu": "AMD EPYC 9V74 80-Core Processor", "cores": 2, "memory_mb": 7941, "hostname": "node017",
                         "gpu": None},
             "options": {"device": "cpu", "precision": "fp32", "epochs": 5, "seeds": 1, "quick": quick,
                         "data_path": "data/cifar-10-batches-bin"},
             "preflight": ["The load average is 1.9 on 2 CPUs: times will be too long."]}
    (out / "study.json").write_text(json.dumps(study))
    for name, part in PARTS.items():
        (out / name).mkdir(exist_ok=True)
        content = {"format": 1, "task": name, "status": "failed" if name == "c7" else "done", "quick": quick,
                   "started": "2026-11-24T12:01:00Z", "seconds": 1234.5, "verdicts": [], "warnings": [], "notes": [],
                   "commands": [f"kindling-train --data-path data/cifar-10-batches-bin "
                                f"--output-dir out/{name}/runs/sgd "
                                "--epochs 5 --batch-size 128 --optimizer sgd --lr 0.1 --momentum 0.9"],
                   "files": [], **part(chance, out, quick)}
        for one in content["tables"]:
            (out / one["csv"]).write_text(",".join(column["name"] for column in one["columns"]) + "\n")
        (out / name / "result.json").write_text(json.dumps(content))


if __name__ == "__main__":
    write(Path(sys.argv[1]), "--quick" in sys.argv[2:])
