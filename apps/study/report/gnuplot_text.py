"""Texts and data blocks of gnuplot scripts. Texts are data: whatever they hold, gnuplot only prints them."""

from typing import List, Tuple


LONGEST_NAME = 52  # characters that a legend's line has room for


def shortened(name: str) -> str:
    return name if len(name) <= LONGEST_NAME else name[:LONGEST_NAME - 1] + "\N{HORIZONTAL ELLIPSIS}"


def quoted(text: str) -> str:
    """In single quotes gnuplot takes every character but the quote itself as it is."""
    return "'" + text.replace("'", "''") + "'"


def tics(places: List[Tuple[str, float]]) -> str:
    """A tic's label is a format for its value, so that a % must be doubled."""
    return "(" + ", ".join(f"{quoted(label.replace('%', '%%'))} {place!r}" for label, place in places) + ")"


def block(name: str, rows: List[List[float]]) -> str:
    """A named block of data; an empty row breaks a line."""
    text = "\n".join(" ".join(repr(float(value)) for value in row) for row in rows)
    return f"${name} << END\n{text}\nEND"
