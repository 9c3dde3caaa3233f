"""Medians with exact intervals, and the test that says whether one of two repeated measurements is slower.

Nothing here draws random numbers, so the same measurements give the same words.
"""
from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from math import comb
from statistics import median as median_of

LEVEL = 0.95
SIGNIFICANCE = 0.05
LARGEST_GROUP = 9  # 48,620 ways to deal 18 values; more repeats than 9 aren't needed for the test
METHOD = ("Intervals of the median are order statistics: of n repeats they reach from the k-th smallest to the k-th "
          "largest, with the largest k that covers the median with at least 95 % (all n where n is less than 6; then "
          "the coverage is smaller, and stated). No distribution is assumed.")
TEST = ("A count is significantly slower than the best if an exact one-sided permutation test on the means of their "
        "repeats gives p of at most 0.05: of all ways to deal the repeats of both into two groups, the share with a "
        "difference as large as the one seen. All counts are measured in turn in each repeat; each is tested by "
        "itself.")


@dataclass(frozen=True)
class Interval:
    median: float
    low: float
    high: float
    coverage: float  # probability that [low, high] holds the true median

    def overlaps(self, other: Interval) -> bool:
        return self.low <= other.high and other.low <= self.high

    def text(self, unit: str = "") -> str:
        return f"{short(self.median)}{' ' + unit if unit else ''} [{short(self.low)}, {short(self.high)}]"


def short(value: float) -> str:
    """Three digits that count, without an exponent."""
    size = abs(value)
    digits = 0 if size >= 100 else 1 if size >= 10 else 2 if size >= 1 else 3
    return f"{value:,.{digits}f}"


def coverage(n: int, k: int) -> float:
    """Of the interval from the k-th smallest to the k-th largest of n: 1 - 2 P(Binomial(n, 1/2) < k)."""
    return 1 - 2 * sum(comb(n, i) for i in range(k)) / 2**n


def interval(values: list[float]) -> Interval:
    ordered = sorted(values)
    n = len(ordered)
    k = max([1] + [k for k in range(1, n // 2 + 1) if coverage(n, k) >= LEVEL])
    return Interval(median_of(ordered), ordered[k - 1], ordered[n - k], coverage(n, k))


def slower_p(slow: list[float], fast: list[float]) -> float:
    """The share of ways to deal all values into two groups of these sizes in which the first is slower by as much."""
    slow, fast = slow[:LARGEST_GROUP], fast[:LARGEST_GROUP]
    both = slow + fast
    total, seen = sum(both), sum(slow)  # with fixed sizes, the difference of means grows with the first group's sum
    slack = 1e-12 * max(abs(total), abs(seen))
    ways = reached = 0
    for group in combinations(both, len(slow)):
        ways += 1
        reached += sum(group) >= seen - slack
    return reached / ways


@dataclass(frozen=True)
class Choice:
    count: int  # the smallest that isn't significantly slower
    best: int  # the least median
    p: dict[int, float]  # of each count against the best


def smallest_not_slower(times: dict[int, list[float]]) -> Choice:
    """`times[count][repeat]`, less is better."""
    medians = {count: median_of(values) for count, values in times.items()}
    best = min(sorted(times), key=lambda count: medians[count])
    p = {count: 1.0 if count == best else slower_p(values, times[best]) for count, values in times.items()}
    return Choice(min(count for count in times if p[count] > SIGNIFICANCE), best, p)


def can_decide(repeats: int) -> bool:
    """Whether so few repeats could give p <= 0.05 at all."""
    return 1 / comb(2 * repeats, repeats) <= SIGNIFICANCE
