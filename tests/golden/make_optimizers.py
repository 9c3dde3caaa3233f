#!/usr/bin/python3
"""Writes optimizers.json: what torch.optim makes of 200 steps from given gradients.

    /usr/bin/python3 tests/golden/make_optimizers.py            (Debian's python3-torch 1.13 made the file in the tree)

Parameters and gradients come from a formula with exact results, which the tests repeat (optimizers.h), so that
the file holds results only: parameters and moments after the last step, in double and in float, as hexadecimal
floating-point numbers. 45 elements: no multiple of any vector width. Results are those of torch's single-tensor code.
"""

import json
import pathlib
import re

import torch

ELEMENTS = 45
STEPS = 200
MASK = (1 << 64) - 1


def uniform(stream, index):
    """A multiple of 2^-23 in [-1, 1): exact in float (SplitMix64's finaliser, upper 24 bits)."""
    z = (stream * 0x9E3779B97F4A7C15 + index * 0xD1B54A32D192ED03 + 0x632BE59BD9B4E019) & MASK
    z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & MASK
    z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & MASK
    z ^= z >> 31
    return ((z >> 40) - (1 << 23)) * 2.0**-23


def initial_parameter(i):
    return uniform(0, i)


def gradient(step, i):
    """Sizes differ between elements by up to 2^8, as those of layers do; half a mean, half noise."""
    return (uniform(1000, i) + uniform(step, i)) * 2.0 ** -(i % 9 + 1)


def learning_rate(lr, step):
    """Falls through a run, and jumps up and down on the way."""
    return lr * (1.0 - (step - 1) / 256.0) * (2.0 if step % 50 < 5 else 1.0)


CASES = {
    "sgd": (torch.optim.SGD, dict(lr=0.1)),
    "sgd_weight_decay": (torch.optim.SGD, dict(lr=0.1, weight_decay=5e-4)),
    "sgd_momentum": (torch.optim.SGD, dict(lr=0.05, momentum=0.9)),
    "sgd_momentum_weight_decay": (torch.optim.SGD, dict(lr=0.05, momentum=0.9, weight_decay=5e-4)),
    "nesterov": (torch.optim.SGD, dict(lr=0.05, momentum=0.9, nesterov=True)),
    "nesterov_weight_decay": (torch.optim.SGD, dict(lr=0.05, momentum=0.8, weight_decay=5e-4, nesterov=True)),
    "adagrad": (torch.optim.Adagrad, dict(lr=0.1, eps=1e-10)),
    "adagrad_lr_decay_weight_decay": (torch.optim.Adagrad, dict(lr=0.1, lr_decay=1e-2, weight_decay=5e-4, eps=1e-10)),
    "adadelta": (torch.optim.Adadelta, dict(lr=1.0, rho=0.9, eps=1e-6)),
    "adadelta_weight_decay": (torch.optim.Adadelta, dict(lr=0.7, rho=0.95, eps=1e-5, weight_decay=5e-4)),
    "adam": (torch.optim.Adam, dict(lr=1e-2, betas=(0.9, 0.999), eps=1e-8)),
    "adam_weight_decay": (torch.optim.Adam, dict(lr=1e-2, betas=(0.8, 0.99), eps=1e-6, weight_decay=5e-4)),
}


def run(optimizer_class, options, dtype):
    parameter = torch.nn.Parameter(torch.tensor([initial_parameter(i) for i in range(ELEMENTS)], dtype=dtype))
    optimizer = optimizer_class([parameter], **options, foreach=False)
    for step in range(1, STEPS + 1):
        optimizer.param_groups[0]["lr"] = learning_rate(options["lr"], step)
        parameter.grad = torch.tensor([gradient(step, i) for i in range(ELEMENTS)], dtype=dtype)
        optimizer.step()
    state = {"parameters": parameter.detach()}
    state.update({k: v for k, v in optimizer.state[parameter].items() if k != "step" and v is not None})
    return {name: [value.hex() for value in tensor.tolist()] for name, tensor in state.items()}


def main():
    cases = {}
    for name, (optimizer_class, options) in CASES.items():
        cases[name] = {
            "options": options,
            "float64": run(optimizer_class, options, torch.float64),
            "float32": run(optimizer_class, options, torch.float32),
        }
    made_by = f"make_optimizers.py, torch {torch.__version__}"
    result = {"made_by": made_by, "elements": ELEMENTS, "steps": STEPS, "cases": cases}
    path = pathlib.Path(__file__).with_name("optimizers.json")
    text = re.sub(r'",\s+"(-?0x)', r'", "\1', json.dumps(result, indent=1))  # runs of numbers on one line
    path.write_text(text + "\n")


if __name__ == "__main__":
    main()
