"""C6: five optimizers by the recipes of the assignment and of torch, and if asked with tuned learning rates."""
from __future__ import annotations

from statistics import mean, stdev

from facts import OPTIMIZERS
from options import SIZE
from records import read_epochs, read_json
from results import Column, Result
from study import Run, Study
from tasks.c6_curves import add_curves
from tasks.common import EPOCH_COLUMNS, epoch_row, percent, run_files, size_note, training
from tasks.lr_grid import add_grid, grid_note, grid_runs, tuned_rates

TITLE = "Five optimizers"
NEEDS = ()
DEPENDS_ON = (*SIZE, "epochs", "seeds", "lr_grid")
RECIPES = {"assignment": "the assignment's: lr 0.1, weight decay 5e-4, momentum 0.9 (sgd, nesterov)",
           "torch-defaults": "the defaults of torch.optim",
           "tuned": "the assignment's with the learning rate of --lr-grid"}


def run_name(recipe: str, optimizer: str, seed: int) -> str:
    return f"{recipe}-{optimizer}-s{seed}"


def optimizer_run(study: Study, recipe: str, optimizer: str, seed: int, rate=None) -> Run:
    more = ["--opt", optimizer]
    more += ["--lr", str(rate)] if recipe == "tuned" else ["--recipe", recipe] if recipe != "assignment" else []
    more += ["--seed", str(seed)] if seed else []
    return training(study, run_name(recipe, optimizer, seed), f"{recipe}, {optimizer}, seed {seed}", *more)


def recipes(study: Study) -> list[str]:
    return ["assignment", "torch-defaults"] + (["tuned"] if study.options.lr_grid else [])


def measure(study: Study) -> None:
    seeds = range(study.options.seeds)
    study.run_all([optimizer_run(study, recipe, optimizer, seed) for recipe in recipes(study)[:2] for seed in seeds
                   for optimizer in OPTIMIZERS])
    if study.options.lr_grid:
        study.run_all(grid_runs(study))
        rates = tuned_rates(study)
        study.run_all([optimizer_run(study, "tuned", optimizer, seed, rates[optimizer]) for seed in seeds
                       for optimizer in OPTIMIZERS if rates[optimizer] is not None])


class Trained:
    """All seeds of one optimizer with one recipe."""

    def __init__(self, study: Study, recipe: str, optimizer: str):
        self.recipe, self.optimizer = recipe, optimizer
        names = [run_name(recipe, optimizer, seed) for seed in range(study.options.seeds)]
        self.done = {seed: study.ended[name] for seed, name in enumerate(names) if name in study.ended}
        self.epochs = {seed: read_epochs(done.folder) for seed, done in self.done.items()}
        self.diverged = {seed: done.diverged for seed, done in self.done.items() if done.diverged}
        self.whole = [rows for seed, rows in self.epochs.items() if seed not in self.diverged and rows]
        records = [read_json(done.folder / "run.json") for done in self.done.values()]
        self.rate = records[0].get("options", {}).get("lr") if records else None

    def finals(self, column: str, of=lambda value: value) -> list[float]:
        return [of(rows[-1][column]) for rows in self.whole]

    def seconds(self) -> list[float]:
        return [row["total_s"] for rows in self.whole for row in rows]

    def end(self) -> str:
        if not self.done:
            return "no rate of the grid trained"
        ends = [f"seed {seed} {text}" if len(self.done) > 1 else text for seed, text in self.diverged.items()]
        return "; ".join(ends) or "trained"

    def seeds(self) -> str:
        return f"{self.optimizer} with {len(self.whole)} of {len(self.done)} seeds"


def spread(values: list[float]) -> float | None:
    return stdev(values) if len(values) > 1 else None


def average(values: list[float]) -> float | None:
    return mean(values) if values else None


def add_finals(study: Study, result: Result, trained: list[Trained]) -> None:
    columns = [Column("recipe", "recipe"), Column("optimizer", "optimizer"), Column("lr", "learning rate", "", 5),
               Column("train_loss", "training loss", "", 4), Column("train_top1", "training top-1", "%", 2),
               Column("test_loss", "test loss", "", 4), Column("test_top1", "test top-1", "%", 2),
               Column("test_top1_sd", "its spread", "% (sd)", 2), Column("epoch_s", "time", "s an epoch", 2),
               Column("runs", "runs"), Column("end", "what happened")]
    rows = [[one.recipe, one.optimizer, one.rate, average(one.finals("train_loss")),
             average(one.finals("train_top1", percent)), average(one.finals("test_loss")),
             average(one.finals("test_top1", percent)), spread(one.finals("test_top1", percent)),
             average(one.seconds()), len(one.done), one.end()] for one in trained]
    result.add_table(study.out, "finals", "After the last epoch; means over the seeds that did not diverge", columns,
                     rows)


def add_epochs(study: Study, result: Result, trained: list[Trained]) -> None:
    columns = [Column("recipe", "recipe"), Column("optimizer", "optimizer"), Column("seed", "seed"), *EPOCH_COLUMNS,
               Column("total_s", "time", "s", 2), Column("end", "end")]
    rows = []
    for one in trained:
        for seed, epochs in one.epochs.items():
            rows += [[one.recipe, one.optimizer, seed, *epoch_row(row), row["total_s"], ""] for row in epochs]
            if seed in one.diverged:
                rows.append([one.recipe, one.optimizer, seed, *[None] * 6, one.diverged[seed]])
    result.add_table(study.out, "epochs", "Every epoch", columns, rows)


def verdict(recipe: str, trained: list[Trained]) -> list[str]:
    whole = sorted((one for one in trained if one.recipe == recipe and one.whole),
                   key=lambda one: -mean(one.finals("test_top1")))
    found = [f"{recipe}: {one.optimizer}{':' if not one.done else ''} {one.end()}." for one in trained
             if one.recipe == recipe and (one.diverged or not one.done)]
    if len(whole) < 2:
        return found
    first, second = whole[:2]
    tops = [one.finals("test_top1", percent) for one in (first, second)]
    text = (f"{recipe}: {first.optimizer} has the highest test top-1, {mean(tops[0]):.2f} %, before {second.optimizer} "
            f"with {mean(tops[1]):.2f} %")
    if len(first.done) == len(second.done) == 1:
        return [*found, f"{text}; with one seed each, whether that is chance isn't known (--seeds 3 tells more)."]
    if first.diverged or second.diverged:
        text += f" ({first.seeds()}, {second.seeds()}; the others diverged)"
    if len(tops[0]) < 2 or len(tops[1]) < 2:
        return [*found, f"{text}; whether that is chance isn't known."]
    if min(tops[0]) <= max(tops[1]):
        return [*found, f"{text}; no measurable difference: the ranges of their seeds, {min(tops[0]):.2f} to "
                        f"{max(tops[0]):.2f} and {min(tops[1]):.2f} to {max(tops[1]):.2f} %, overlap."]
    return [*found, f"{text}; the ranges of their seeds don't overlap ({min(tops[0]):.2f} and {max(tops[1]):.2f} %)."]


def evaluate(study: Study) -> Result:
    options = study.options
    result = Result("c6", TITLE, options.quick)
    trained = [Trained(study, recipe, optimizer) for recipe in recipes(study) for optimizer in OPTIMIZERS]
    add_finals(study, result, trained)
    add_epochs(study, result, trained)
    add_curves(result, trained, recipes(study))
    for recipe in recipes(study):
        result.notes.append(f"Recipe {recipe}: {RECIPES[recipe]}.")
        result.verdicts += [] if options.quick else verdict(recipe, trained)
    if options.lr_grid:
        add_grid(study, result)
        result.notes.append(grid_note(study))
    if options.quick:
        result.notes.append("A quick study says nothing about optimizers: the network is small and hardly trained.")
    result.notes.append(size_note(options))
    for one in trained:
        result.files += [file for seed in one.done
                         for file in run_files(study, run_name(one.recipe, one.optimizer, seed), "epochs.csv")]
    return result
