"""Carries an experiment out, unless it is done; keeps what other options or --force replace."""
from __future__ import annotations

import os
from datetime import datetime, timezone
from importlib import import_module
from pathlib import Path

import durable
from failure import FOR_ALL, StudyError
from options import chosen
from records import read_json
from results import Result
from study import Study


def utc() -> str:
    return datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def task_module(name: str):
    return import_module(f"tasks.{name}")


def set_aside(out: Path, task: str) -> str:
    """Moves OUT/TASK to OUT/earlier/TASK-N, N counting from 1."""
    number = 1
    while (out / "earlier" / f"{task}-{number}").exists():
        number += 1
    target = out / "earlier" / f"{task}-{number}"
    durable.make_folder(target.parent)
    try:
        os.rename(out / task, target)
    except OSError as error:
        raise durable.output_error(target, error) from None
    return str(target.relative_to(out))


def differences(before: dict, now: dict) -> str:
    return ", ".join(f"{key} {before.get(key)}, now {value}" for key, value in now.items() if before.get(key) != value)


class Experiments:
    def __init__(self, study: Study, after=lambda: None):
        self.study, self.after = study, after
        self.finished: set[str] = set()  # in this call
        self.status = 0

    def carry_out(self, task: str, asked: bool = True) -> None:
        """`asked`: by the user, not by another experiment that needs it."""
        if task in self.finished:
            return
        module = task_module(task)
        for needed in module.NEEDS:
            self.carry_out(needed, asked=False)
        self.finished.add(task)
        if self.study.dry:
            self.study.begin(task)
            self.study.screen.line(f"# {task.upper()}: {module.TITLE}")
            module.measure(self.study)
        elif not self.is_done(task, chosen(self.study.options, module.DEPENDS_ON), asked):
            self.measure(task, module)
            self.after()

    def is_done(self, task: str, identity: dict, asked: bool) -> bool:
        """Where it isn't, the folder is left as measuring wants it: empty, or begun with the same options."""
        study = self.study
        folder = study.out / task
        result, begun = read_json(folder / "result.json"), read_json(folder / "begun.json")
        # A job that Slurm starts again has forced already.
        forced = study.options.force and asked and os.environ.get("SLURM_RESTART_COUNT", "0") == "0"
        is_done = result.get("status") == "done"
        if begun and (forced or begun.get("options") != identity):
            other = differences(begun["options"], identity)
            why = "repeated (--force)" if forced else f"begun with other options ({other})"
            study.screen.line(f"{task.upper()}  {why}: the earlier one is kept in {set_aside(study.out, task)}")
            begun = {}
        elif is_done:
            study.screen.line(f"{task.upper()}  done already")
            return True
        durable.write_json(folder / "begun.json", {"options": identity, "started": begun.get("started", utc()),
                                                   "calls": begun.get("calls", 0) + 1})
        return False

    def measure(self, task: str, module) -> None:
        study = self.study
        study.begin(task)
        study.screen.line(f"{task.upper()}  {module.TITLE}")
        begun = read_json(study.folder / "begun.json")
        try:
            module.measure(study)
            result = module.evaluate(study)
            status = "done"
        except StudyError as error:
            result, status = Result(task, module.TITLE, study.options.quick), "failed"
            result.warnings.append(str(error))
            self.status = self.status or error.status
            if error.status in FOR_ALL:
                self.write(result, status, begun)
                raise
            study.screen.line(f"    failed: {error}")
        self.status = self.status or result.exit_status
        if begun["calls"] > 1:
            result.notes.append(f"Measured in {begun['calls']} calls of the study: runs before and after an "
                                "interruption are of different times.")
        self.write(result, status, begun)
        for verdict in result.verdicts:
            study.screen.paragraph(verdict)

    def write(self, result: Result, status: str, begun: dict) -> None:
        study = self.study
        durable.write_json(study.folder / "result.json",
                           result.as_json(status=status, started=begun["started"], seconds=round(study.seconds, 3),
                                          commands=study.commands, options=begun["options"]))
