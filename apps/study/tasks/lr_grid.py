"""The learning rate of each optimizer, found on training images that are held out. The test set is not looked at."""
from __future__ import annotations

from facts import OPTIMIZERS
from records import read_epochs
from results import Column, Result
from study import Run, Study
from tasks.common import percent, training

GRID = {"sgd": (0.01, 0.03, 0.1, 0.3), "nesterov": (0.01, 0.03, 0.1, 0.3), "adagrad": (0.003, 0.01, 0.03, 0.1),
        "adadelta": (0.1, 0.3, 1.0, 3.0), "adam": (0.0001, 0.0003, 0.001, 0.003)}
VALIDATION_IMAGES = 5000


def grid_name(optimizer: str, rate: float) -> str:
    return f"grid-{optimizer}-{rate:g}"


def grid_runs(study: Study) -> list[Run]:
    return [training(study, grid_name(optimizer, rate), f"grid, {optimizer}, lr {rate:g}", "--opt", optimizer, "--lr",
                     f"{rate:g}", "--validation-images", str(VALIDATION_IMAGES))
            for optimizer in OPTIMIZERS for rate in GRID[optimizer]]


def validation(study: Study, optimizer: str, rate: float) -> dict | None:
    """The last epoch of a run; None where it diverged."""
    done = study.ended[grid_name(optimizer, rate)]
    rows = read_epochs(done.folder)
    return rows[-1] if rows and not done.diverged else None


def tuned_rates(study: Study) -> dict[str, str | None]:
    """The rate with the highest top-1 on the held-out images, of equal ones that with the least loss."""
    if study.dry:
        return {optimizer: "TUNED" for optimizer in OPTIMIZERS}
    chosen = {}
    for optimizer in OPTIMIZERS:
        ends = {rate: validation(study, optimizer, rate) for rate in GRID[optimizer]}
        good = [rate for rate, end in ends.items() if end]
        best = max(good, key=lambda rate: (ends[rate]["test_top1"], -ends[rate]["test_loss"]), default=None)
        chosen[optimizer] = None if best is None else f"{best:g}"
    return chosen


def add_grid(study: Study, result: Result) -> None:
    chosen = tuned_rates(study)
    columns = [Column("optimizer", "optimizer"), Column("lr", "learning rate", "", 4),
               Column("loss", "held-out loss", "", 4), Column("top1", "held-out top-1", "%", 2), Column("end", "end")]
    rows = []
    for optimizer in OPTIMIZERS:
        for rate in GRID[optimizer]:
            end, done = validation(study, optimizer, rate), study.ended[grid_name(optimizer, rate)]
            text = "chosen" if f"{rate:g}" == chosen[optimizer] else done.diverged or ""
            rows.append([optimizer, rate, end and end["test_loss"], percent(end and end["test_top1"]), text])
        if chosen[optimizer] in (f"{GRID[optimizer][0]:g}", f"{GRID[optimizer][-1]:g}"):
            result.warnings.append(f"{optimizer}: the best learning rate, {chosen[optimizer]}, is at the edge of its "
                                   "grid; a better one may lie outside.")
    result.add_table(study.out, "grid", "The search for a learning rate", columns, rows)


def grid_note(study: Study) -> str:
    grids = "; ".join(f"{optimizer} {', '.join(f'{rate:g}' for rate in rates)}" for optimizer, rates in GRID.items())
    return (f"Recipe tuned: the assignment's hyperparameters with the learning rate of the highest top-1 on "
            f"{VALIDATION_IMAGES:,} training images that are held out, after {study.options.epochs} epochs with seed 0. "
            f"Grid: {grids}.")
