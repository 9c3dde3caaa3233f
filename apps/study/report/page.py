"""The report as one HTML page that needs nothing beside it: no script, no network."""

from html import escape
from pathlib import Path
from typing import Dict, List

from . import page_parts as parts
from .origin import unlike_the_head, warned
from .plots import Plot
from .story import QUICK, SEEN, command_count, facts_of, state_line, unfinished
from .study_files import Experiment, Study
from .style import QUICK_STYLE, STYLE

Plots = Dict[str, List[Plot]]  # of each experiment


def head(study: Study) -> str:
    style = STYLE + (QUICK_STYLE if study.quick else "")
    title = ("QUICK: " if study.quick else "") + "Kindling study"
    stamp = ""
    if study.quick:
        stamp = (f'<p class="quick" role="note"><strong>QUICK</strong> {escape(QUICK)}</p>\n'
                 '<div class="watermark" aria-hidden="true">QUICK</div>\n')
    return ('<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
            '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
            f"<title>{title}</title>\n<style>\n{style}</style>\n</head>\n<body>\n{stamp}<h1>{title}</h1>\n")


def contents(study: Study) -> str:
    links = " · ".join(f'<a href="#{escape(one.name)}">{escape(one.heading)}</a>' for one in study.experiments)
    return f'<nav aria-label="Experiments">{links}</nav>\n'


def commands(study: Study) -> str:
    """Command lines are many and long: folded."""
    if not command_count(study):
        return ""
    lists = "".join(f'<h3 id="{escape(one.name)}-commands">{escape(one.heading)}</h3>'
                    f"<pre>{escape(chr(10).join(one.result.commands))}</pre>\n"
                    for one in study.experiments if one.result and one.result.commands)
    return f'<details class="commands"><summary>Command lines ({command_count(study)})</summary>\n{lists}</details>\n'


def what_was_run(study: Study, remarks: List[str]) -> str:
    return ('<h2 id="run">What was run</h2>\n' + parts.facts(facts_of(study)) + commands(study)
            + parts.warning_box(remarks, "About this report", bad=True)
            + parts.warning_box(study.preflight, SEEN))


def summary(study: Study) -> str:
    page = '<h2 id="summary">Summary</h2>\n'
    for one in study.experiments:
        title = f": {one.result.title}" if one.result else ""
        page += f'<h3><a href="#{escape(one.name)}">{escape(one.heading)}</a>{escape(title)}'
        page += f' <span class="state bad">{escape(one.state)}</span></h3>\n' if one.state != "done" else "</h3>\n"
        if one.result and one.result.verdicts:
            page += parts.items(one.result.verdicts)
        elif one.state == "done":
            page += '<p class="quiet">No verdict.</p>\n'
    return page


def files(experiment: Experiment, out: Path) -> str:
    names = [f"{experiment.name}/result.json", *experiment.result.files]
    links = "".join(f"<li>{parts.file_link(out, name)}</li>" for name in names)
    return f'<details class="files"><summary>Files ({len(names)})</summary><ul>{links}</ul></details>\n'


def section(experiment: Experiment, study: Study, plots: List[Plot], out: Path) -> str:
    result = experiment.result
    title = f": {result.title}" if result and result.title else ""
    stamp = ' <span class="state bad">QUICK</span>' if result and result.quick else ""
    page = f'<section>\n<h2 id="{escape(experiment.name)}">{escape(experiment.heading + title)}{stamp}</h2>\n'
    if result:
        page += f'<p class="quiet">{escape(state_line(experiment))}</p>\n'
        other = unlike_the_head(experiment, study)
        page += f"<p>{escape(other)}</p>\n" if other else ""
    if experiment.state != "done":
        page += parts.warning_box([unfinished(experiment)], experiment.state.capitalize(), bad=True)
    if not result:
        return page + "</section>\n"
    page += parts.items(result.verdicts, "verdicts") if result.verdicts else ""
    page += parts.warning_box(result.warnings, "Warnings")
    page += parts.warning_box(warned(experiment, study), SEEN)
    if plots:
        page += '<div class="figures">\n' + "".join(parts.figure(plot) for plot in plots) + "</div>\n"
    page += "".join(parts.table(one, out) for one in result.tables)
    page += "<h3>Notes</h3>\n" + parts.items(result.notes) if result.notes else ""
    return page + files(experiment, out) + "</section>\n"


def html_page(study: Study, plots: Plots, out: Path, remarks: List[str]) -> str:
    sections = "".join(section(one, study, plots.get(one.name, []), out) for one in study.experiments)
    return (head(study) + contents(study) + "<main>\n" + what_was_run(study, remarks) + summary(study) + sections
            + "</main>\n</body>\n</html>\n")
