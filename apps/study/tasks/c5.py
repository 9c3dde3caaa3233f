"""C5: the GPU against the CPU, by kindling-compare-devices."""
from __future__ import annotations

import programs
from options import SIZE
from records import read_csv, read_json
from results import Column, Result, series
from study import Done, Run, Study
from tasks.common import data_arguments, run_files, size_note

TITLE = "The GPU against the CPU"
NEEDS = ()
DEPENDS_ON = (*SIZE, "epochs")
NAME = "compare"
DISAGREE = 1  # the program's status where two devices don't compute the same
QUICK_PEAK = 1024


def measure(study: Study) -> None:
    options = study.options
    arguments = [*data_arguments(options), "--workers", str(options.workers), "--epochs", str(options.epochs)]
    arguments += ["--width", str(options.width)] if options.width != 64 else []
    arguments += ["--batch-size", str(options.batch_size)] if options.batch_size != 128 else []
    arguments += ["--threads", str(options.threads)] if options.threads else []
    arguments += ["--limit-batches", str(options.limit_batches)] if options.limit_batches else []
    arguments += ["--peak-size", str(QUICK_PEAK)] if options.quick else []
    arguments += ["--require-cuda"] if options.device == "cuda" else []
    study.run(Run(NAME, "CPU and GPU in turn" if options.on_gpu else "the CPU", programs.COMPARE, tuple(arguments),
                  accept=(0, DISAGREE), summary=total_text,
                  is_result=lambda done: done.status == 0 or bool(outside(read_losses(done.folder)))))


def total_text(done: Done) -> str:
    rows = [row for row in read_devices(done.folder) if row["epoch"] == "all"]
    return ", ".join(f"{row['device']} {row['precision']} {row['images_per_s']:,.0f} images/s" for row in rows)


def read_devices(folder) -> list[dict]:
    return read_csv(folder / "devices.csv", "device", "precision", "epoch", "data_s", "compute_s", "total_s",
                    "images_per_s", "tflops", "share_of_peak", "speed_up", "peak_memory_mb")


def read_losses(folder) -> list[dict]:
    """The compared steps; none where the program ended before it had any."""
    path = folder / "losses.csv"
    return read_csv(path, "device", "precision", "step", "loss", "is_within") if path.exists() else []


def outside(losses: list[dict]) -> list[dict]:
    return [row for row in losses if row["is_within"] != "yes"]


def add_devices(study: Study, result: Result, rows: list[dict]) -> None:
    columns = [Column("device", "device"), Column("precision", "precision"), Column("epoch", "epoch"),
               Column("data_s", "loading", "s", 3), Column("compute_s", "computing", "s", 3),
               Column("total_s", "all", "s", 3), Column("images_per_s", "speed", "images/s", 1),
               Column("tflops", "arithmetic", "TFLOP/s", 3), Column("share_of_peak", "of the peak", "%", 1),
               Column("speed_up", "over the CPU", "times", 2), Column("peak_memory_mb", "memory", "MB", 0)]
    cells = [{**row, "share_of_peak": 100 * row["share_of_peak"]} for row in rows]
    result.add_table(study.out, "devices", "Seconds of an epoch; 'all' and 'without_first' are means", columns,
                     [[row[column.name] for column in columns] for row in cells])
    means = [row for row in rows if row["epoch"] == "all"]
    result.add_figure("devices", "Seconds of an epoch", "bars", ("device", "seconds"),
                      [series("all", list(range(len(means))), [row["total_s"] for row in means])],
                      categories=[f"{row['device']} {row['precision']}" for row in means], y_log=len(means) > 1)


def add_losses(study: Study, result: Result, rows: list[dict]) -> None:
    columns = [Column("device", "device"), Column("precision", "precision"), Column("step", "step"),
               Column("cpu_loss", "loss, CPU fp32", "", 6), Column("loss", "loss, device", "", 6),
               Column("difference", "difference", "", 8), Column("loss_bound", "bound", "", 8),
               Column("update_difference", "update differs by", "", 6), Column("is_within", "within bounds")]
    result.add_table(study.out, "losses", "Each step from the CPU's state: do both compute the same?", columns,
                     [[row[column.name] for column in columns] for row in rows])


def judge(study: Study, result: Result, devices: list[dict], losses: list[dict]) -> None:
    means = [row for row in devices if row["epoch"] == "all"]
    cpu = means[0]
    for row in means[1:]:
        result.verdicts.append(f"{row['device']} {row['precision']} needs {row['total_s']:.2f} s an epoch, the CPU in "
                               f"{cpu['precision']} {cpu['total_s']:.2f} s: {row['speed_up']:.1f} times as fast, at "
                               f"{100 * row['share_of_peak']:.1f} % of its measured peak.")
    if len(means) == 1:
        result.verdicts.append(f"There was no GPU to compare with: only the CPU is measured, {cpu['total_s']:.2f} s an "
                               f"epoch ({cpu['images_per_s']:,.0f} images/s, {100 * cpu['share_of_peak']:.1f} % of its "
                               "measured peak).")
    wrong = outside(losses)
    if losses and not wrong:
        result.verdicts.append(f"Both compute the same: all {len(losses)} compared steps are within their bounds.")
    if study.ended[NAME].status == DISAGREE:
        result.exit_status = DISAGREE
        result.warnings.append(f"The devices do NOT compute the same: {len(wrong)} of {len(losses)} steps are "
                               f"outside their bounds. {study.ended[NAME].message}")


def evaluate(study: Study) -> Result:
    done = study.ended[NAME]
    result = Result("c5", TITLE, study.options.quick)
    devices = read_devices(done.folder)
    losses = read_losses(done.folder)
    add_devices(study, result, devices)
    if losses:
        add_losses(study, result, losses)
    judge(study, result, devices, losses)
    names = read_json(done.folder / "comparison.json").get("devices", {})
    result.notes += [f"{key}: {text}" for key, text in names.items()] + [size_note(study.options)]
    result.files += run_files(study, NAME, "devices.csv", "losses.csv", "comparison.json")
    return result
