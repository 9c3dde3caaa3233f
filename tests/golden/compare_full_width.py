#!/usr/bin/python3
"""Compares the whole ResNet-18 in fp32 with PyTorch, from the same weights and real images.

    /usr/bin/python3 tests/golden/compare_full_width.py build/cpu-release/bin/full_width_run --norm batch

The rules:
  - first loss within 2e-6 relative;
  - in each of ten steps a loss no further from PyTorch's (NCHW) than 1e-5 relative plus 5 times the largest drift
    between PyTorch's own layouts, NCHW and channels_last, up to that step: rounding grows chaotically;
  - first gradients tensor by tensor within 1e-4 by norms.
A ReLU whose input is 0 to rounding may let a gradient through in one program and not in the other. That moves whole
gradients by 1e-3, and a batch of 8 images has four million ReLUs. So gradients are compared for two images, from seeds
for which no input of a ReLU is nearer to 0 than several times its rounding error (--find-seed looks for such).
Exits with 0 when the rules hold, 1 when not, 77 when PyTorch is not installed.
"""

import argparse
import pathlib
import subprocess
import sys
import tempfile

try:
    import numpy
    import torch
except ImportError as error:
    print(f"skipped: this Python can't import PyTorch ({error}); Debian has it as python3-torch")
    sys.exit(77)

import network_model

LOSS_SEED = 1
GRADIENT_SEED = {"batch": 3, "none": 24}
GRADIENT_BATCH = 2


def torch_run(arguments, seed, batch, steps, memory_format):
    model = network_model.ResNet18(arguments.width, arguments.norm)
    network_model.load(model, network_model.initial_weights(model, seed))
    x, labels = network_model.normalised_images(batch)
    model = model.to(memory_format=memory_format)
    return network_model.train(model, x.contiguous(memory_format=memory_format), labels, steps)


def kindling_run(arguments, seed, batch, steps):
    """The losses and, in one array, the gradients of the first step."""
    with tempfile.TemporaryDirectory() as folder:
        gradients_file = pathlib.Path(folder) / "gradients.bin"
        options = {
            "images": network_model.IMAGES,
            "gradients": gradients_file,
            "norm": arguments.norm,
            "conv": arguments.conv,
            "width": arguments.width,
            "batch": batch,
            "steps": steps,
            "seed": seed,
            "threads": arguments.threads,
            "lr": network_model.LR,
            "momentum": network_model.MOMENTUM,
            "weight-decay": network_model.WEIGHT_DECAY,
        }
        command = [arguments.program] + [f"--{name}={value}" for name, value in options.items()]
        losses = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout.split()
        if len(losses) != steps:
            sys.exit(f"the program printed {len(losses)} losses, wanted {steps}")
        return [float(loss) for loss in losses], numpy.fromfile(gradients_file, numpy.float32)


def compare_losses(arguments):
    run = (arguments, LOSS_SEED, arguments.batch, network_model.STEPS)
    want, _ = torch_run(*run, torch.contiguous_format)
    other, _ = torch_run(*run, torch.channels_last)
    got, _ = kindling_run(*run)
    failures = []
    drift = 0.0
    print("step  PyTorch        Kindling       distance  allowed")
    for step, (a, b, c) in enumerate(zip(want, other, got), start=1):
        drift = max(drift, abs(b - a) / abs(a))
        allowed = 2e-6 if step == 1 else 1e-5 + 5 * drift
        distance = abs(c - a) / abs(a)
        print(f"{step:4d}  {a:<13.9g}  {c:<13.9g}  {distance:.1e}   {allowed:.1e}")
        if not distance <= allowed:
            failures.append(f"loss of step {step}: {distance:.1e} from PyTorch's, allowed {allowed:.1e}")
    return failures


def compare_gradients(arguments):
    run = (arguments, GRADIENT_SEED[arguments.norm], GRADIENT_BATCH, 1)
    _, want = torch_run(*run, torch.contiguous_format)
    _, flat = kindling_run(*run)
    sizes = [gradient.size for gradient in want.values()]
    if flat.size != sum(sizes):
        sys.exit(f"the program wrote {flat.size} gradient elements, PyTorch has {sum(sizes)}")
    failures = []
    distances = {}
    for got, (name, gradient) in zip(numpy.split(flat, numpy.cumsum(sizes)[:-1]), want.items()):
        exact = gradient.ravel().astype(numpy.float64)
        distances[name] = numpy.linalg.norm(got - exact) / numpy.linalg.norm(exact)
        if not distances[name] <= 1e-4:
            failures.append(f"first gradient of {name}: {distances[name]:.1e} from PyTorch's, allowed 1e-4")
    furthest = max(distances, key=distances.get)
    print(f"first gradients: {len(distances)} tensors, furthest {furthest} with {distances[furthest]:.1e}, allowed 1e-4")
    margin = network_model.kink_margin(arguments.width, arguments.norm, run[1], run[2])
    print(f"(no input of a ReLU is nearer to 0 than {margin:.1f} times its rounding error)")
    return failures


def find_seed(arguments):
    best = 0.0
    for seed in range(1, arguments.find_seed + 1):
        margin = network_model.kink_margin(arguments.width, arguments.norm, seed, GRADIENT_BATCH)
        if margin > best:
            best = margin
            print(f"seed {seed}: {margin:.2f} times the rounding error", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("program", help="full_width_run, as built from tests/engine")
    parser.add_argument("--norm", choices=["batch", "none"], default="batch")
    parser.add_argument("--conv", default="direct", help="the program's convolution algorithm")
    parser.add_argument("--width", type=int, default=64)
    parser.add_argument("--batch", type=int, default=8, help="at most the 16 images of the file")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--find-seed", type=int, metavar="N", help="only say which of N seeds keep clear of kinks")
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    if arguments.find_seed:
        return find_seed(arguments)
    print(f"PyTorch {torch.__version__}, --norm {arguments.norm}, --conv {arguments.conv}, width {arguments.width}, batch {arguments.batch}")
    failures = compare_losses(arguments) + compare_gradients(arguments)
    for failure in failures:
        print(f"FAILED {failure}")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
