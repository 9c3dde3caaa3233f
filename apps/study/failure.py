"""What ends the study or an experiment: one line for the person, an exit status for the script that called."""
from __future__ import annotations

import traceback
from pathlib import Path

INTERNAL = 1
USAGE = 2
DATA = 3
WEIGHTS = 4
DEVICE = 5
DIVERGED = 6
OUTPUT = 8
STOPPED = 75

# Whatever is wrong here is wrong for every experiment, so the study ends instead of failing seven times.
FOR_ALL = (USAGE, DATA, DEVICE, OUTPUT)


class StudyError(Exception):
    """One line that says what was wanted, what was found and where."""

    def __init__(self, status: int, message: str):
        super().__init__(message)
        self.status = status


def internal_text(error: Exception) -> str:
    """Of a fault of ours; where it is helps whoever mends it."""
    place = traceback.extract_tb(error.__traceback__)[-1]
    return f"internal error: {type(error).__name__}: {error} ({Path(place.filename).name}:{place.lineno})"


class Stopped(Exception):
    """A signal asked for the end; what was measured so far is on the disk."""
