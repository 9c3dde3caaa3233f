"""The three inputs of C3 and C4 (binary files, PNG files, slow storage), and the timed runs on them."""
from __future__ import annotations

import os
import shutil
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import programs
from explain import workers_text
from facts import file_system_of
from records import read_batches, read_csv
from study import Done, Run, Study
from tasks.common import data_arguments, size_arguments

EXPORTED_BYTES = 2**30  # 60,000 small files, with room to spare
IMAGES_PER_CLASS = 103  # 1,030 images: what --quick trains on


@dataclass(frozen=True)
class Input:
    name: str  # of files
    title: str
    arguments: tuple[str, ...]


def png_folder(study: Study) -> Path:
    """On the disk that the job has for itself where there is one: slurm/allocation.sh has put the .bin files there. It
    is removed with them, and made again by whoever wants it next."""
    usual, disk = study.run_folder("png", "c3"), os.environ.get("SLURM_TMPDIR", "")
    folder = Path(disk, f"kindling-{os.environ.get('SLURM_JOB_ID', '0')}", "png")
    if not disk or not os.access(disk, os.W_OK | os.X_OK):
        return usual
    return folder if folder.is_dir() or shutil.disk_usage(disk).free > EXPORTED_BYTES else usual


def inputs(study: Study) -> list[Input]:
    """The PNG files are C3's, also where C4 reads them."""
    options = study.options
    binary = tuple(data_arguments(options))
    png = ("--data-path", str(png_folder(study)), "--dataset", "png")
    latency = options.inject_latency_us
    return [Input("binary", "binary files", binary), Input("png", "PNG files", png),
            Input("slow", f"slow storage ({latency} us an image)", (*binary, "--inject-latency-us", str(latency)))]


def export_png(study: Study) -> None:
    options = study.options
    limit = ("--limit-per-class", str(IMAGES_PER_CLASS)) if options.quick else ()
    study.run(Run("png", "writing the images as PNG files", programs.EXPORT, (*data_arguments(options), *limit),
                  folder=png_folder(study), task="c3"))


def where_files_lie(study: Study) -> list[str]:
    """Warning: binary and PNG files that are compared from different file systems."""
    if study.options.dataset != "cifar10":
        return []
    binary, png = (file_system_of(Path(folder)) for folder in (study.options.data_path, png_folder(study)))
    if binary == png or not binary or not png:
        return []
    return [f"The binary files lie on {binary}, the PNG files on {png}: their times differ by the disks, too."]


def draining(study: Study, data: Input, counts: list[int], repeats: int) -> Run:
    """The loader alone, with all worker counts in turn in each repeat."""
    options = study.options
    arguments = [*data.arguments, "--batch-size", str(options.batch_size)]
    arguments += ["--limit-batches", str(options.limit_batches)] if options.limit_batches else []
    arguments += ["--sweep", ",".join(map(str, counts)), "--repeats", str(repeats)]
    return Run(f"alone-{data.name}", f"loader alone, {data.title}", programs.LOADER, tuple(arguments), has_folder=False)


def timed_training(study: Study, data: Input, workers, repeat: int) -> Run:
    options = study.options
    arguments = [*data.arguments, *size_arguments(options, workers=workers, limit=options.timing_batches), "--no-eval"]
    label = f"{data.title}, {workers_text(workers)}, repeat {repeat}"
    return Run(f"{data.name}-w{workers}-r{repeat}", label, programs.TRAIN, tuple(arguments), summary=waiting_text)


def fixed_batch(study: Study, repeat: int) -> Run:
    """Compute without loading."""
    options = study.options
    arguments = [*data_arguments(options), *size_arguments(options, limit=options.timing_batches), "--no-eval",
                 "--fixed-batch"]
    return Run(f"fixed-r{repeat}", f"compute alone, repeat {repeat}", programs.TRAIN, tuple(arguments),
               summary=waiting_text)


@dataclass(frozen=True)
class Times:
    """Milliseconds of a batch in one timed run."""
    wait: float  # mean, the first batch's too: the trainer waits for it as for others
    compute: float  # median, so that the first batch's warming up doesn't count


def times_of(done: Done) -> Times:
    rows = read_batches(done.folder)
    return Times(sum(row["data_ms"] for row in rows) / len(rows), median(row["compute_ms"] for row in rows))


def waiting_text(done: Done) -> str:
    times = times_of(done)
    return f"waits {times.wait:.2f} ms, computes {times.compute:.1f} ms a batch"


def alone_times(study: Study, done: Done) -> dict[int, list[float]]:
    """Of each worker count, by repeat: milliseconds in which the loader alone makes a batch."""
    times: dict[int, list[float]] = {}
    for row in read_csv(done.output, "workers", "repeat", "images", "seconds", "images_per_s"):
        per_batch = 1000 * row["seconds"] / row["images"] * study.options.batch_size
        times.setdefault(row["workers"], []).append(per_batch)
    return times
