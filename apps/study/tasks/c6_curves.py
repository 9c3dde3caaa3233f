"""The curves of C6: a figure for each recipe and value, with a line for each optimizer."""
from __future__ import annotations

from statistics import mean, median

from results import Result, series
from tasks.common import percent

VALUES = {"train_loss": "Training loss", "test_loss": "Test loss", "train_top1": "Training top-1 (%)",
          "test_top1": "Test top-1 (%)"}


def curve(one, column: str) -> dict:
    """Means over the seeds; low and high are the least and the greatest of them."""
    of = percent if column.endswith("top1") else (lambda value: value)
    columns = list(zip(*[[of(row[column]) for row in rows] for rows in one.whole]))
    made = series(one.optimizer, list(range(1, len(columns) + 1)), [mean(values) for values in columns])
    if len(one.whole) > 1:
        made["low"], made["high"] = [min(values) for values in columns], [max(values) for values in columns]
    return made


def add_curves(result: Result, trained: list, recipes: list[str]) -> None:
    for recipe in recipes:
        whole = [one for one in trained if one.recipe == recipe and one.whole]
        for column, title in VALUES.items():
            lines = [curve(one, column) for one in whole]
            if lines:
                result.add_figure(f"{recipe}_{column}", f"{title}, recipe {recipe}", "lines",
                                  ("epoch", title.lower()), lines)
    optimizers = list(dict.fromkeys(one.optimizer for one in trained))
    bars = []
    for recipe in recipes:
        seconds = {one.optimizer: median(one.seconds()) for one in trained if one.recipe == recipe and one.whole}
        bars.append(series(recipe, list(range(len(optimizers))), [seconds.get(name) for name in optimizers]))
    result.add_figure("time", "Time of an epoch (median)", "bars", ("optimizer", "seconds"), bars,
                      categories=optimizers)
