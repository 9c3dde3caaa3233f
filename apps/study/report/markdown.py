"""The report as Markdown, for people who paste: the same words and tables."""

import re
from typing import Dict, List

from .origin import unlike_the_head, warned
from .plots import Plot
from .story import QUICK, SEEN, command_count, facts_of, state_line, unfinished
from .study_files import Experiment, Study, Table
from .values import numeric, written


def plain(text: str) -> str:
    """Text in which Markdown and HTML find nothing of theirs."""
    return re.sub(r"([\\`*_\[\]<>|#~])", r"\\\1", text).replace("&", "&amp;")


def bullets(texts: List[str]) -> str:
    return "".join(f"- {plain(text)}\n" for text in texts) + "\n" if texts else ""


def titled(title: str, texts: List[str]) -> str:
    return f"**{title}**\n\n{bullets(texts)}" if texts else ""


def table(found: Table) -> str:
    """In columns of equal width, so that it can be read as it stands too."""
    if not found.columns:
        return ""
    right = [numeric([row[i] for row in found.rows]) for i in range(len(found.columns))]
    head = [plain(f"{column.title} ({column.unit})" if column.unit else column.title) for column in found.columns]
    body = [[plain(written(value, column.digits)) for value, column in zip(row, found.columns)] for row in found.rows]
    widths = [max(3, *(len(row[i]) for row in [head, *body])) for i in range(len(head))]

    def line(cells: List[str]) -> str:
        return "| " + " | ".join(cell.rjust(width) if side else cell.ljust(width)
                                 for cell, width, side in zip(cells, widths, right)) + " |\n"

    rule = [("-" * (width - 1) + ":") if side else "-" * width for width, side in zip(widths, right)]
    return f"**{plain(found.title)}**\n\n" + "".join(line(row) for row in [head, rule, *body]) + "\n"


def fenced(lines: List[str]) -> str:
    """A block of code; its fence is longer than any row of backticks in it."""
    longest = max((len(run) for line in lines for run in re.findall("`+", line)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}\n" + "\n".join(lines) + f"\n{fence}\n\n"


def section(experiment: Experiment, study: Study, plots: List[Plot]) -> str:
    result = experiment.result
    title = f": {result.title}" if result and result.title else ""
    stamp = " (QUICK)" if result and result.quick else ""
    text = f"## {plain(experiment.heading + title)}{stamp}\n\n"
    if result:
        text += plain(state_line(experiment)) + "\n\n"
        other = unlike_the_head(experiment, study)
        text += plain(other) + "\n\n" if other else ""
    if experiment.state != "done":
        text += f"**{plain(experiment.state.capitalize())}.** {plain(unfinished(experiment))}\n\n"
    if not result:
        return text
    text += bullets(result.verdicts) + titled("Warnings", result.warnings)
    text += titled(SEEN, warned(experiment, study))
    text += "".join(f"![{plain(plot.title)}]({plot.png})\n\n" for plot in plots if plot.png)
    return text + "".join(table(one) for one in result.tables) + titled("Notes", result.notes)


def commands(study: Study) -> str:
    lists = "".join(f"### {plain(one.heading)}\n\n{fenced(one.result.commands)}"
                    for one in study.experiments if one.result and one.result.commands)
    return f"## Command lines ({command_count(study)})\n\n{lists}" if lists else ""


def markdown_page(study: Study, plots: Dict[str, List[Plot]], remarks: List[str]) -> str:
    text = "# " + ("QUICK: " if study.quick else "") + "Kindling study\n\n"
    text += f"> **QUICK** {QUICK}\n\n" if study.quick else ""
    text += "## What was run\n\n"
    text += "".join(f"- {plain(name)}: {plain(written(value))}\n" for name, value in facts_of(study)) + "\n"
    text += titled("About this report", remarks) + titled(SEEN, study.preflight)
    text += "## Summary\n\n"
    for one in study.experiments:
        title = f"**{plain(one.heading)}**" + ("" if one.state == "done" else f" ({plain(one.state)})")
        text += f"{title}\n\n" + bullets(one.result.verdicts if one.result else [])
    text += "".join(section(one, study, plots.get(one.name, [])) for one in study.experiments)
    return text + commands(study)
