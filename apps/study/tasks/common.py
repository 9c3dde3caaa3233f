"""What experiments share: how training is called, and tables that several of them have."""
from __future__ import annotations

from pathlib import Path

import programs
from records import read_epochs, read_json
from results import Column
from study import Done, Run, Study

DIVERGED = 6
EPOCH_COLUMNS = [Column("epoch", "epoch"), Column("train_loss", "training loss", "", 4),
                 Column("train_top1", "training top-1", "%", 2), Column("test_loss", "test loss", "", 4),
                 Column("test_top1", "test top-1", "%", 2)]


def percent(share: float | None) -> float | None:
    return None if share is None else 100 * share


def epoch_row(row: dict) -> list:
    return [row["epoch"], row["train_loss"], percent(row["train_top1"]), row["test_loss"], percent(row["test_top1"])]


def data_arguments(options) -> list[str]:
    made = ["--data-path", str(options.data_path)] if options.dataset == "cifar10" else []
    return made + (["--dataset", options.dataset] if options.dataset != "cifar10" else [])


def size_arguments(options, workers=None, epochs: int = 1, limit: int = 0, batch_size: int = 0) -> list[str]:
    """What isn't kindling-train's default, and always the workers and epochs: those a reader looks for."""
    batch_size = batch_size or options.batch_size
    made = ["--workers", str(options.workers if workers is None else workers), "--epochs", str(epochs)]
    made += ["--device", options.device] if options.device != "auto" else []
    made += ["--precision", options.precision] if options.precision != "fp32" else []
    made += ["--width", str(options.width)] if options.width != 64 else []
    made += ["--batch-size", str(batch_size)] if batch_size != 128 else []
    made += ["--threads", str(options.threads)] if options.threads else []
    made += ["--limit-batches", str(limit)] if limit else []
    return made


def training(study: Study, name: str, label: str, *more: str) -> Run:
    """A whole training whose result counts: goes on after an interruption, and may diverge."""
    options = study.options
    arguments = data_arguments(options) + size_arguments(options, epochs=options.epochs, limit=options.limit_batches)
    return Run(name, label, programs.TRAIN, (*arguments, *more), accept=(0, DIVERGED), goes_on=True,
               keeps_weights=True, summary=last_epoch)


def last_epoch(done: Done) -> str:
    rows = read_epochs(done.folder)
    if not rows:
        return ""
    row = rows[-1]
    test = "" if row["test_loss"] is None else f", test top-1 {percent(row['test_top1']):.2f} %"
    return f"train loss {row['train_loss']:.4f}{test}"


def relative(study: Study, path: Path) -> str:
    return path.relative_to(study.out).as_posix()


def run_times(folder: Path) -> dict:
    """What run.json says of where a run's time went; {} where it doesn't."""
    return read_json(folder / "run.json").get("time") or {}


def own_verdict(folder: Path) -> dict:
    """What a run itself says limits it; {} where its last call trained no batch."""
    return run_times(folder).get("verdict") or {}


def run_files(study: Study, name: str, *files: str, task: str = "") -> list[str]:
    folder = study.run_folder(name, task)
    return [relative(study, folder / file) for file in files if (folder / file).exists()]


def size_note(options) -> str:
    part = f"{options.limit_batches} batches an epoch" if options.limit_batches else "whole epochs"
    return (f"ResNet-18 of width {options.width}, batch {options.batch_size}, {part}, {options.workers} loader "
            f"workers, {options.precision}.")


def device_of(folder: Path) -> str:
    return read_json(folder / "run.json").get("bits", {}).get("device", "unknown")
