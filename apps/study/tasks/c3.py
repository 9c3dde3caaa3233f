"""C3: loading against the number of workers: the loader alone, and as waiting inside training."""
from __future__ import annotations

from explain import workers_text
from intervals import METHOD, TEST, Choice, Interval, can_decide, interval, short, smallest_not_slower
from options import SIZE, TIMING
from records import read_json
from results import Column, Result, series
from study import Study
from tasks.common import size_note
from tasks.inputs import (alone_times, draining, export_png, fixed_batch, inputs, timed_training, times_of,
                          where_files_lie)

TITLE = "Loading against the number of workers"
NEEDS = ()
DEPENDS_ON = (*SIZE, *TIMING)
TIME_COLUMNS = [Column("median", "median", "ms a batch", 3), Column("low", "from", "ms a batch", 3),
                Column("high", "to", "ms a batch", 3)]


def measure(study: Study) -> None:
    options = study.options
    export_png(study)
    for data in inputs(study):
        study.run(draining(study, data, options.workers_list, options.alone_repeats))
    runs = []
    for repeat in range(1, options.repeats + 1):  # all in turn, so that a slow minute of the machine meets all alike
        runs += [timed_training(study, data, count, repeat) for data in inputs(study) for count in options.workers_list]
        runs.append(fixed_batch(study, repeat))
    study.run_all(runs)


def waiting_times(study: Study, name: str) -> dict[int, list[float]]:
    options = study.options
    return {count: [times_of(study.ended[f"{name}-w{count}-r{repeat}"]).wait
                    for repeat in range(1, options.repeats + 1)] for count in options.workers_list}


def needed_images_per_s(study: Study) -> Interval:
    """What compute alone eats."""
    return interval([1000 * study.options.batch_size / times_of(study.ended[f"fixed-r{repeat}"]).compute
                     for repeat in range(1, study.options.repeats + 1)])


def batches_per_epoch(study: Study) -> int:
    record = read_json(study.ended["fixed-r1"].folder / "run.json")
    return -(-record.get("sizes", {}).get("train_images", 0) // study.options.batch_size)


class Sweep:
    """One input measured in one way."""

    def __init__(self, title: str, times: dict[int, list[float]]):
        self.title, self.times = title, times
        self.counts = sorted(times)
        self.intervals = {count: interval(times[count]) for count in self.counts}
        self.choice: Choice = smallest_not_slower(times)

    def rows(self, batches: int) -> list[list]:
        return [[self.title, count, found.median, found.low, found.high, found.median * batches / 1000,
                 self.choice.p[count], len(self.times[count]), 100 * found.coverage]
                for count, found in self.intervals.items()]

    def rates(self, batch: int) -> dict[int, Interval]:
        """Images a second."""
        return {count: interval([1000 * batch / time for time in self.times[count]]) for count in self.counts}

    def line(self) -> dict:
        found = list(self.intervals.values())
        return series(self.title, self.counts, [one.median for one in found], found)

    def chosen_text(self) -> str:
        choice = self.choice
        text = f"{choice.count} ({self.intervals[choice.count].text('ms')} a batch)"
        if choice.count != choice.best:
            text += (f", against {self.intervals[choice.best].text('ms')} with the best, {choice.best}: p = "
                     f"{choice.p[choice.count]:.2f}")
        return text


def add_sweeps(study: Study, result: Result, name: str, title: str, sweeps: list[Sweep]) -> None:
    columns = [Column("input", "input"), Column("workers", "workers"), *TIME_COLUMNS,
               Column("epoch_s", "a whole epoch", "s", 2), Column("p", "p against the best", "", 3),
               Column("repeats", "repeats"), Column("coverage", "coverage of from/to", "%", 1)]
    batches = batches_per_epoch(study)
    result.add_table(study.out, name, title, columns, [row for sweep in sweeps for row in sweep.rows(batches)])
    lowest = min(found.low for sweep in sweeps for found in sweep.intervals.values())
    result.add_figure(name, title, "lines", ("workers", "ms a batch"), [sweep.line() for sweep in sweeps],
                      y_log=lowest > 0)


def add_rates(study: Study, result: Result, alone: list[Sweep], needed: Interval) -> None:
    """Available beside needed."""
    batch = study.options.batch_size
    lines, rows = [], []
    for sweep in alone:
        rates = sweep.rates(batch)
        lines.append(series(sweep.title, sweep.counts, [rate.median for rate in rates.values()], list(rates.values())))
        rows += [[sweep.title, count, rate.median, needed.median, rate.median / needed.median]
                 for count, rate in rates.items()]
    ends = [min(alone[0].counts), max(alone[0].counts)]
    lines.append(series("needed: what compute alone eats", ends, [needed.median] * 2, [needed] * 2))
    result.add_figure("rates", "Images a second: available from the loader alone, and needed", "lines",
                      ("workers", "images/s"), lines, y_log=True)
    columns = [Column("input", "input"), Column("workers", "workers"), Column("available", "available", "images/s", 0),
               Column("needed", "needed", "images/s", 0), Column("ratio", "available / needed", "", 2)]
    result.add_table(study.out, "rates", "Images a second, available and needed", columns, rows)


def enough_text(alone: Sweep, needed: Interval, batch: int) -> str:
    workers = [count for count in alone.counts if count > 0]  # with none, loading and computing take turns
    rates = alone.rates(batch)
    enough = [count for count in workers if rates[count].median >= needed.median]
    most = max(rates[count].median for count in workers or alone.counts)
    if not enough:
        return (f"no count of workers delivers the {short(needed.median)} images/s that compute alone eats: the most "
                f"is {short(most)}.")
    return (f"compute alone eats {short(needed.median)} images/s; {workers_text(enough[0])} without training would "
            f"deliver {short(rates[enough[0]].median)}, the most is {short(most)}.")


def verdicts(study: Study, alone: list[Sweep], waiting: list[Sweep], needed: Interval) -> list[str]:
    found = []
    for one, inside in zip(alone, waiting):
        found.append(f"{one.title}: the smallest count not significantly slower than the best is, for the loader "
                     f"alone, {one.chosen_text()}; inside training, by waiting, {inside.chosen_text()}.")
        found.append(f"{one.title}: {enough_text(one, needed, study.options.batch_size)}")
    return found


def add_raw(study: Study, result: Result, alone: list[Sweep], waiting: list[Sweep]) -> None:
    rows = [[sweep.title, method, count, repeat, time] for method, sweeps in (("alone", alone), ("waiting", waiting))
            for sweep in sweeps for count in sweep.counts for repeat, time in enumerate(sweep.times[count], 1)]
    columns = [Column("input", "input"), Column("method", "method"), Column("workers", "workers"),
               Column("repeat", "repeat"), Column("ms_a_batch", "time", "ms a batch", 3)]
    result.add_table(study.out, "repeats", "Every repeat", columns, rows)
    result.files.append(result.tables.pop()["csv"])  # hundreds of rows: in the file, not on the page


def evaluate(study: Study) -> Result:
    options = study.options
    result = Result("c3", TITLE, options.quick)
    data = inputs(study)
    alone = [Sweep(one.title, alone_times(study, study.ended[f"alone-{one.name}"])) for one in data]
    waiting = [Sweep(one.title, waiting_times(study, one.name)) for one in data]
    needed = needed_images_per_s(study)
    add_sweeps(study, result, "alone", "The loader alone", alone)
    add_sweeps(study, result, "waiting", "Waiting for data inside training", waiting)
    add_rates(study, result, alone, needed)
    add_raw(study, result, alone, waiting)
    result.verdicts += verdicts(study, alone, waiting, needed)
    if not can_decide(options.repeats):
        result.warnings.append(f"{options.repeats} repeats are too few for the test to find any count slower (3 can): "
                               "the smallest count is named, whatever was measured.")
    result.warnings += where_files_lie(study)
    result.notes += [size_note(options), METHOD, TEST,
                     f"Inside training: {options.timing_batches or 'all'} batches a run, nothing evaluated; needed: "
                     "the same with one batch that is there already (--fixed-batch).",
                     "0 workers: the trainer loads by itself, and waits as long as loading takes.",
                     "The loader alone has all CPUs for itself; inside training it shares them with compute."]
    return result
