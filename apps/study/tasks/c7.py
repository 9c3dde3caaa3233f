"""C7: with and without batch norm, with the norms per stage that tell why."""
from __future__ import annotations

from explain_norms import Norms, explain_norms
from options import SIZE
from records import read_csv, read_epochs
from results import Column, Result, series
from study import Run, Study
from tasks.common import EPOCH_COLUMNS, epoch_row, percent, run_files, size_note, training

TITLE = "With and without batch norm"
NEEDS = ()
DEPENDS_ON = (*SIZE, "epochs")
NETWORKS = {"batch": ("batch norm, lr 0.1", ("--norm", "batch")), "none": ("no norm, lr 0.1", ("--norm", "none")),
            "none-small": ("no norm, lr 0.01", ("--norm", "none", "--lr", "0.01"))}
STAGES = ["stem", "stage1", "stage2", "stage3", "stage4", "classifier"]
MEASUREMENTS_AN_EPOCH = 8


def network_run(study: Study, name: str) -> Run:
    label, flags = NETWORKS[name]
    options = study.options
    batches = options.limit_batches or 50_000 // options.batch_size
    every = max(1, batches // MEASUREMENTS_AN_EPOCH)
    return training(study, name, label, *flags, "--log-norms", str(every))


def measure(study: Study) -> None:
    study.run_all([network_run(study, name) for name in NETWORKS])


def read_norms(study: Study, name: str) -> list[dict]:
    path = study.run_folder(name) / "norms.csv"
    if not path.exists():  # diverged before its first measurement
        return []
    return read_csv(path, "epoch", "batch", "stage", "activation_rms", "gradient_norm", "weight_norm")


def at(rows: list[dict], which: int) -> dict[str, dict]:
    """By stage: the first (0) or last (-1) measurement."""
    moments = list(dict.fromkeys((row["epoch"], row["batch"]) for row in rows))
    return {row["stage"]: row for row in rows if moments and (row["epoch"], row["batch"]) == moments[which]}


def add_curves(study: Study, result: Result) -> None:
    epochs = {name: read_epochs(study.run_folder(name)) for name in NETWORKS}
    rows = []
    for name, (label, _) in NETWORKS.items():
        rows += [[label, *epoch_row(row), ""] for row in epochs[name]]
        diverged = study.ended[name].diverged
        rows += [[label, *[None] * 5, diverged]] if diverged else []
    result.add_table(study.out, "epochs", "Every epoch", [Column("network", "network"), *EPOCH_COLUMNS,
                                                         Column("end", "end")], rows)
    for column, title in (("train_loss", "Training loss"), ("test_top1", "Test top-1 (%)")):
        of = percent if column.endswith("top1") else (lambda value: value)
        lines = [series(label, [row["epoch"] for row in epochs[name]], [of(row[column]) for row in epochs[name]])
                 for name, (label, _) in NETWORKS.items() if epochs[name]]
        if lines:
            result.add_figure(column, title, "lines", ("epoch", title.lower()), lines)


def add_stages(study: Study, result: Result, norms: dict[str, list[dict]]) -> None:
    """First and last measurement of each network, by stage."""
    rows = []
    for name, (label, _) in NETWORKS.items():
        for which, when in ((0, "first"), (-1, "last")):
            found = at(norms[name], which)
            rows += [[label, when, found[stage]["epoch"], found[stage]["batch"], stage, found[stage]["activation_rms"],
                      found[stage]["gradient_norm"], found[stage]["weight_norm"]] for stage in STAGES if stage in found]
    columns = [Column("network", "network"), Column("when", "measurement"), Column("epoch", "epoch"),
               Column("batch", "batch"), Column("stage", "stage"), Column("activation_rms", "activations", "RMS", 5),
               Column("gradient_norm", "gradient", "2-norm", 6), Column("weight_norm", "weights", "2-norm", 3)]
    result.add_table(study.out, "norms", "Activations, gradients and weights by stage", columns, rows)
    for column, what in (("activation_rms", "RMS of activations"), ("gradient_norm", "Norm of the gradient")):
        for which, when in ((0, "first"), (-1, "last")):
            bars = []
            for name, (label, _) in NETWORKS.items():
                found = at(norms[name], which)
                if found:
                    bars.append(series(label, list(range(len(STAGES))),
                                       [found.get(stage, {}).get(column) for stage in STAGES]))
            if bars:
                result.add_figure(f"{column}_{when}", f"{what} by stage, {when} measurement", "bars",
                                  ("stage", what), bars, categories=STAGES, y_log=True)


def norms_of(study: Study, name: str, rows: list[dict]) -> Norms:
    epochs = read_epochs(study.run_folder(name))
    first = at(rows, 0)
    return Norms(NETWORKS[name][0], [(s, first[s]["activation_rms"]) for s in STAGES if s in first],
                 [(s, first[s]["gradient_norm"]) for s in STAGES if s in first], study.ended[name].diverged,
                 epochs[0]["train_loss"] if epochs else None, epochs[-1]["train_loss"] if epochs else None,
                 percent(epochs[-1]["test_top1"]) if epochs else None)


def evaluate(study: Study) -> Result:
    result = Result("c7", TITLE, study.options.quick)
    norms = {name: read_norms(study, name) for name in NETWORKS}
    add_curves(study, result)
    add_stages(study, result, norms)
    result.verdicts += explain_norms(*[norms_of(study, name, norms[name]) for name in NETWORKS])
    if study.options.quick:
        result.notes.append("A quick study trains a small network on few images: read the mechanism, not the top-1.")
    result.notes += [size_note(study.options),
                     "The third run has a tenth of the learning rate, to tell whether the step is too large.",
                     "Activations: RMS of a stage's output (of the classifier: of its input); gradient and weights: "
                     "2-norm over the stage's parameters."]
    for name in NETWORKS:
        result.files += run_files(study, name, "epochs.csv", "norms.csv")
    return result
