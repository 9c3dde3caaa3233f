"""Runs a program and waits for it; a signal that wants the study to end is handed on to it."""
from __future__ import annotations

import os
import select
import signal
import subprocess
import time
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import durable
from failure import INTERNAL, StudyError

# A terminal that goes away ends the study like TERM.
HANDED_ON = {signal.SIGTERM: signal.SIGTERM, signal.SIGINT: signal.SIGINT, signal.SIGUSR1: signal.SIGUSR1,
             signal.SIGHUP: signal.SIGTERM}


class StopSignals:
    """Remembers the first signal and hands it to the child, once."""

    def __init__(self):
        self.arrived: int | None = None
        self.child: subprocess.Popen | None = None
        self.told: subprocess.Popen | None = None
        for number in HANDED_ON:
            signal.signal(number, self._remember)

    def _remember(self, number, _frame):
        self.arrived = self.arrived or number
        self._tell_child()

    def _tell_child(self):
        if self.arrived and self.child and self.told is not self.child:
            self.told = self.child
            self.child.send_signal(HANDED_ON[self.arrived])

    def watch(self, child: subprocess.Popen | None):
        self.child = child
        self._tell_child()  # a signal may have come while the child was being started


@dataclass(frozen=True)
class Ended:
    status: int  # negative: killed by that signal
    seconds: float
    message: str  # the last line on stderr


def last_line(path: Path) -> str:
    try:
        with open(path, "rb") as file:
            file.seek(max(0, path.stat().st_size - 4096))
            lines = file.read().decode("utf-8", "replace").splitlines()
    except OSError:
        return ""
    return next((line.strip() for line in reversed(lines) if line.strip()), "")


def wait(child: subprocess.Popen, tick) -> None:
    """Without a tick the study sleeps until the end, so as not to disturb what is timed."""
    try:
        descriptor = os.pidfd_open(child.pid) if tick else -1
    except (OSError, AttributeError):  # an old kernel, or a Python that was built for one
        descriptor = -1
    if descriptor >= 0:
        try:
            poll = select.poll()
            poll.register(descriptor, select.POLLIN)
            while not poll.poll(1000):
                tick()
        finally:
            os.close(descriptor)
    child.wait()


def run(command: list[str], output: Path, signals: StopSignals, tick=None, keep_open: tuple[int, ...] = ()) -> Ended:
    """stdout goes to OUTPUT.out and stderr to OUTPUT.err. The child has a session of its own, so that a Ctrl-C reaches
    it once, through us."""
    durable.make_folder(output.parent)
    start = time.monotonic()
    with ExitStack() as files:
        try:
            out, err = (files.enter_context(open(f"{output}.{kind}", "wb")) for kind in ("out", "err"))
        except OSError as error:
            raise durable.output_error(output, error) from None
        try:
            child = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=out, stderr=err,
                                     start_new_session=True, pass_fds=keep_open)
        except OSError as error:
            raise StudyError(INTERNAL, f"{command[0]} can't be run: {error}") from None
    signals.watch(child)
    try:
        wait(child, tick)
    finally:
        signals.watch(None)
    return Ended(child.returncode, time.monotonic() - start, last_line(Path(f"{output}.err")))
