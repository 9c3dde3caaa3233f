"""Runs programs for an experiment. A run that has ended leaves a mark, and is not repeated by the next call."""
from __future__ import annotations

import argparse
import shlex
from dataclasses import dataclass
from pathlib import Path

import durable
import processes
import programs
from failure import INTERNAL, STOPPED, Stopped, StudyError
from records import divergence, read_json
from screen import Screen

PATHS = ("--data-path", "--output-dir")  # may differ between the calls of one study: a job's scratch disk
WEIGHTS = ("checkpoint.safetensors", "weights.safetensors", "checkpoints")


@dataclass(frozen=True)
class Run:
    name: str  # its folder under OUT/TASK/runs, or its files under OUT/TASK/processes
    label: str  # on the screen
    program: str
    arguments: tuple[str, ...]
    accept: tuple[int, ...] = (0,)
    goes_on: bool = False  # resumes an interrupted run; a timed one starts again
    keeps_weights: bool = False  # else only its tables stay: a timed run's weights are of no use
    has_folder: bool = True
    folder: Path | None = None  # where that isn't OUT/TASK/runs/NAME
    task: str = ""  # whose experiment's it is, where another may want it too; it is there for both
    summary: object = None  # Done -> text on the screen
    is_result: object = None  # Done -> whether an end with an accepted status says something; else it is a failure


@dataclass(frozen=True)
class Done:
    folder: Path
    output: Path  # what it printed
    status: int
    seconds: float
    message: str

    @property
    def diverged(self) -> str | None:
        return (divergence(self.message) or "diverged") if self.status == 6 else None


def without_paths(arguments: list[str]) -> list[str]:
    return [argument for before, argument in zip(["", *arguments], arguments) if before not in PATHS]


class Study:
    def __init__(self, options: argparse.Namespace, screen: Screen, signals=None, lock: int = -1, version: str = ""):
        self.options, self.screen, self.signals, self.lock, self.version = options, screen, signals, lock, version
        self.task = ""
        self.commands: list[str] = []
        self.seconds = 0.0
        self.ended: dict[str, Done] = {}  # the experiment's runs by name

    @property
    def dry(self) -> bool:
        return self.options.dry_run

    @property
    def out(self) -> Path:
        return self.options.out

    @property
    def folder(self) -> Path:
        return self.out / self.task

    def begin(self, task: str) -> None:
        self.task, self.commands, self.seconds, self.ended = task, [], 0.0, {}

    def run_folder(self, name: str, task: str = "") -> Path:
        return self.out / (task or self.task) / "runs" / name

    def folder_of(self, run: Run) -> Path:
        return run.folder or self.run_folder(run.name, run.task)

    def arguments_of(self, run: Run) -> list[str]:
        arguments = list(run.arguments)
        if run.has_folder:
            arguments += ["--output-dir", str(self.folder_of(run))]
            arguments += ["--resume", "auto"] if run.goes_on else ["--overwrite"]
        return arguments

    def run_all(self, runs: list[Run]) -> list[Done]:
        return [self.run(run, f"{place}/{len(runs)} ") for place, run in enumerate(runs, 1)]

    def run(self, run: Run, place: str = "") -> Done:
        """The run's end, now or in an earlier call. Throws StudyError where its status isn't one of those accepted."""
        arguments = self.arguments_of(run)
        typed = shlex.join([run.program, *arguments])
        self.commands.append(typed)
        output = self.out / (run.task or self.task) / "processes" / f"{run.name}.out"
        if self.dry:
            self.screen.line(typed)
            return Done(self.folder_of(run), output, 0, 0.0, "")
        done = self.earlier(run, arguments, output) or self.now(run, arguments, output, place)
        self.seconds += done.seconds
        self.ended[run.name] = done
        return done

    def earlier(self, run: Run, arguments: list[str], output: Path) -> Done | None:
        mark = read_json(output.with_suffix(".json"))
        if mark.get("arguments") != without_paths(arguments) or mark.get("version") != self.version:
            return None
        if run.has_folder and not self.folder_of(run).is_dir():
            return None
        done = Done(self.folder_of(run), output, mark["status"], mark["seconds"], mark["message"])
        return done if self.counts(run, done) else None

    def counts(self, run: Run, done: Done) -> bool:
        return done.status in run.accept and (run.is_result is None or run.is_result(done))

    def now(self, run: Run, arguments: list[str], output: Path, place: str) -> Done:
        if self.signals.arrived:
            raise Stopped()
        folder = self.folder_of(run)
        command = [str(programs.path_of(run.program)), *arguments]
        durable.remove(output.with_suffix(".json"))  # it would vouch for what is overwritten now
        if run.has_folder and not run.goes_on:
            durable.remove(folder)
        self.screen.begin(place + run.label)
        tick = (lambda: self.screen.progress(output)) if self.screen.is_terminal else None
        ended = processes.run(command, output.with_suffix(""), self.signals, tick, (self.lock,))
        done = Done(folder, output, ended.status, ended.seconds, ended.message)
        if not self.counts(run, done) or (ended.status < 0 and self.signals.arrived):
            self.refuse(run, ended)
        if run.has_folder and not run.keeps_weights:
            discard_weights(folder)
        durable.write_json(output.with_suffix(".json"),
                           {"arguments": without_paths(arguments), "version": self.version, "status": ended.status,
                            "seconds": round(ended.seconds, 3), "message": ended.message})
        self.screen.end(ended.seconds, done.diverged or (run.summary(done) if run.summary else ""))
        return done

    def refuse(self, run: Run, ended: processes.Ended) -> None:
        if ended.status == STOPPED or self.signals.arrived:
            self.screen.end(ended.seconds, "stopped")
            raise Stopped()
        why = ended.message or (f"killed by signal {-ended.status}" if ended.status < 0 else f"status {ended.status}")
        self.screen.end(ended.seconds, f"failed: {why}")
        status = ended.status if ended.status > 0 else INTERNAL
        raise StudyError(status, f"{self.task}: {why if why.startswith(run.program) else f'{run.program}: {why}'}")


def discard_weights(folder: Path) -> None:
    for name in WEIGHTS:
        durable.remove(folder / name)
