#!/usr/bin/python3
"""Writes network.json: ten SGD steps of a narrow ResNet-18 in double by PyTorch, with and without batch norm.

    /usr/bin/python3 tests/golden/make_network.py               (Debian's python3-torch 1.13 made the file in the tree)

The input is the first images of network_images.bin (of CIFAR-10's test set, in its binary format; the copy at hand had
been stored as JPEG, so the pixels are not exactly the published ones). The initial weights are those of a seed. The
file keeps, as hexadecimal floating-point numbers: the losses of the steps; the loss in evaluation mode after them,
which sees the running statistics; and of each gradient of the first step its norm and its inner products with 64
vectors of random signs (`signs`): the mean of the squares of the differences of such products estimates the square of
the norm of the difference of two gradients to about a fifth.

    make_network.py --images TEST_BATCH_BIN    also takes network_images.bin anew from a test_batch.bin
"""

import argparse
import json
import pathlib
import re

import numpy
import torch

import network_model

SEED = 20240607
WIDTH = 8
BATCH = 8
IMAGES = 16
PROJECTIONS = 64


def splitmix(values):
    z = values.astype(numpy.uint64)
    with numpy.errstate(over="ignore"):
        z = (z ^ (z >> numpy.uint64(30))) * numpy.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> numpy.uint64(27))) * numpy.uint64(0x94D049BB133111EB)
    return z ^ (z >> numpy.uint64(31))


def signs(tensor, size):
    """[size, 64] of +1 and -1: bit j of a hash of (tensor, element) is the sign in vector j."""
    with numpy.errstate(over="ignore"):
        inputs = numpy.uint64(tensor + 1) * numpy.uint64(0x9E3779B97F4A7C15) + numpy.arange(
            size, dtype=numpy.uint64
        ) * numpy.uint64(0xD1B54A32D192ED03)
    bits = (splitmix(inputs)[:, None] >> numpy.arange(PROJECTIONS, dtype=numpy.uint64)) & numpy.uint64(1)
    return 1.0 - 2.0 * bits.astype(numpy.float64)


def checksum(weights):
    """Of all initial weights in order: sum over elements of (2 i + 1) times the float's bits, modulo 2^64."""
    bits = numpy.concatenate([w.ravel() for w in weights.values()]).view(numpy.uint32).astype(numpy.uint64)
    with numpy.errstate(over="ignore"):
        return int(numpy.sum(bits * (2 * numpy.arange(bits.size, dtype=numpy.uint64) + numpy.uint64(1))))


def describe(number, name, gradient):
    flat = gradient.ravel()
    return {
        "name": name,
        "norm": float(numpy.linalg.norm(flat)).hex(),
        "projections": [float(value).hex() for value in flat @ signs(number, flat.size)],
    }


def run(norm):
    model = network_model.ResNet18(WIDTH, norm)
    weights = network_model.initial_weights(model, SEED)
    model.double()
    network_model.load(model, weights)
    x, labels = network_model.normalised_images(BATCH)
    losses, gradients = network_model.train(model, x.double(), labels)
    model.eval()
    evaluation = torch.nn.functional.cross_entropy(model(x.double()), labels).item()
    return {
        "norm": norm,
        "weights_checksum": f"{checksum(weights):016x}",
        "losses": [loss.hex() for loss in losses],
        "evaluation_loss": evaluation.hex(),
        "gradients": [describe(i, name, gradients[name]) for i, name in enumerate(weights)],
    }


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--images", help="test_batch.bin of CIFAR-10's binary version")
    test_batch = arguments.parse_args().images
    if test_batch:
        with open(test_batch, "rb") as source:
            network_model.IMAGES.write_bytes(source.read(IMAGES * 3073))
    torch.set_num_threads(1)
    result = {
        "made_by": f"make_network.py, torch {torch.__version__}",
        "seed": SEED,
        "width": WIDTH,
        "batch": BATCH,
        "lr": network_model.LR,
        "momentum": network_model.MOMENTUM,
        "weight_decay": network_model.WEIGHT_DECAY,
        "runs": [run("batch"), run("none")],
    }
    text = re.sub(r'",\s+"(-?0x)', r'", "\1', json.dumps(result, indent=1))  # runs of numbers on one line
    pathlib.Path(__file__).with_name("network.json").write_text(text + "\n")


if __name__ == "__main__":
    main()
