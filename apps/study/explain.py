"""Writes the explanation of C4. Every sentence has its figures, and where intervals overlap it says so."""
from __future__ import annotations

from dataclasses import dataclass

from intervals import Interval, interval, short

MARGIN = 0.10  # two times that are nearer than this are balanced


@dataclass(frozen=True)
class Side:
    """Training with one worker count; each list has milliseconds of a batch, one for each repeat."""
    workers: int
    wait: list[float]
    compute: list[float]
    alone: list[float]  # the loader without training


@dataclass(frozen=True)
class Measured:
    title: str  # of the input
    one: Side
    other: Side
    fixed: list[float]  # compute without loading, ms of a batch
    cpus: int
    compute_threads: int


def workers_text(count) -> str:
    return "1 worker" if count == 1 else f"{count} workers"


def change(what: str, before: Interval, after: Interval, to: str) -> str:
    """What another worker count does to a time."""
    if before.overlaps(after):
        return (f"No measurable difference in {what}: {before.text('ms')} and {after.text('ms')} overlap.")
    verb = "falls" if after.median < before.median else "rises"
    share = f" ({100 * (after.median / before.median - 1):+.0f} %)" if before.median > 0 else ""
    return f"With {to} {what} {verb} from {before.text('ms')} to {after.text('ms')} a batch{share}."


def slower(loader: float, compute: float) -> str:
    """'loader', 'compute' or 'balanced': the slower of two times."""
    if max(loader, compute) <= (1 + MARGIN) * min(loader, compute):
        return "balanced"
    return "loader" if loader > compute else "compute"


def limit_sentence(side: Side, fixed: Interval) -> str:
    alone = interval(side.alone)
    if side.workers == 0:
        return (f"With 0 workers the trainer loads and computes by turns: loading alone takes {alone.text('ms')} a "
                f"batch, computing alone {fixed.text('ms')}, and both add up.")
    both = (f"the loader alone makes a batch in {alone.text('ms')}, compute alone eats one in {fixed.text('ms')}")
    limit = slower(alone.median, fixed.median)
    if limit == "balanced":
        return (f"With {workers_text(side.workers)} {both}: within {100 * MARGIN:.0f} % of each other, so the pipeline "
                "is balanced.")
    if limit == "loader":
        return (f"With {workers_text(side.workers)} {both}: the loader is {short(alone.median / fixed.median)} times "
                "as slow, so training is loader-bound and waits.")
    return (f"With {workers_text(side.workers)} {both}: compute is {short(fixed.median / alone.median)} times as slow, "
            "so training is compute-bound and loading hides behind computing.")


def moved_sentence(measured: Measured, fixed: Interval) -> str:
    """Why the other count helps, or can't."""
    limits = [slower(interval(side.alone).median, fixed.median) for side in (measured.one, measured.other)]
    waits = [interval(side.wait) for side in (measured.one, measured.other)]
    count = workers_text(measured.other.workers)
    saved = waits[0].median - waits[1].median
    if waits[0].overlaps(waits[1]):
        if limits[0] == "compute":
            return (f"More workers can't help where compute sets the pace: of {fixed.text('ms')} a batch only "
                    f"{waits[0].text('ms')} are waiting.")
        return f"Going to {count} changes nothing that can be measured: waiting stays at {waits[1].text('ms')} a batch."
    if saved < 0:
        return f"Going to {count} costs {short(-saved)} ms of waiting a batch."
    if limits[0] == "loader" and limits[1] != "loader":
        return (f"Going to {count} saves {short(saved)} ms of waiting a batch and moves the limit from the loader to "
                f"{'compute' if limits[1] == 'compute' else 'a balance of both'}.")
    if limits[1] == "loader":
        return (f"Going to {count} saves {short(saved)} ms of waiting a batch, and the loader still sets the pace at "
                f"{interval(measured.other.alone).text('ms')}.")
    return (f"Going to {count} saves {short(saved)} ms of waiting a batch, {100 * saved / fixed.median:.1f} % of "
            "computing one: compute set the pace before, too.")


def sharing_sentence(measured: Measured) -> str | None:
    threads = measured.other.workers + measured.compute_threads
    compute = [interval(side.compute) for side in (measured.one, measured.other)]
    if threads <= measured.cpus or compute[0].overlaps(compute[1]) or compute[1].median < compute[0].median:
        return None
    return (f"{workers_text(measured.other.workers)} and {measured.compute_threads} compute threads are {threads} "
            f"threads on {measured.cpus} CPUs: they take turns, and a batch's computing takes "
            f"{short(compute[1].median - compute[0].median)} ms longer.")


def explain(measured: Measured) -> list[str]:
    one, other = measured.one, measured.other
    fixed = interval(measured.fixed)
    to = workers_text(other.workers)
    sentences = [f"{measured.title}, {workers_text(one.workers)}: a batch takes {interval(one.wait).text('ms')} of "
                 f"waiting for data and {interval(one.compute).text('ms')} of computing.",
                 change("waiting for data", interval(one.wait), interval(other.wait), to),
                 change("computing", interval(one.compute), interval(other.compute), to),
                 limit_sentence(one, fixed), limit_sentence(other, fixed), moved_sentence(measured, fixed),
                 sharing_sentence(measured)]
    return [sentence for sentence in sentences if sentence]
