"""Two one-sided tests (TOST; Schuirmann, 1987) on paired differences: is the mean difference surely within a margin?"""
from __future__ import annotations

from dataclasses import dataclass
from math import exp, isfinite, lgamma, log, sqrt
from statistics import mean, stdev

LEVEL = 0.05  # of each one-sided test: the 90 % interval of the mean difference must lie within the margin


def t_upper_tail(t: float, degrees: int) -> float:
    """P(T > t) for t >= 0 and Student's t: half the regularised incomplete beta function of degrees / (degrees + t^2)."""
    return 0.5 * incomplete_beta(degrees / 2, 0.5, degrees / (degrees + t * t))


def incomplete_beta(a: float, b: float, x: float) -> float:
    """I_x(a, b) by its continued fraction (Lentz's method; Numerical Recipes, 6.4)."""
    if x <= 0 or x >= 1:
        return float(x >= 1)
    if x > (a + 1) / (a + b + 2):
        return 1 - incomplete_beta(b, a, 1 - x)
    front = exp(lgamma(a + b) - lgamma(a) - lgamma(b) + a * log(x) + b * log(1 - x)) / a
    c, d = 1.0, 1 / (1 - (a + b) * x / (a + 1))
    result = d
    for m in range(1, 300):
        for numerator in (m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m)),
                          -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))):
            d = 1 / (1 + numerator * d)
            c = 1 + numerator / c
            result *= c * d
    return front * result


def t_quantile(level: float, degrees: int) -> float:
    """The t that is exceeded with probability `level`."""
    low, high = 0.0, 1e6
    for _ in range(200):
        middle = (low + high) / 2
        low, high = (middle, high) if t_upper_tail(middle, degrees) > level else (low, middle)
    return low


@dataclass(frozen=True)
class Verdict:
    difference: float  # mean of found - reference
    half_width: float  # of the 90 % interval around it
    margin: float

    @property
    def is_equivalent(self) -> bool:
        return isfinite(self.difference) and abs(self.difference) + self.half_width < self.margin

    def text(self) -> str:
        sign = "within" if self.is_equivalent else "NOT within"
        return f"{self.difference:+.4f} +- {self.half_width:.4f}, {sign} {self.margin:.4f}"


def compare(found: list[float], reference: list[float], margin: float) -> Verdict:
    """Values of the same seeds, in the same order."""
    differences = [a - b for a, b in zip(found, reference)]
    if len(found) != len(reference) or len(differences) < 2 or not all(map(isfinite, differences)):
        return Verdict(float("nan"), float("nan"), margin)
    spread = stdev(differences) / sqrt(len(differences))
    return Verdict(mean(differences), t_quantile(LEVEL, len(differences) - 1) * spread, margin)
