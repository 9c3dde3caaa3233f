"""Pieces of the HTML page. Whatever text they are given is data: it is escaped here."""

from html import escape
from pathlib import Path
from typing import Any, Iterable, List, Optional
from urllib.parse import quote

from .plots import Plot
from .study_files import Column, Table
from .values import is_number, numeric, written

# How many characters a line of a printed table has room for: at its common size, smaller, smallest.
ROOM = (88, 118, 150)
SHORT_TABLE = 12  # rows that are kept together on paper


def items(texts: Iterable[str], kind: str = "") -> str:
    attribute = f' class="{kind}"' if kind else ""
    return f"<ul{attribute}>" + "".join(f"<li>{escape(text)}</li>" for text in texts) + "</ul>\n"


def warning_box(texts: List[str], title: str, bad: bool = False) -> str:
    if not texts:
        return ""
    return f'<div class="warnings{" bad" if bad else ""}"><strong>{escape(title)}</strong>{items(texts)}</div>\n'


def facts(pairs: Iterable[tuple]) -> str:
    rows = "".join(f"<dt>{escape(name)}</dt><dd>{escape(written(value))}</dd>" for name, value in pairs)
    return f'<dl class="facts">{rows}</dl>\n' if rows else ""


def file_link(out: Path, name: str, text: Optional[str] = None) -> str:
    """A link to a file of the study, from the report's folder; only the name where there is no such file."""
    shown = escape(text or name)
    parts = Path(name).parts
    if not name or Path(name).is_absolute() or ".." in parts or not (out / name).exists():
        return f"{shown} (missing)" if name else ""
    return f'<a href="{quote(Path(name).as_posix(), safe="/")}">{shown}</a>'


def figure(plot: Plot) -> str:
    link = f' <a href="{quote(plot.png)}">PNG</a>' if plot.png else ""
    drawing = plot.svg or f'<p class="quiet">{escape(plot.problem)}</p>'
    return f"<figure><figcaption>{escape(plot.title)}{link}</figcaption>{drawing}</figure>\n"


def head_cell(column: Column, right: bool) -> str:
    kind = ' class="n"' if right else ""
    unit = f' <span class="unit">{escape(column.unit)}</span>' if column.unit else ""
    return f'<th scope="col"{kind}>{escape(column.title)}{unit}</th>'


def cell(value: Any, column: Column, right: bool, first: bool) -> str:
    kind = ""
    if right:
        kind = ' class="n"' if is_number(value) or value is None else ' class="words"'
    tag, scope = ("th", ' scope="row"') if first else ("td", "")
    return f"<{tag}{scope}{kind}>{escape(written(value, column.digits))}</{tag}>"


def paper_size(found: Table) -> str:
    """The class that makes a table fit an A4 page, by the characters of its longest cells and words of its head."""
    width = 0
    for number, column in enumerate(found.columns):
        cells = [len(written(row[number], column.digits)) for row in found.rows]
        words = [len(word) for word in f"{column.title} {column.unit}".split()]
        width += min(max([*cells, *words, 1]), 30) + 2
    for room, kind in zip(ROOM, ("", "full", "crowded")):
        if width <= room:
            return kind
    return "full wide" if width <= 1.5 * ROOM[1] else "crowded wide"


def table(found: Table, out: Path) -> str:
    right = [numeric([row[i] for row in found.rows]) for i in range(len(found.columns))]
    head = "".join(head_cell(column, side) for column, side in zip(found.columns, right))
    body = "\n".join("<tr>" + "".join(cell(value, found.columns[i], right[i], i == 0) for i, value in enumerate(row))
                     + "</tr>" for row in found.rows)
    kinds = " ".join(filter(None, ["scroll", paper_size(found), "short" if len(found.rows) <= SHORT_TABLE else ""]))
    link = " " + file_link(out, found.csv, "CSV") if found.csv else ""
    return (f'<div class="{kinds}" role="region" tabindex="0" aria-label="{escape(found.title or "table")}"><table>'
            f"<caption>{escape(found.title)}{link}</caption><thead><tr>{head}</tr></thead>\n"
            f"<tbody>{body}</tbody></table></div>\n")
