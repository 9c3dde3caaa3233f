"""The sentences that the HTML page and the Markdown file share."""

from typing import Any, Iterator, Tuple

from .study_files import Experiment, Study
from .values import duration, written

QUICK = ("This is a trial with a small network and few images. It shows that everything runs; its figures are no "
         "measurement.")

SEEN = "Seen before the measurements began"


def command_count(study: Study) -> int:
    return sum(len(one.result.commands) for one in study.experiments if one.result)


def named(values: dict) -> str:
    """Options and the like in one line, without those that are not set."""
    return ", ".join(f"{name} {'none' if value == [] else written(value)}".strip() for name, value in values.items()
                     if value is not None and value is not False and value != "")


def machine(facts: dict) -> Iterator[Tuple[str, Any]]:
    words = {"cpu": "CPU", "cores": "CPU cores", "memory_mb": "Memory", "hostname": "Host", "gpu": "GPU"}
    for key, value in facts.items():
        if key == "memory_mb" and isinstance(value, (int, float)):
            value = f"{value / 1024:.1f} GiB"
        yield words.get(key, key), "none" if key == "gpu" and not value else value


def facts_of(study: Study) -> Iterator[Tuple[str, Any]]:
    if study.created:
        yield "Begun", study.created
    if study.commit:
        yield "Commit", study.commit
    yield from machine(study.machine)
    if study.options:
        yield "Options", named(study.options)
    done = [one.heading for one in study.experiments if one.state == "done"]
    yield "Finished", ", ".join(done) or "nothing yet"


def state_line(experiment: Experiment) -> str:
    result = experiment.result
    lasted = duration(result.seconds)
    parts = [f"Begun {result.started}" if result.started else "", f"took {lasted}" if lasted else "",
             "command lines are under What was run" if result.commands else ""]
    return "; ".join(filter(None, parts)) + "."


def unfinished(experiment: Experiment) -> str:
    """Why an experiment has no complete result, in a sentence."""
    if experiment.damage:
        return f"Its result can't be used: {experiment.damage}"
    if not experiment.result:
        return f"This study has no result of it. kindling-study {experiment.name} measures it."
    return "It did not end well; what is here is what it had measured until then."
