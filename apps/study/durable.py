"""Files that are whole or not there: written beside their place, synced, renamed."""
from __future__ import annotations

import csv
import io
import json
import math
import os
import shutil
import tempfile
from contextlib import suppress
from pathlib import Path

from failure import OUTPUT, StudyError


def output_error(path: Path, error: OSError) -> StudyError:
    return StudyError(OUTPUT, f"{path} can't be written: {error.strerror or error}")


def make_folder(path: Path) -> None:
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise output_error(path, error) from None


def remove(path: Path) -> None:
    """A file or a folder with all that is in it; nothing where there is none."""
    try:
        shutil.rmtree(path) if path.is_dir() and not path.is_symlink() else path.unlink(missing_ok=True)
    except OSError as error:
        raise output_error(path, error) from None


def sync_folder(path: Path) -> None:
    folder = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def publish(temporary: Path, target: Path) -> None:
    """Gives a finished file its name, once its bytes are on the disk; both lie in the same file system."""
    with open(temporary, "rb") as file:
        os.fsync(file.fileno())
    os.replace(temporary, target)
    sync_folder(target.parent)


def write_text(path: Path, text: str) -> None:
    make_folder(path.parent)
    temporary = None
    try:
        handle, temporary = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
        with os.fdopen(handle, "w", encoding="utf-8", newline="") as file:
            file.write(text)
            os.fchmod(file.fileno(), 0o644)
        publish(Path(temporary), path)
    except OSError as error:
        if temporary:
            with suppress(OSError):
                os.unlink(temporary)
        raise output_error(path, error) from None


def without_nan(value):
    """JSON has no NaN and no infinity: they become null."""
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, dict):
        return {key: without_nan(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [without_nan(item) for item in value]
    return value


def write_json(path: Path, value: dict) -> None:
    write_text(path, json.dumps(without_nan(value), indent=1, allow_nan=False, ensure_ascii=False) + "\n")


def cell(value) -> str:
    if value is None:
        return ""
    return f"{value:.9g}" if isinstance(value, float) else str(value)


def write_csv(path: Path, names: list[str], rows: list[list]) -> None:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(names)
    writer.writerows([[cell(value) for value in row] for row in rows])
    write_text(path, text.getvalue())
