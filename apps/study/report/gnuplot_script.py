"""Turns a figure into a gnuplot script that holds its data and draws figure.svg and figure.png."""

from typing import List, Optional, Tuple

from .figures import BARS, Span, decades, has_interval, points, thinned, x_span, y_span
from .gnuplot_marks import bars, lines
from .gnuplot_text import quoted, tics
from .study_files import Figure

WIDTH, HEIGHT = 540, 340  # without the legend
LEGEND_ROW = 24
FEW_POINTS = 12

HEAD = """\
set encoding utf8
set border 3 linecolor rgb '#555555'
set tics nomirror out scale 0.6
set xtics offset 0,0.3
set xlabel offset 0,0.6
set format '%h'
set grid ytics linetype 1 dashtype solid linewidth 0.6 linecolor rgb '#dddddd'
set key outside top center horizontal Left reverse samplen 2.5 width 1 noopaque
set style fill border linecolor rgb '#333333'
"""
DRAW = """\
set terminal svg size {width},{height} dynamic noenhanced background '#ffffff' font 'sans-serif,15'
set output 'figure.svg'
plot {marks}
unset output
set terminal pngcairo size {png_width},{png_height} noenhanced background '#ffffff' font 'sans-serif,12' fontscale 2 \\
    linewidth 2 pointscale 2 dashlength 1
set title {title}
set output 'figure.png'
replot
unset output
"""


def legend_rows(names: List[str]) -> int:
    """About as many as gnuplot makes of them."""
    columns = max(1, (WIDTH - 80) // (9 * max(map(len, names)) + 70))
    return -(-len(names) // columns)


def padded(span: Span, log: bool, share: float) -> Tuple[float, float]:
    """A little more than the span, so that no mark lies on the frame."""
    if span.low == span.high:
        return (span.low / 2, span.high * 2) if log else (span.low - 0.5, span.high + 0.5)
    if log:
        factor = (span.high / span.low) ** share
        return span.low / factor, span.high * factor
    return span.low - share * (span.high - span.low), span.high + share * (span.high - span.low)


def place_numbers(values: List[float], log: bool) -> str:
    """A tic at each value where they are few and not too close for their labels; else gnuplot's own."""
    few = sorted(set(values))
    if log or not 1 < len(few) <= FEW_POINTS:
        close = False
    else:
        close = min(b - a for a, b in zip(few, few[1:])) < (few[-1] - few[0]) / 20
    if not few or len(few) > FEW_POINTS or close:
        return ""
    return "set xtics " + tics([(f"{value:g}", value) for value in few])


def place_categories(names: List[str]) -> List[str]:
    """Categories under their bars, aslant where they would run into each other."""
    aslant = sum(len(name) + 2 for name in names) > 52
    rotation = "rotate by -30 left " if aslant else ""
    return [f"set xtics {rotation}scale 0 " + tics([(name, place) for place, name in enumerate(names)]),
            f"set xrange [-0.6:{len(names) - 0.4}]"] + (["set rmargin 8"] if aslant else [])


def x_axis(figure: Figure, whole: Figure) -> List[str]:
    if figure.kind in BARS:
        return place_categories(figure.categories)
    values = [point[0] for series in whole.series for point in points(whole, series) if point]
    low, high = padded(x_span(whole), figure.x_log, 0.03)
    return [*(["set logscale x"] if figure.x_log else []), place_numbers(values, figure.x_log),
            f"set xrange [{low!r}:{high!r}]"]


def y_axis(figure: Figure, whole: Figure) -> List[str]:
    """In gnuplot [* < A : B < *] is a range of its own choice that holds A and B."""
    seen = y_span(whole)
    if figure.y_log:
        low, high = decades(seen)
        return ["set logscale y", f"set yrange [{low!r}:{high!r}]"]
    if figure.kind in BARS:
        return ["set yrange [0:*]"] if seen.low >= 0 else []
    return [f"set yrange [* < {seen.low!r} : {seen.high!r} < *]"] if seen.low < seen.high else []


def gnuplot_script(figure: Figure, whole: Figure, quick: bool) -> Optional[str]:
    """`whole` is the figure that `figure` is a part of. None if there is nothing to draw."""
    if not x_span(figure) or not y_span(figure):
        return None
    # The parts of one figure get the range of the whole, so that they can be compared.
    script = [HEAD, f"set xlabel {quoted(figure.x_label)}", f"set ylabel {quoted(figure.y_label)}",
              *x_axis(figure, whole), *y_axis(figure, whole)]
    if quick:
        script.append("set label 'QUICK' at graph 0.5,0.5 center rotate by 25 back font ',64' textcolor rgb '#eeeeee'")
    floor = decades(y_span(whole))[0] if figure.y_log else None
    if figure.kind in BARS:
        data, marks = bars(figure, floor)
    else:
        drawn = [(series.name, thinned(points(figure, series)), has_interval(series)) for series in figure.series]
        data, marks = lines(drawn, figure.kind == "lines", floor)
    stamp = "QUICK: " if quick else ""
    height = HEIGHT + LEGEND_ROW * legend_rows([series.name for series in figure.series])
    draw = DRAW.format(width=WIDTH, height=height, png_width=3 * WIDTH, png_height=3 * height,
                       marks=", \\\n    ".join(marks), title=quoted(stamp + figure.title))
    return "\n".join([*script, *data, draw])
