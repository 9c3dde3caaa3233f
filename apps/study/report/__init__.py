"""Writes a study's report: OUT/report.html, OUT/report.md and OUT/plots, from study.json and the result.json files.

It knows nothing of the experiments but what stands in those files.
"""

import shutil
import sys
from pathlib import Path
from typing import Dict, List, Set

import durable

from .markdown import markdown_page
from .origin import head_of
from .page import html_page
from .plots import NO_GNUPLOT, Plot, plot_figure
from .study_files import Study, read_study


def draw(study: Study, out: Path) -> Dict[str, List[Plot]]:
    for left in (out / "plots").glob(".plot-*"):  # by a report that was killed; the study's folder is locked
        shutil.rmtree(left, ignore_errors=True)
    taken: Set[str] = set()
    plots: Dict[str, List[Plot]] = {}
    for one in study.experiments:
        for figure in one.result.figures if one.result else []:
            plots.setdefault(one.name, []).extend(plot_figure(figure, out, one.name, taken, one.result.quick))
    return plots


def remarks_on(study: Study) -> List[str]:
    """What a reader of the report must know of the report itself."""
    remarks = [damage for damage in (study.damage, *(one.damage for one in study.experiments)) if damage]
    if not shutil.which("gnuplot") and any(one.result and one.result.figures for one in study.experiments):
        remarks.append(NO_GNUPLOT)
    return remarks


def render(out: Path) -> None:
    """Writes the report of whatever experiments are there. Throws StudyError(OUTPUT) where it can't be written."""
    try:
        write_report(out)
    except OSError as error:
        raise durable.output_error(Path(error.filename or out), error) from None


def write_report(out: Path) -> None:
    study = head_of(read_study(out))
    remarks = remarks_on(study)
    for remark in remarks:
        print(f"kindling-study: report: {remark}", file=sys.stderr)
    plots = draw(study, out)
    for name, drawn in plots.items():
        for plot in drawn:
            if plot.problem and not plot.svg:
                print(f"kindling-study: report: {name}, figure '{plot.title}': {plot.problem}", file=sys.stderr)
    durable.write_text(out / "report.html", html_page(study, plots, out, remarks))
    durable.write_text(out / "report.md", markdown_page(study, plots, remarks))
