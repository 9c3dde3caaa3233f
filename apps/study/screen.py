"""What a person sees: a line for each run, which on a terminal tells how far the run is."""
from __future__ import annotations

import os
import shutil
import sys
import textwrap
import time
from pathlib import Path

from processes import last_line

LABEL = 56


def duration(seconds: float) -> str:
    if seconds < 9.95:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    hours, minutes = whole // 3600, whole // 60 % 60
    return f"{hours}:{minutes:02}:{whole % 60:02}" if hours else f"{minutes}:{whole % 60:02}"


class Screen:
    """stdout. A reader that goes away costs only what it would have read."""

    def __init__(self):
        self.is_terminal = sys.stdout.isatty()
        self.is_broken = False
        self.begun = ""
        self.start = 0.0

    def _write(self, text: str):
        if self.is_broken:
            return
        try:
            sys.stdout.write(text)
            sys.stdout.flush()
        except OSError:
            self.is_broken = True
            os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # else Python complains once more at its end

    def line(self, text: str = ""):
        self._write(f"{text}\n")

    def paragraph(self, text: str):
        """A sentence, folded and set in."""
        width = min(shutil.get_terminal_size().columns, 120) - 1 if self.is_terminal else 10**6
        self.line(textwrap.fill(text, width, initial_indent="    ", subsequent_indent="      "))

    def begin(self, label: str):
        self.begun, self.start = f"    {label:<{LABEL}}", time.monotonic()
        self._write(self.begun)

    def progress(self, log: Path):
        """On a terminal: the time so far and the last line that the program printed."""
        room = shutil.get_terminal_size().columns - 1
        text = f"{self.begun}{duration(time.monotonic() - self.start):>8}  {last_line(log)}"
        self._write(f"\r{text[:room]}\x1b[K")

    def end(self, seconds: float, text: str):
        self._write(("\r" + self.begun if self.is_terminal else "") + f"{duration(seconds):>8}  {text}"
                    + ("\x1b[K\n" if self.is_terminal else "\n"))
