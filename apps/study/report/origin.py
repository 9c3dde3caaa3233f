"""What was run: at the head of the report what most results share, in a section what differs from it."""

import dataclasses
import json
from typing import Any, Dict, List

from .story import machine, named
from .study_files import Experiment, MadeBy, Study
from .values import written


def most_common(values: List[Any]) -> Any:
    """Of equally frequent ones the first."""
    texts = [json.dumps(value, sort_keys=True) for value in values]
    return values[texts.index(max(texts, key=texts.count))]


def common_options(study: Study) -> Dict[str, Any]:
    """By option, of the experiments that depend on it; of what none depends on, study.json's."""
    found: Dict[str, List[Any]] = {}
    for one in study.experiments:
        for name, value in one.result.options.items() if one.result else ():
            found.setdefault(name, []).append(value)
    return {**study.options, **{name: most_common(values) for name, values in found.items()}}


def head_of(study: Study) -> Study:
    """The study with the commit, machine, options and warnings of its results. study.json tells those of the last call
    only, which may have measured little of what is here."""
    origins = [one.result.made_by for one in study.experiments if one.result and one.result.made_by]
    if not origins:
        return study
    shared = [text for text in origins[0].preflight if all(text in one.preflight for one in origins)]
    return dataclasses.replace(study, commit=most_common([one.commit for one in origins]),
                               machine=most_common([one.machine for one in origins]), options=common_options(study),
                               preflight=shared)


def of_its_own(made_by: MadeBy, study: Study) -> List[str]:
    """Commit and machine where they aren't the head's."""
    found = [f"commit {made_by.commit}"] if made_by.commit != study.commit else []
    if made_by.machine != study.machine:
        there = dict(machine(study.machine))
        found += [f"{name} {value}" for name, value in machine(made_by.machine) if there.get(name) != value]
    return found


def unlike_the_head(experiment: Experiment, study: Study) -> str:
    """One sentence; empty where the head holds for this experiment too."""
    result = experiment.result
    if not result:
        return ""
    found = of_its_own(result.made_by, study) if result.made_by else []
    options = {name: value for name, value in result.options.items() if study.options.get(name) != value}
    found += [f"options: {named({name: written(value) for name, value in options.items()})}"] if options else []
    return f"Unlike what stands under What was run: {'; '.join(found)}." if found else ""


def warned(experiment: Experiment, study: Study) -> List[str]:
    """What was seen before it was measured, beyond what the head says."""
    made_by = experiment.result.made_by if experiment.result else None
    return [text for text in made_by.preflight if text not in study.preflight] if made_by else []
