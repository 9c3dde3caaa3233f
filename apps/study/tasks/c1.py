"""C1: the training of the assignment, with loss and top-1 of every batch."""
from __future__ import annotations

from options import SIZE
from records import read_batches, read_epochs
from results import Column, Result, series
from study import Study
from tasks.common import EPOCH_COLUMNS, device_of, epoch_row, percent, run_files, size_note, training

TITLE = "Training: loss, running value and top-1 of every batch"
NEEDS = ()
DEPENDS_ON = (*SIZE, "epochs")
NAME = "sgd"


def measure(study: Study) -> None:
    study.run(training(study, NAME, "SGD, lr 0.1, momentum 0.9, weight decay 5e-4"))


def add_figures(result: Result, batches: list[dict]) -> None:
    steps = list(range(1, len(batches) + 1))
    result.add_figure("loss", "Training loss", "lines", ("step", "loss"),
                      [series("of the batch", steps, [row["loss"] for row in batches]),
                       series("running, since the epoch's start", steps, [row["running_loss"] for row in batches])])
    result.add_figure("top1", "Training top-1", "lines", ("step", "top-1 (%)"),
                      [series("of the batch", steps, [percent(row["top1"]) for row in batches]),
                       series("running, since the epoch's start", steps,
                              [percent(row["running_top1"]) for row in batches])])


def tests_figure(result: Result, epochs: list[dict]) -> None:
    x = [row["epoch"] for row in epochs]
    for name, what, of in (("loss", "loss", lambda value: value), ("top1", "top-1 (%)", percent)):
        lines = [series(kind, x, [of(row[f"{kind}_{name}"]) for row in epochs]) for kind in ("train", "test")]
        result.add_figure(f"epochs_{name}", f"{what.capitalize()} by epoch", "lines", ("epoch", what), lines)


def verdict(batches: list[dict], epochs: list[dict]) -> str:
    first, last = batches[0]["loss"], epochs[-1]
    verb = "falls" if last["train_loss"] < first else "rises"
    text = (f"The loss {verb} from {first:.3f} in the first batch to {last['train_loss']:.3f} on average in epoch "
            f"{last['epoch']}; the training top-1 of that epoch is {percent(last['train_top1']):.2f} %")
    if last["test_top1"] is not None:
        text += f", the test top-1 after it {percent(last['test_top1']):.2f} % (test loss {last['test_loss']:.3f})"
    return text + "."


def epoch_ends(batches: list[dict]) -> list[list]:
    images: dict[int, int] = {}
    last: dict[int, dict] = {}
    for row in batches:
        images[row["epoch"]] = images.get(row["epoch"], 0) + row["images"]
        last[row["epoch"]] = row
    return [[epoch, row["batch"], images[epoch], row["running_loss"], percent(row["running_top1"])]
            for epoch, row in last.items()]


def evaluate(study: Study) -> Result:
    folder = study.run_folder(NAME)
    result = Result("c1", TITLE, study.options.quick)
    batches, epochs = read_batches(folder), read_epochs(folder)
    add_figures(result, batches)
    if epochs:
        tests_figure(result, epochs)
        result.verdicts.append(verdict(batches, epochs))
    result.add_table(study.out, "epochs", "Losses and top-1 by epoch", EPOCH_COLUMNS,
                     [epoch_row(row) for row in epochs])
    columns = [Column("epoch", "epoch"), Column("batches", "batches"), Column("images", "images"),
               Column("running_loss", "running loss at its end", "", 4),
               Column("running_top1", "running top-1 at its end", "%", 2)]
    result.add_table(study.out, "running", "Running values, weighted by images", columns, epoch_ends(batches))
    diverged = study.ended[NAME].diverged
    if diverged:
        result.warnings.append(f"The run {diverged}.")
    result.notes += [size_note(study.options), f"Device: {device_of(folder)}.",
                     "The loss of a batch is taken before the step that it causes; test values after the epoch."]
    result.files += run_files(study, NAME, "batches.csv", "epochs.csv", "run.json")
    return result
