"""C4: loading and computing with one worker and with the best count; the program explains the difference, and checks
what each run says of its own bottleneck against compute alone and the loader alone."""
from __future__ import annotations

import machine
from explain import Measured, Side, explain, slower
from failure import INTERNAL, StudyError
from intervals import METHOD, SIGNIFICANCE, interval
from options import SIZE, TIMING
from records import read_json
from results import Column, Result, series
from statistics import median
from study import Study
from tasks.common import own_verdict, relative, size_note
from tasks.inputs import Input, alone_times, draining, export_png, fixed_batch, inputs, timed_training, times_of

TITLE = "Loading and computing with 1 worker and with the best count"
NEEDS = ("c3",)
DEPENDS_ON = (*SIZE, *TIMING)
ONE = 1


def best_count(study: Study, title: str):
    """C3's choice by waiting inside training; where that is 1, the count of least waiting, to have two to compare."""
    table = next((table for table in read_json(study.out / "c3" / "result.json").get("tables", [])
                  if table["id"] == "waiting"), None)
    if table is None and study.dry:
        return "BEST"  # C3 hasn't measured
    if table is None:
        raise StudyError(INTERNAL, f"c4: wanted the table of waiting times in {study.out / 'c3' / 'result.json'}, "
                                   "found none")
    names = [column["name"] for column in table["columns"]]
    rows = [row for row in (dict(zip(names, values)) for values in table["rows"]) if row["input"] == title]
    smallest = min(row["workers"] for row in rows if row["p"] > SIGNIFICANCE)
    if smallest != ONE:
        return smallest
    others = [row for row in rows if row["workers"] != ONE]
    return min(others, key=lambda row: row["median"])["workers"] if others else ONE + 1


def pairs(study: Study) -> list[tuple[Input, object]]:
    return [(data, best_count(study, data.title)) for data in inputs(study)]


def measure(study: Study) -> None:
    options = study.options
    export_png(study)  # C3 has, but another job's disk may be gone
    for data, best in pairs(study):
        study.run(draining(study, data, [ONE, best], options.alone_repeats))
    runs = []
    for repeat in range(1, options.repeats + 1):
        runs += [timed_training(study, data, count, repeat) for data, best in pairs(study) for count in (ONE, best)]
        runs.append(fixed_batch(study, repeat))
    study.run_all(runs)


def runs_of(study: Study, data: Input, workers: int) -> list:
    return [study.ended[f"{data.name}-w{workers}-r{repeat}"] for repeat in range(1, study.options.repeats + 1)]


def side(study: Study, data: Input, workers: int, alone: dict) -> Side:
    times = [times_of(done) for done in runs_of(study, data, workers)]
    return Side(workers, [one.wait for one in times], [one.compute for one in times], alone[workers])


def measured_inputs(study: Study) -> list[tuple[Input, Measured]]:
    options = study.options
    fixed = [times_of(study.ended[f"fixed-r{repeat}"]).compute for repeat in range(1, options.repeats + 1)]
    threads = 0 if options.on_gpu else options.threads or machine.cpus()
    found = []
    for data, best in pairs(study):
        alone = alone_times(study, study.ended[f"alone-{data.name}"])
        sides = [side(study, data, count, alone) for count in (ONE, best)]
        found.append((data, Measured(data.title, *sides, fixed, machine.cpus(), threads)))
    return found


def add_times(study: Study, result: Result, found: list[tuple[Input, Measured]]) -> None:
    rows, labels, waits, computes = [], [], [], []
    for _, measured in found:
        for one in (measured.one, measured.other):
            wait, compute = interval(one.wait), interval(one.compute)
            rows.append([measured.title, one.workers, wait.median, wait.low, wait.high, compute.median, compute.low,
                         compute.high, interval(one.alone).median, interval(measured.fixed).median])
            labels.append(f"{measured.title.split(' (')[0]}, {one.workers}")
            waits.append(wait.median)
            computes.append(compute.median)
    columns = [Column("input", "input"), Column("workers", "workers"), Column("wait", "waiting", "ms a batch", 3),
               Column("wait_low", "from", "ms", 3), Column("wait_high", "to", "ms", 3),
               Column("compute", "computing", "ms a batch", 2), Column("compute_low", "from", "ms", 2),
               Column("compute_high", "to", "ms", 2), Column("alone", "loader alone", "ms a batch", 3),
               Column("fixed", "compute alone", "ms a batch", 2)]
    result.add_table(study.out, "times", "Waiting and computing inside training, and each alone (medians)", columns,
                     rows)
    places = list(range(len(labels)))
    result.add_figure("times", "A batch inside training", "stacked", ("input, workers", "ms a batch"),
                      [series("computing", places, computes), series("waiting for data", places, waits)],
                      categories=labels)


def stage(bottleneck: str) -> str:
    """Compute alone has copying and launching in it: of the run's verdicts these are one."""
    return "compute" if bottleneck in ("copy", "launch", "compute") else bottleneck


def add_verdicts(study: Study, result: Result, found: list[tuple[Input, Measured]]) -> None:
    """The differential check."""
    rows, agreed, known = [], 0, 0
    for data, measured in found:
        fixed = median(measured.fixed)
        for one in (measured.one, measured.other):
            expected = slower(median(one.alone), fixed)
            for repeat, done in enumerate(runs_of(study, data, one.workers), 1):
                own = own_verdict(done.folder).get("bottleneck")
                agrees = None if own is None else stage(own) == expected
                known += own is not None
                agreed += bool(agrees)
                rows.append([measured.title, one.workers, repeat, own, own_verdict(done.folder).get("margin"),
                             median(one.alone), fixed, expected, {None: "unknown", True: "yes", False: "NO"}[agrees]])
    columns = [Column("input", "input"), Column("workers", "workers"), Column("repeat", "repeat"),
               Column("verdict", "the run's verdict"), Column("margin", "its margin", "", 2),
               Column("alone", "loader alone", "ms a batch", 3), Column("fixed", "compute alone", "ms a batch", 2),
               Column("expected", "slower of the two"), Column("agrees", "agrees")]
    result.add_table(study.out, "verdicts", "What each run says of itself, against loader and compute alone", columns,
                     rows)
    result.verdicts.append(f"The run's own verdict agrees with the differential method in {agreed} of {known} runs.")
    if agreed < known:
        result.warnings.append(f"{known - agreed} of {known} verdicts differ from the differential method: see the "
                               "table; the loader alone has all CPUs, inside training it shares them.")


def evaluate(study: Study) -> Result:
    options = study.options
    result = Result("c4", TITLE, options.quick)
    found = measured_inputs(study)
    add_times(study, result, found)
    for _, measured in found:
        result.verdicts += explain(measured)
    add_verdicts(study, result, found)
    coverage = interval(found[0][1].fixed).coverage
    result.notes += [size_note(options), METHOD,
                     f"{options.repeats} repeats inside training, in turn: [from, to] covers the median with "
                     f"{100 * coverage:.1f} %; {options.alone_repeats} of the loader alone.",
                     "The best count is C3's by waiting inside training; where that is 1, the count of least waiting."]
    result.files += [relative(study, done.folder / "batches.csv") for data, best in pairs(study)
                     for count in (ONE, best) for done in runs_of(study, data, count)[:1]]
    return result
