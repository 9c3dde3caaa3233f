"""The marks of a figure as gnuplot draws them: lines, points, intervals and bars that can be told apart without colour.

Colours are Okabe and Ito's, which the colour-blind can tell apart; dashes, marks and hatching serve who prints in grey.
"""

from typing import List, Optional, Tuple

from .figures import Point, points
from .gnuplot_text import block, quoted, shortened
from .study_files import Figure

LINES = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#000000")
DASHES = ("solid", "(10,4)", "(3,3)", "(12,3,3,3)", "(6,6)")
POINTS = (7, 5, 9, 13, 11)
# Neighbours of a stack differ in brightness too; hatching has the darker colours, or it would be too pale.
FILLS = (("#0072B2", "solid"), ("#F0E442", "solid"), ("#D55E00", "solid"), ("#56B4E9", "solid"),
         ("#000000", "pattern 4"), ("#009E73", "solid"), ("#D55E00", "pattern 5"), ("#CC79A7", "solid"),
         ("#0072B2", "pattern 2"), ("#E69F00", "solid"), ("#000000", "pattern 1"), ("#999999", "solid"))
# Intervals: arrows with flat heads, because gnuplot's own error bars leave a white hole around the middle.
ENDS = "with vectors heads size screen 0.008,90 fixed"
FEW = 25  # points that each get a mark
Drawn = Tuple[str, List[Optional[Point]], bool]  # name, points, whether with intervals


def jagged(found: List[Optional[Point]]) -> bool:
    """Whether a line goes up and down so often that it would hide others: the loss of single batches, say."""
    values = [point[1] for point in found if point]
    way = sum(abs(b - a) for a, b in zip(values, values[1:]))
    return len(values) > 100 and way > 10 * (max(values) - min(values))


def lines(series: List[Drawn], joined: bool, floor: Optional[float]) -> Tuple[List[str], List[str]]:
    """Data and marks of lines or points. `floor` is where a logarithmic axis ends, for intervals that reach 0."""
    data, behind, before = [], [], []
    for i, (name, found, interval) in enumerate(series):
        bound = [point[:2] + tuple(max(end, floor) if floor else end for end in point[2:]) if point else ()
                 for point in found]
        data.append(block(f"s{i}", bound))
        colour, many = f"linecolor rgb '{LINES[i % 5]}'", len(found) > FEW
        mark = f"pointtype {POINTS[i % 5]} pointsize {0.4 if many else 0.8}"
        title = quoted(shortened(name))
        dash = f"linewidth 2 dashtype {DASHES[i % 5]}"
        if interval and many:
            behind.append(f"$s{i} using 1:3:4 with filledcurves {colour}"
                          " fillstyle transparent solid 0.2 noborder notitle")
        elif interval:
            before.append(f"$s{i} using 1:3:(0):($4-$3) {ENDS} {colour} linewidth 1.5 notitle")
        if not joined:
            before.append(f"$s{i} using 1:2 with points {colour} {mark} title {title}")
        elif jagged(found):
            pale = f"linecolor rgb '#a0{LINES[i % 5][1:]}'"  # alpha first
            behind.append(f"$s{i} using 1:2 with lines {pale} linewidth 0.7 title {title}")
        elif many:
            before.append(f"$s{i} using 1:2 with lines {colour} {dash} title {title}")
        else:
            before.append(f"$s{i} using 1:2 with linespoints {colour} {dash} {mark} title {title}")
    return data, behind + before


def rectangles(figure: Figure) -> List[List[Tuple[float, ...]]]:
    """For each series its bars: x, y, left, right, bottom, top, low, high."""
    stacked = figure.kind == "stacked"
    width = 0.7 if stacked else 0.8 / len(figure.series)
    heights = [0.0] * len(figure.categories)
    found = []
    for number, series in enumerate(figure.series):
        bars_of_series = []
        for place, point in enumerate(points(figure, series)):
            if not point:
                continue
            _, y, low, high = point
            centre = place if stacked else place + (number - (len(figure.series) - 1) / 2) * width
            bottom, top = (heights[place], heights[place] + y) if stacked else (0.0, y)
            heights[place] = top
            bars_of_series.append((centre, top, centre - width / 2, centre + width / 2, bottom, top,
                                   bottom + low if stacked else low, bottom + high if stacked else high))
        found.append(bars_of_series)
    return found


def bars(figure: Figure, floor: Optional[float]) -> Tuple[List[str], List[str]]:
    """Data and marks of bars; on a logarithmic axis, which has no 0, they stand on its end `floor`."""
    data, marks = [], []
    for i, (series, found) in enumerate(zip(figure.series, rectangles(figure))):
        if not found:
            continue
        if floor:
            found = [bar[:4] + tuple(max(end, floor) for end in bar[4:]) for bar in found]
        data.append(block(f"s{i}", found))
        colour, fill = FILLS[i % len(FILLS)]
        marks.append(f"$s{i} using 1:2:3:4:5:6 with boxxyerror linecolor rgb '{colour}' fillstyle {fill} "
                     f"border linecolor rgb '#333333' title {quoted(shortened(series.name))}")
        if any(bar[6] != bar[7] for bar in found):
            marks.append(f"$s{i} using 1:7:(0):($8-$7) {ENDS} linecolor rgb '#000000' linewidth 1.5 notitle")
    return data, marks
