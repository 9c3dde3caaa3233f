"""How values of tables are written: the same in HTML and Markdown."""

import json
import math
from typing import Any, Optional

NOTHING = "\N{EN DASH}"


def number(value: float, digits: Optional[int]) -> str:
    """With `digits` after the point; in scientific notation where that would hide the number or make it endless."""
    if not math.isfinite(value):
        return str(value).replace("nan", "NaN")
    if digits is None:
        return f"{value:.4g}"
    if abs(value) >= 1e9 or (value != 0 and abs(value) < 0.5 * 10**-digits):
        return f"{value:.2e}"
    return f"{value:.{digits}f}"


def written(value: Any, digits: Optional[int] = None) -> str:
    if value is None:
        return NOTHING
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int) and not digits:
        return str(value)
    if isinstance(value, (int, float)):
        try:
            return number(float(value), digits)
        except OverflowError:
            return str(value)
    return value if isinstance(value, str) else json.dumps(value)


def is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def numeric(values: list) -> bool:
    """Whether a column is one of numbers, with words such as "diverged" among them at most."""
    return any(is_number(value) for value in values)


def duration(seconds: Any) -> str:
    if not is_number(seconds) or not 0 <= seconds < 1e9:
        return ""
    if seconds < 100:
        return f"{seconds:.1f} s"
    minutes, hours = seconds / 60, seconds / 3600
    return f"{minutes:.0f} min" if minutes < 100 else f"{hours:.1f} h"
