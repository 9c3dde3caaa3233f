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


def limit_of(loader: Interval, compute: Interval) -> str:
    """The same of two repeated measurements: those whose intervals overlap are balanced, as far as can be measured."""
    return "balanced" if loader.overlaps(compute) else slower(loader.median, compute.median)


def keeps_up(side: Side, fixed: Interval) -> bool:
    """Whether waiting is small beside computing."""
    return interval(side.wait).median <= MARGIN * fixed.median


def shared(measured: Measured, side: Side) -> str:
    threads = f" and {measured.compute_threads} compute threads" if measured.compute_threads else " and computing"
    return f"{workers_text(side.workers)}{threads} share {measured.cpus} CPUs"


def limit_sentence(measured: Measured, side: Side, fixed: Interval) -> str:
    alone = interval(side.alone)
    if side.workers == 0:
        return (f"With 0 workers the trainer loads and computes by turns: loading alone takes {alone.text('ms')} a "
                f"batch, computing alone {fixed.text('ms')}, and both add up.")
    both = (f"With {workers_text(side.workers)} the loader alone makes a batch in {alone.text('ms')}, compute alone "
            f"eats one in {fixed.text('ms')}")
    if alone.overlaps(fixed):
        return f"{both}: no measurable difference, so the pipeline is balanced as far as can be told."
    limit = limit_of(alone, fixed)
    if limit == "balanced":
        return f"{both}: within {100 * MARGIN:.0f} % of each other, so the pipeline is balanced."
    if limit == "loader":
        return (f"{both}: the loader is {short(alone.median / fixed.median)} times as slow, so training is "
                "loader-bound and waits.")
    slow = f"{both}: compute is {short(fixed.median / alone.median)} times as slow"
    if keeps_up(side, fixed):
        return f"{slow}, so training is compute-bound and loading hides behind computing."
    return (f"{slow}, but training waits {interval(side.wait).text('ms')} a batch although the loader alone would keep "
            f"up: {shared(measured, side)}.")


def unmoved_sentence(measured: Measured, before: str, fixed: Interval) -> str:
    """Where waiting doesn't change."""
    one, other = measured.one, measured.other
    waits = [interval(side.wait) for side in (one, other)]
    nothing = f"Going to {workers_text(other.workers)} changes nothing that can be measured"
    if before != "compute":
        return f"{nothing}: waiting stays at {waits[1].text('ms')} a batch."
    if not keeps_up(one, fixed):
        return (f"{nothing}: waiting stays at {waits[1].text('ms')} a batch, although {workers_text(one.workers)} "
                f"alone would keep up; {shared(measured, other)}.")
    if other.workers < one.workers:
        return f"{nothing}: compute sets the pace, and waiting stays at {waits[1].text('ms')} a batch."
    return (f"More workers can't help where compute sets the pace: beside {fixed.text('ms')} of computing a batch "
            f"takes only {waits[0].text('ms')} of waiting.")


def pace_sentence(measured: Measured, before: str, after: str, fixed: Interval) -> str:
    """What a count that saves waiting has done to the pace."""
    one, other = measured.one, measured.other
    if after == "loader":
        still = "still " if before == "loader" else ""
        return f"and the loader {still}sets the pace at {interval(other.alone).text('ms')}"
    if before == "loader" and after == "compute" and not keeps_up(other, fixed):
        return (f"and the loader alone would keep up now, but {interval(other.wait).text('ms')} of waiting stay: "
                f"{shared(measured, other)}")
    if before == "loader":
        return f"and moves the limit from the loader to {'compute' if after == 'compute' else 'a balance of both'}"
    if before == "balanced":
        return ("and loading and computing were balanced before, " + ("and are now" if after == "balanced" else
                                                                     "while now compute sets the pace"))
    if not keeps_up(one, fixed):
        return f"although {workers_text(one.workers)} alone would have kept up: {shared(measured, one)}"
    return "and compute set the pace before, " + ("too" if after == "compute" else "while now both are balanced")


def moved_sentence(measured: Measured, fixed: Interval) -> str:
    """Why the other count helps, or can't."""
    before, after = (limit_of(interval(side.alone), fixed) for side in (measured.one, measured.other))
    waits = [interval(side.wait) for side in (measured.one, measured.other)]
    count = workers_text(measured.other.workers)
    saved = waits[0].median - waits[1].median
    if waits[0].overlaps(waits[1]):
        return unmoved_sentence(measured, before, fixed)
    if saved < 0:
        return f"Going to {count} costs {short(-saved)} ms of waiting a batch."
    if measured.other.workers == 0:
        return (f"Going to {count} saves {short(saved)} ms of waiting a batch, although the trainer then loads by "
                "itself.")
    return (f"Going to {count} saves {short(saved)} ms of waiting a batch, {100 * saved / fixed.median:.1f} % of "
            f"computing one, {pace_sentence(measured, before, after, fixed)}.")


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
                 limit_sentence(measured, one, fixed), limit_sentence(measured, other, fixed),
                 moved_sentence(measured, fixed), sharing_sentence(measured)]
    return [sentence for sentence in sentences if sentence]
