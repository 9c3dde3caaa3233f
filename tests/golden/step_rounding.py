#!/usr/bin/env python3
"""How far rounding alone moves one training step of ResNet-18 at full width, in PyTorch on the CPU.

    step_rounding.py [--batch 128] [--steps 4] [--norm none] [--data-path FILE.bin]

Before each step every variant gets the state of the first (fp32, NCHW); then each takes the same step of SGD (lr 0.1,
momentum 0.9, weight decay 5e-4). Variants: the layout channels_last; operands of convolutions rounded to tf32;
activations, their gradients and filters rounded to bf16. Prints how far losses differ, and updates by norms (difference
of the new parameters / first variant's update). The bounds of kindling-compare-devices come from this. FILE.bin is one
of CIFAR-10's files; without it images are random.
"""

import argparse
import copy
import sys
from pathlib import Path

import torch
from torch import nn
from torch.nn import functional

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "bench/peers"))
from resnet18 import ResNet18  # noqa: E402


def to_bf16(x):
    return x.bfloat16().float()


def to_tf32(x):
    bits = x.contiguous().view(torch.int32)
    return ((bits + 0xFFF + ((bits >> 13) & 1)) & ~0x1FFF).view(torch.float32)


def rounding(forward_rounds, backward_rounds):
    """A function that rounds what passes through it forward and the gradient that comes back."""

    class Round(torch.autograd.Function):
        @staticmethod
        def forward(_, x):
            return forward_rounds(x)

        @staticmethod
        def backward(_, gradient):
            return backward_rounds(gradient)

    return Round.apply


def keep(x):
    return x.clone()


def with_convolutions(model, operand, result):
    """The model with functions around the operands and the results of its convolutions."""
    for module in model.modules():
        if isinstance(module, nn.Conv2d):
            module.forward = lambda x, m=module: result(
                functional.conv2d(operand(x), operand(m.weight), None, m.stride, m.padding))
    return model


def with_bf16(model):
    store = rounding(to_bf16, to_bf16)
    for module in model.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.forward = lambda x, forward=module.forward: store(forward(x))
    return with_convolutions(model, store, store)


def without_norms(model):
    for module in list(model.modules()):
        for name, child in list(module.named_children()):
            if isinstance(child, nn.BatchNorm2d):
                setattr(module, name, nn.Identity())
    return model


def read_images(path, count):
    if path is None:
        return torch.randn(count, 3, 32, 32), torch.randint(10, (count,))
    records = torch.frombuffer(bytearray(path.read_bytes()[: count * 3073]), dtype=torch.uint8).view(count, 3073)
    mean = torch.tensor([0.4914, 0.4822, 0.4465]).view(1, 3, 1, 1)
    std = torch.tensor([0.2023, 0.1994, 0.2010]).view(1, 3, 1, 1)
    return (records[:, 1:].reshape(-1, 3, 32, 32).float() / 255 - mean) / std, records[:, 0].long()


def flat(model):
    return torch.cat([p.detach().contiguous().flatten() for p in model.parameters()])


def step(model, optimizer, x, labels):
    """The loss before the step, and the parameters after it."""
    optimizer.zero_grad()
    loss = functional.cross_entropy(model(x), labels)
    loss.backward()
    optimizer.step()
    return loss.item(), flat(model)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--batch", type=int, default=128)
    parser.add_argument("--steps", type=int, default=4)
    parser.add_argument("--norm", choices=("batch", "none"), default="batch")
    parser.add_argument("--data-path", type=Path)
    options = parser.parse_args()

    torch.manual_seed(0)
    images, labels = read_images(options.data_path, options.batch * options.steps)
    model = ResNet18() if options.norm == "batch" else without_norms(ResNet18())

    def sgd(of):
        return torch.optim.SGD(of.parameters(), 0.1, momentum=0.9, weight_decay=5e-4)

    optimizer = sgd(model)
    variants = {
        "channels_last": copy.deepcopy(model).to(memory_format=torch.channels_last),
        "tf32": with_convolutions(copy.deepcopy(model), rounding(to_tf32, keep), rounding(keep, to_tf32)),
        "bf16": with_bf16(copy.deepcopy(model)),
    }
    for number in range(options.steps):
        batch = slice(number * options.batch, (number + 1) * options.batch)
        x, y = images[batch], labels[batch]
        state, moments, before = copy.deepcopy(model.state_dict()), copy.deepcopy(optimizer.state_dict()), flat(model)
        loss, after = step(model, optimizer, x, y)
        print(f"step {number + 1}: loss {loss:.5f}", flush=True)
        for name, variant in variants.items():
            variant.load_state_dict(state)
            own = sgd(variant)
            own.load_state_dict(copy.deepcopy(moments))
            layout = torch.channels_last if name == "channels_last" else torch.contiguous_format
            other_loss, other = step(variant, own, x.contiguous(memory_format=layout), y)
            update = ((other - after).norm() / (after - before).norm()).item()
            print(f"  {name:<13}  loss {abs(other_loss - loss):.1e}  update {update:.1e}", flush=True)


if __name__ == "__main__":
    main()
