"""Carries an experiment out, unless it is done; keeps what other options or --force replace."""
from __future__ import annotations

from importlib import import_module

import durable
from begun import new_id, result_id, set_aside, utc, why_again
from failure import FOR_ALL, INTERNAL, Stopped, StudyError, internal_text
from options import chosen
from records import read_json
from results import Result, calls_note
from study import Study


def task_module(name: str):
    return import_module(f"tasks.{name}")


def made_by_several(calls: list[dict]) -> list[str]:
    """Warning: an experiment whose calls ran different programs, or on different machines."""
    kinds = {f"{call.get('program')} on {call.get('machine', {}).get('hostname')} "
             f"({call.get('machine', {}).get('cpu')})": None for call in calls}
    return [f"Its calls differ in the build or the machine: {'; '.join(kinds)}."] if len(kinds) > 1 else []


class Experiments:
    def __init__(self, study: Study, after=lambda: None, origin=lambda task: {}, force: str = ""):
        """`after`: called after each experiment. `origin`: what measures a task and where, for its result. `force`: the
        name of a call with --force (begun.py)."""
        self.study, self.after, self.origin, self.force = study, after, origin, force
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
        elif not self.is_done(task, module, self.force if asked else ""):
            self.measure(task, module)
            self.after()

    def is_done(self, task: str, module, force: str) -> bool:
        """Where it isn't, the folder is left as measuring wants it: empty, or begun with the same options."""
        study = self.study
        folder = study.out / task
        begun = read_json(folder / "begun.json")
        is_done = read_json(folder / "result.json").get("status") == "done"
        options = chosen(study.options, module.DEPENDS_ON)
        needs = {needed: result_id(study.out, needed) for needed in module.NEEDS}
        why = why_again(begun, options, needs, is_done, force)
        if why:
            study.screen.line(f"{task.upper()}  {why}: the earlier one is kept in {set_aside(study.out, task)}")
            begun = {}
        elif is_done:
            study.screen.line(f"{task.upper()}  done already")
            return True
        durable.write_json(folder / "begun.json",
                           {"options": options, "needs": needs, "started": begun.get("started", utc()),
                            "calls": begun.get("calls", 0) + 1, "forced_by": force or begun.get("forced_by"),
                            "made_by": [*begun.get("made_by", []), self.origin(task)]})
        return False

    def require(self, module) -> None:
        for needed in module.NEEDS:
            if read_json(self.study.out / needed / "result.json").get("status") != "done":
                raise StudyError(INTERNAL, f"needs {needed}, which failed")

    def outcome(self, task: str, module) -> tuple[Result, StudyError | None]:
        """What was found, and what went wrong; that is its own, unless it is wrong for every experiment."""
        try:
            self.require(module)
            module.measure(self.study)
            return module.evaluate(self.study), None
        except Stopped:
            raise
        except StudyError as error:
            fault = error
        except Exception as error:
            fault = StudyError(INTERNAL, f"{task}: {internal_text(error)}")
        result = Result(task, module.TITLE, self.study.options.quick)
        result.warnings.append(str(fault))
        return result, fault

    def measure(self, task: str, module) -> None:
        study = self.study
        study.begin(task)
        study.screen.line(f"{task.upper()}  {module.TITLE}")
        begun = read_json(study.folder / "begun.json")
        result, fault = self.outcome(task, module)
        self.status = self.status or (fault.status if fault else result.exit_status)
        if begun["calls"] > 1 and study.commands:
            result.notes.append(calls_note(begun["calls"]))
            result.warnings += made_by_several(begun["made_by"])
        self.write(result, "failed" if fault else "done", begun)
        if fault and fault.status in FOR_ALL:
            raise fault
        if fault:
            study.screen.line(f"    failed: {fault}")
        for verdict in result.verdicts:
            study.screen.paragraph(verdict)

    def write(self, result: Result, status: str, begun: dict) -> None:
        study = self.study
        made_by = begun["made_by"][-1]
        warned = {text: None for call in begun["made_by"] for text in call.get("preflight", [])}
        durable.write_json(study.folder / "result.json",
                           result.as_json(id=new_id(), status=status, started=begun["started"],
                                          seconds=round(study.seconds, 3), commands=study.commands,
                                          options=begun["options"], made_by={**made_by, "preflight": list(warned)}))
