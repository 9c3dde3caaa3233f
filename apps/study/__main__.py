"""kindling-study: the experiments C1 to C7 and scaling, and their report."""
from __future__ import annotations

import fcntl
import os
import sys
from contextlib import contextmanager, suppress
from pathlib import Path

import durable
import facts
import machine
import preflight
import programs
from begun import end_force, force_id, utc
from experiments import Experiments
from failure import INTERNAL, OUTPUT, STOPPED, USAGE, Stopped, StudyError, internal_text
from options import SIZE, TASKS, TIMING, chosen, parse
from processes import StopSignals
from records import read_json
from screen import Screen
from study import Study

STUDY_OPTIONS = ("epochs", "seeds", "lr_grid", *SIZE, *TIMING)


@contextmanager
def locked(out: Path):
    """The study's own folder: two studies in one would mix their results."""
    durable.make_folder(out)
    try:
        handle = os.open(out / ".lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    except OSError as error:
        raise durable.output_error(out / ".lock", error) from None
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise StudyError(USAGE, f"another study is at work in {out}: wait for it, or give another --out") from None
    except OSError as error:
        print(f"kindling-study: {out} can't be locked ({error.strerror}): start no second study in it", file=sys.stderr)
    try:
        yield handle
    finally:
        os.close(handle)


def render(out: Path, required: bool = False) -> None:
    try:
        from report import render as render_report
    except ModuleNotFoundError as error:
        if required or error.name != "report":
            raise StudyError(INTERNAL, f"this build has no report: {error}") from None
        return
    render_report(out)


def try_to_render(out: Path) -> None:
    """Between experiments, where measuring goes on without a report; that at the end decides."""
    try:
        render(out)
    except Exception as error:
        text = str(error) if isinstance(error, StudyError) else internal_text(error)
        print(f"kindling-study: no report yet: {' '.join(text.split())}", file=sys.stderr)


class Origin:
    """What measures, on which machine, and what was seen to be wrong there: for a task's result and for study.json."""

    def __init__(self, options, found: preflight.Facts):
        self.options, self.found = options, found
        self.has_measured = False

    def of(self, task: str) -> dict:
        """Called before a task is measured."""
        if not self.has_measured:
            self.write_study()
        self.has_measured = True
        build = self.found.builds[programs.TRAIN]
        return {"program": build.text, "commit": build.commit, "machine": machine.facts(),
                "preflight": preflight.warnings(facts.of_tasks(self.found, self.options, [task]))}

    def write_study(self) -> None:
        """Of the last call that measured something; each result has its own."""
        path, build = self.options.out / "study.json", self.found.builds[programs.TRAIN]
        durable.write_json(path, {"format": 1, "created": read_json(path).get("created", utc()),
                                  "commit": build.commit, "program": build.text, "machine": machine.facts(),
                                  "options": chosen(self.options, STUDY_OPTIONS), "quick": self.options.quick,
                                  "preflight": preflight.warnings(self.found)})


def say_what_runs(screen: Screen, options, warnings: list[str]) -> None:
    here = machine.facts()
    kind = "quick study" if options.quick else "study"
    screen.line(f"Kindling {kind}: {options.task}, into {options.out}")
    screen.line(f"{here['cpu']}, {here['cores']} CPUs, {here['memory_mb']:,} MB, {here['gpu'] or 'no GPU'}")
    for warning in warnings:
        screen.line(f"warning: {warning}")
    screen.line()


def carry_out(options, signals: StopSignals) -> int:
    tasks = list(TASKS) if options.task == "all" else [options.task]
    screen = Screen()
    if options.dry_run:
        experiments = Experiments(Study(options, screen))
        for task in tasks:
            experiments.carry_out(task)
        return 0
    with locked(options.out) as lock:
        force = force_id(options.out, options.task) if options.force else ""
        if not force:
            end_force(options.out)  # what was cut off goes on unforced
        found = facts.gather(options, tasks)
        say_what_runs(screen, options, preflight.warnings(found))
        study = Study(options, screen, signals, lock, found.builds[programs.TRAIN].text)
        experiments = Experiments(study, lambda: try_to_render(options.out), Origin(options, found).of, force)
        try:
            for task in tasks:
                experiments.carry_out(task)
        except (Stopped, StudyError):
            with suppress(Exception):  # the reason to end matters more
                render(options.out)
            raise
        end_force(options.out)
        render(options.out)
        written = [name for name in ("report.html", "report.md") if (options.out / name).exists()]
        screen.line(f"done: {options.out / (written or ['study.json'])[0]}")
        return experiments.status or (OUTPUT if screen.is_broken else 0)


def main(arguments: list[str]) -> int:
    options = parse(arguments)
    if options.task != "report":
        return carry_out(options, StopSignals())
    if not (options.out / "study.json").is_file():
        raise StudyError(USAGE, f"wanted the results of a study in {options.out}, found no study.json there")
    with locked(options.out):
        render(options.out, required=True)
    return 0


def run(arguments: list[str]) -> int:
    """Every end has a status, and every bad one a line."""
    try:
        return main(arguments)
    except Stopped:
        message, status = "stopped by a signal; the same command goes on", STOPPED
    except StudyError as error:
        message, status = str(error), error.status
    except Exception as error:
        message, status = internal_text(error), INTERNAL
    print("kindling-study: " + " ".join(message.split()), file=sys.stderr)
    return status


if __name__ == "__main__":
    sys.exit(run(sys.argv[1:]))
