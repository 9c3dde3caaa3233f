"""Reads what the programs leave: CSV logs, run.json, and the line that says where a run diverged."""
from __future__ import annotations

import csv
import json
import re
from pathlib import Path

from failure import INTERNAL, StudyError


def number(text: str):
    """An int, a float, None where nothing stands, else the text itself."""
    if text == "":
        return None
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            pass
    return text


def read_csv(path: Path, *wanted: str) -> list[dict]:
    """The rows; every column of `wanted` is there."""
    try:
        with open(path, newline="", encoding="utf-8") as file:
            reader = csv.DictReader(file)
            missing = [name for name in wanted if name not in (reader.fieldnames or [])]
            if missing:
                raise StudyError(INTERNAL, f"{path}: wanted the columns {', '.join(missing)}, "
                                           f"found {', '.join(reader.fieldnames or ['none'])}")
            rows = list(reader)
    except OSError as error:
        raise StudyError(INTERNAL, f"{path} can't be read: {error.strerror}") from None
    for place, row in enumerate(rows, 2):
        if None in row or None in row.values():
            raise StudyError(INTERNAL, f"{path}, line {place}: wanted {len(reader.fieldnames)} cells, found another "
                                       "number")
    return [{name: number(text) for name, text in row.items()} for row in rows]


def read_json(path: Path) -> dict:
    """An object; {} where there is no file or another thing in it."""
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return value if isinstance(value, dict) else {}


def read_batches(folder: Path) -> list[dict]:
    return read_csv(folder / "batches.csv", "epoch", "batch", "images", "loss", "running_loss", "top1", "running_top1",
                    "data_ms", "compute_ms")


def read_epochs(folder: Path) -> list[dict]:
    return read_csv(folder / "epochs.csv", "epoch", "train_loss", "train_top1", "test_loss", "test_top1", "data_s",
                    "train_s", "eval_s", "total_s", "images_per_s", "peak_rss_mb")


def divergence(message: str) -> str | None:
    """'diverged at epoch 1, batch 7' from the line of a run that ended with 6."""
    found = re.search(r"epoch (\d+), batch (\d+)", message)
    return f"diverged at epoch {found[1]}, batch {found[2]}" if found else None
