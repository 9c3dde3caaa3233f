"""What of a figure can be drawn: finite points, at most five lines a panel, and words for those who can't see it."""

import dataclasses
import math
from typing import Any, List, Optional, Tuple

from .study_files import Figure, Series
from .values import is_number, number

LINES_OF_A_PANEL = 5
MOST_POINTS = 3000
BARS = ("bars", "stacked")


@dataclasses.dataclass
class Span:
    """The least and the greatest value to be seen on an axis."""
    low: float
    high: float


Point = Tuple[float, float, float, float]  # x, y, low, high


def finite(value: Any, log: bool = False) -> Optional[float]:
    """The value as a float, or None where it can't be drawn."""
    if not is_number(value):
        return None
    try:
        value = float(value)
    except OverflowError:
        return None
    return value if math.isfinite(value) and (value > 0 or not log) else None


def points(figure: Figure, series: Series) -> List[Optional[Point]]:
    """The points of a series; None where a value is missing, which breaks its line."""
    found: List[Optional[Point]] = []
    for i, (x, y) in enumerate(zip(series.x, series.y)):
        x, y = finite(x, figure.x_log), finite(y, figure.y_log)
        if x is None or y is None:
            found.append(None)
            continue
        low, high = (finite(ends[i]) if ends else None for ends in (series.low, series.high))
        found.append((x, y, y if low is None else low, y if high is None else high))
    return found


def has_interval(series: Series) -> bool:
    return any(finite(value) is not None for value in (*series.low, *series.high))


def thinned(found: List[Optional[Point]]) -> List[Optional[Point]]:
    """No more points than can be seen: of each stretch its lowest and its highest, so that no extreme is lost."""
    if len(found) <= MOST_POINTS:
        return found
    stretch = math.ceil(2 * len(found) / MOST_POINTS)
    kept: List[Optional[Point]] = []
    for start in range(0, len(found), stretch):
        here = [point for point in found[start:start + stretch] if point]
        ends = {min(here, key=lambda point: point[1]), max(here, key=lambda point: point[1])} if here else {None}
        kept += sorted(ends, key=lambda point: point[0] if point else 0)
    return kept


def span(values: List[float]) -> Optional[Span]:
    return Span(min(values), max(values)) if values else None


def x_span(figure: Figure) -> Optional[Span]:
    return span([point[0] for series in figure.series for point in points(figure, series) if point])


def y_span(figure: Figure) -> Optional[Span]:
    """Of values and intervals; on a logarithmic axis of what is above 0."""
    drawn = [point for series in figure.series for point in points(figure, series) if point]
    return span([y for point in drawn for y in point[1:] if y > 0 or not figure.y_log])


def decades(seen: Span) -> Tuple[float, float]:
    """The whole decades that hold a span: the ends of a logarithmic axis."""
    low, high = math.floor(math.log10(seen.low)), math.ceil(math.log10(seen.high))
    return 10.0 ** max(low, -300), 10.0 ** min(max(high, low + 1), 300)


def panels(figure: Figure) -> List[Figure]:
    """The figure, or parts of it that can be read: with few lines each, as equal in number as can be."""
    if figure.kind == "stacked":
        # What is nowhere more than 0 would only be a name in the legend.
        seen = [series for series in figure.series if any(finite(y) for y in series.y)]
        return [dataclasses.replace(figure, series=seen)]
    count = math.ceil(len(figure.series) / LINES_OF_A_PANEL)
    if count <= 1:
        return [figure]
    size = math.ceil(len(figure.series) / count)
    return [dataclasses.replace(figure, id=f"{figure.id}-{i + 1}", title=f"{figure.title} ({i + 1} of {count})",
                                series=figure.series[i * size:(i + 1) * size]) for i in range(count)]


def described(figure: Figure) -> str:
    """The figure in words."""
    sentences = [f"{figure.y_label or 'values'} against {figure.x_label or 'categories'}."]
    for series in figure.series:
        drawn = [point for point in points(figure, series) if point]
        if drawn:
            lowest, highest = (number(end(point[1] for point in drawn), None) for end in (min, max))
            count = "1 value" if len(drawn) == 1 else f"{len(drawn)} values"
            sentences.append(f"{series.name or 'Series'}: {count}, lowest {lowest}, highest {highest}, "
                             f"last {number(drawn[-1][1], None)}.")
    return " ".join(sentences)
