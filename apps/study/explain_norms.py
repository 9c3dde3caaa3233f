"""Writes the explanation of C7 from the norms by stage. Every sentence has its figures."""
from __future__ import annotations

import math
from dataclasses import dataclass

LEAST_FACTOR = 3.0  # across the stages; below it norms are of one size
LEARNS = 0.02  # a training loss that falls by less than this share hardly moves


@dataclass(frozen=True)
class Norms:
    """Of one network; activations and gradients by stage at the first measurement."""
    name: str
    activations: list[tuple[str, float]]
    gradients: list[tuple[str, float]]
    diverged: str | None
    first_loss: float | None  # mean training loss of the first epoch
    last_loss: float | None
    test_top1: float | None


def figure(value: float) -> str:
    return f"{value:.3g}"


def across(name: str, what: str, values: list[tuple[str, float]]) -> str | None:
    """How the numbers grow or shrink from the first of these stages to the last."""
    good = [(stage, value) for stage, value in values if value and math.isfinite(value) and value > 0]
    if len(good) < 2:
        return None
    (first, start), (last, end) = good[0], good[-1]
    factor = end / start
    if 1 / LEAST_FACTOR < factor < LEAST_FACTOR:
        return (f"{name}: {what} are of one size through the network, {figure(start)} at {first} and {figure(end)} at "
                f"{last}.")
    verb, times = ("grow", factor) if factor > 1 else ("shrink", 1 / factor)
    return f"{name}: {what} {verb} {figure(times)}-fold from {first} ({figure(start)}) to {last} ({figure(end)})."


def stages_only(values: list[tuple[str, float]]) -> list[tuple[str, float]]:
    return [(stage, value) for stage, value in values if stage != "classifier"]


def outcome(norms: Norms) -> str:
    if norms.diverged:
        return f"{norms.name}: {norms.diverged}."
    if norms.last_loss is None:
        return f"{norms.name}: no epoch was finished."
    test = "" if norms.test_top1 is None else f", the test top-1 {norms.test_top1:.2f} %"
    return f"{norms.name}: the training loss is {norms.last_loss:.3f} in the last epoch{test}."


def learns(norms: Norms) -> bool:
    return (not norms.diverged and norms.last_loss is not None
            and norms.last_loss < (1 - LEARNS) * max(norms.first_loss, math.log(10)))


def gradient_sentence(batch: Norms, none: Norms) -> str | None:
    """The same stage with and without."""
    pairs = [(stage, dict(batch.gradients).get(stage), value) for stage, value in stages_only(none.gradients)]
    pairs = [(stage, a, b) for stage, a, b in pairs if a and b and math.isfinite(a) and math.isfinite(b)]
    if not pairs:
        return None
    stage, a, b = max(pairs, key=lambda pair: abs(math.log(pair[1] / pair[2])))
    ratio = max(a, b) / min(a, b)
    if ratio < LEAST_FACTOR:
        return (f"The gradients are of one size with and without batch norm: they differ most at {stage}, "
                f"{figure(ratio)}-fold.")
    side = "smaller" if b < a else "larger"
    return (f"Without batch norm the gradient of {stage} is {figure(ratio)} times {side}: {figure(b)} against "
            f"{figure(a)}, with the same learning rate.")


def end_of(norms: Norms) -> str:
    if norms.diverged or norms.last_loss is None:
        return norms.diverged or "no epoch was finished"
    return f"a last training loss of {norms.last_loss:.3f}"


def rate_sentence(none: Norms, small: Norms) -> str:
    if none.diverged and learns(small):
        return (f"With the smaller learning rate the same network trains ({figure(small.last_loss)} in the last "
                "epoch), so it is the step that is too large without batch norm.")
    if not learns(none) and not learns(small):
        diverged = none.diverged or small.diverged
        so = "a still smaller one was not tried" if diverged else "the step isn't the cause"
        return ("Neither learning rate makes the network without batch norm train in these epochs "
                f"({end_of(none)}; {end_of(small)}): {so}.")
    if none.last_loss is not None and small.last_loss is not None and not none.diverged and not small.diverged:
        better = "helps" if small.last_loss < none.last_loss else "doesn't help"
        return (f"Without batch norm a smaller learning rate {better}: the last epoch's training loss is "
                f"{small.last_loss:.3f} with it and {none.last_loss:.3f} without.")
    return f"Without batch norm: {end_of(none)}, and {end_of(small)} with the smaller learning rate."


def explain_norms(batch: Norms, none: Norms, small: Norms) -> list[str]:
    sentences = [outcome(one) for one in (batch, none, small)]
    for one in (batch, none):
        sentences += [across(one.name, "activations", stages_only(one.activations)),
                      across(one.name, "gradients", stages_only(one.gradients))]
    sentences += [gradient_sentence(batch, none), rate_sentence(none, small)]
    return [sentence for sentence in sentences if sentence]
