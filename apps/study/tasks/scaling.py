"""Scaling: throughput against the batch size, until memory ends."""
from __future__ import annotations

import machine
import programs
from failure import DEVICE, INTERNAL
from options import SIZE
from records import read_epochs, read_json
from results import Column, Result, series
from study import Done, Run, Study
from tasks.common import data_arguments, size_arguments, size_note

TITLE = "Batch sizes until memory ends"
NEEDS = ()
DEPENDS_ON = (*SIZE, "timing_batches")
SIZES = [32, 128, 512, 2048, 8192, 32768]
QUICK_SIZES = SIZES[:3]
LEAST_BATCHES = 3
EPOCHS = 2  # the first warms up, the second counts
KILLED = -9  # by the system, when memory is out


def scaling_run(study: Study, batch_size: int) -> Run:
    options = study.options
    images = options.timing_batches * options.batch_size  # 0: all
    limit = max(LEAST_BATCHES, images // batch_size) if images else 0
    arguments = [*data_arguments(options), *size_arguments(options, epochs=EPOCHS, limit=limit, batch_size=batch_size),
                 "--no-eval"]
    return Run(f"b{batch_size}", f"batch {batch_size:,}", programs.TRAIN, tuple(arguments),
               accept=(0, DEVICE, INTERNAL, KILLED), summary=speed_text,
               is_result=lambda done: done.status == 0 or out_of_memory(done))


def out_of_memory(done: Done) -> bool:
    return done.status in (DEVICE, INTERNAL) and "memory" in done.message or done.status == KILLED


def speed_text(done: Done) -> str:
    if done.status != 0:
        return "memory ends"
    row = read_epochs(done.folder)[-1]
    return f"{row['images_per_s']:,.0f} images/s, {row['peak_rss_mb']:,.0f} MB"


def predicted_mb(peaks: list[tuple[int, float]], batch_size: int) -> float:
    """Memory grows by as much for each image: a line through the last two peaks."""
    size, peak = peaks[-1]
    before_size, before = peaks[-2]
    return peak + (peak - before) / (size - before_size) * (batch_size - size)


def sizes(study: Study) -> list[int]:
    return QUICK_SIZES if study.options.quick else SIZES


def peaks_of(study: Study) -> list[tuple[int, float]]:
    done = [(size, study.ended.get(f"b{size}")) for size in sizes(study)]
    return [(size, read_epochs(one.folder)[-1]["peak_rss_mb"]) for size, one in done if one and one.status == 0]


def why_not(study: Study, size: int) -> str | None:
    """Why this size isn't tried. One peak says nothing: it is mostly what doesn't grow with the batch."""
    peaks, have = peaks_of(study), machine.memory_mb()
    if len(peaks) < 2 or study.options.on_gpu or predicted_mb(peaks, size) <= have:
        return None
    return (f"batch {size:,} would take {predicted_mb(peaks, size):,.0f} MB by the line through the last two peaks, "
            f"and the job has {have:,} MB")


def measure(study: Study) -> None:
    for size in sizes(study):
        if not study.dry and why_not(study, size):
            return
        if study.run(scaling_run(study, size)).status != 0:
            return


def memory_end(study: Study) -> str | None:
    """Where the sizes ended before the list did."""
    for size in sizes(study):
        done = study.ended.get(f"b{size}")
        if done is None:
            return why_not(study, size)
        if done.status != 0:
            return f"batch {size:,} ended with: {done.message or 'killed by the system'}"
    return None


def row_of(study: Study, size: int, done: Done) -> list:
    row = read_epochs(done.folder)[-1]
    record = read_json(done.folder / "run.json").get("sizes", {})
    speed = row["images_per_s"]  # of the images that were there: an epoch's last batch may be a part of one
    return [size, record["batches_per_epoch"], speed, record["train_images"] / speed, row["peak_rss_mb"],
            1000 * row["total_s"] / record["batches_per_epoch"]]


def evaluate(study: Study) -> Result:
    result = Result("scaling", TITLE, study.options.quick)
    rows = [row_of(study, size, study.ended[f"b{size}"]) for size in sizes(study)
            if f"b{size}" in study.ended and study.ended[f"b{size}"].status == 0]
    columns = [Column("batch_size", "batch size"), Column("batches", "batches measured"),
               Column("images_per_s", "speed", "images/s", 1), Column("epoch_s", "a whole epoch", "s", 2),
               Column("peak_rss_mb", "memory", "MB", 0), Column("batch_ms", "a batch", "ms", 1)]
    result.add_table(study.out, "sizes", "Batch sizes", columns, rows)
    x = [row[0] for row in rows]
    for index, name, title, unit in ((2, "speed", "Images a second", "images/s"),
                                     (3, "epoch", "Time of a whole epoch", "s"),
                                     (4, "memory", "Memory of the process", "MB")):
        result.add_figure(name, title, "lines", ("batch size", unit), [series(title, x, [row[index] for row in rows])],
                          x_log=True, y_log=name == "memory")
    if rows:
        best = max(rows, key=lambda row: row[2])
        others = "; ".join(f"batch {row[0]:,} gives {row[2]:,.0f} images/s" for row in rows if row is not best)
        result.verdicts.append(f"Batch {best[0]:,} is fastest: {best[2]:,.0f} images/s, {best[3]:.1f} s for a whole "
                               f"epoch{'; ' if others else ''}{others}.")
    end = memory_end(study)
    result.verdicts += [f"Memory ends here: {end}."] if end else []
    result.notes += [size_note(study.options), "The second of two epochs is measured; a whole epoch's time is its "
                     "images by the speed measured."]
    if study.options.quick:
        result.notes.append("A quick study stops at batch 512.")
    return result
