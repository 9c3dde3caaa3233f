#!/usr/bin/python3
"""Writes optimizer_schedules.json: the learning rate that torch's schedulers give every step of a run.

    /usr/bin/python3 tests/golden/make_optimizer_schedules.py   (Debian's python3-torch 1.13 made the file in the tree)
"""

import json
import pathlib
import re
import warnings

import torch
from torch.optim import lr_scheduler

LR = 0.1


def cosine(optimizer, steps):
    return lr_scheduler.CosineAnnealingLR(optimizer, T_max=steps)


def one_cycle(optimizer, steps):
    return lr_scheduler.OneCycleLR(optimizer, max_lr=LR, total_steps=steps, cycle_momentum=False)


def constant(optimizer, steps):
    return lr_scheduler.ConstantLR(optimizer, factor=1.0, total_iters=steps)


def after_warmup(schedule, warmup):
    def build(optimizer, steps):
        first = lr_scheduler.LinearLR(optimizer, start_factor=1.0 / warmup, total_iters=warmup - 1)
        return lr_scheduler.SequentialLR(optimizer, [first, schedule(optimizer, steps - warmup)], milestones=[warmup])

    return build


def rates(build, epochs, steps_per_epoch, per_epoch=False):
    """The rate of each step; `per_epoch`: stepped after each epoch, as most training scripts do it."""
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=LR)
    scheduler = build(optimizer, epochs if per_epoch else epochs * steps_per_epoch)
    result = []
    for step in range(1, epochs * steps_per_epoch + 1):
        result.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        last = step == epochs * steps_per_epoch
        if not last and (not per_epoch or step % steps_per_epoch == 0):
            scheduler.step()
    return result


def case(name, kind, epochs, steps_per_epoch, build, warmup_epochs=0):
    return {
        "name": name,
        "kind": kind,
        "lr": LR,
        "epochs": epochs,
        "steps_per_epoch": steps_per_epoch,
        "warmup_epochs": warmup_epochs,
        "rates": [rate.hex() for rate in rates(build, epochs, steps_per_epoch)],
    }


def main():
    warnings.filterwarnings("ignore", message=".*epoch parameter in.*")
    cases = [
        case("constant", "constant", 2, 7, constant),
        case("cosine", "cosine", 6, 39, cosine),
        case("cosine of one step", "cosine", 1, 1, cosine),
        case("onecycle", "onecycle", 6, 39, one_cycle),
        case("onecycle of 3 steps", "onecycle", 1, 3, one_cycle),
        case("warm-up, then constant", "constant", 3, 11, after_warmup(constant, 11), 1),
        case("warm-up, then cosine", "cosine", 6, 39, after_warmup(cosine, 78), 2),
    ]
    first_of_epochs = rates(cosine, 12, 10, per_epoch=True)[::10]
    per_epoch = {"epochs": 12, "steps_per_epoch": 10, "lr": LR, "rates": [rate.hex() for rate in first_of_epochs]}
    result = {
        "made_by": f"make_optimizer_schedules.py, torch {torch.__version__}",
        "cases": cases,
        "cosine_per_epoch": per_epoch,
    }
    path = pathlib.Path(__file__).with_name("optimizer_schedules.json")
    text = re.sub(r'",\s+"(-?0x)', r'", "\1', json.dumps(result, indent=1))  # runs of numbers on one line
    path.write_text(text + "\n")


if __name__ == "__main__":
    main()
