"""Files that appear whole or not at all."""

import os
from pathlib import Path


def publish(temporary: Path, target: Path) -> None:
    """Gives a finished file its name, once its bytes are on the disk; both lie in the same file system."""
    with temporary.open("rb") as file:
        os.fsync(file.fileno())
    os.replace(temporary, target)
    folder = os.open(target.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def write(target: Path, text: str) -> None:
    temporary = target.with_name(f".{target.name}.{os.getpid()}.tmp")
    try:
        temporary.write_text(text, encoding="utf-8")
        publish(temporary, target)
    finally:
        if temporary.exists():
            temporary.unlink()
