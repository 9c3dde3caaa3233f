"""What the whole-network comparisons share: the model in PyTorch, its initial weights, its input and its training.

Nothing here is read from Kindling: the model is kuangliu/pytorch-cifar's ResNet18 written anew with a width, and the
initial weights follow docs/NUMERICS.md ("Input", purpose 2).
"""

import pathlib

import numpy
import torch
from torch import nn
from torch.nn import functional

IMAGES = pathlib.Path(__file__).with_name("network_images.bin")
LR, MOMENTUM, WEIGHT_DECAY = 0.005, 0.9, 5e-4
STEPS = 10


class BasicBlock(nn.Module):
    def __init__(self, c, k, stride, norm):
        super().__init__()
        self.conv1 = nn.Conv2d(c, k, 3, stride=stride, padding=1, bias=False)
        self.bn1 = norm(k)
        self.conv2 = nn.Conv2d(k, k, 3, stride=1, padding=1, bias=False)
        self.bn2 = norm(k)
        self.shortcut = nn.Sequential()
        if stride != 1 or c != k:
            self.shortcut = nn.Sequential(nn.Conv2d(c, k, 1, stride=stride, bias=False), norm(k))

    def forward(self, x):
        y = functional.relu(self.bn1(self.conv1(x)))
        y = self.bn2(self.conv2(y))
        return functional.relu(y + self.shortcut(x))


class ResNet18(nn.Module):
    """norm: "batch", or "none", where nothing stands between a convolution and its ReLU."""

    def __init__(self, width=64, norm="batch"):
        super().__init__()
        make_norm = nn.BatchNorm2d if norm == "batch" else lambda channels: nn.Identity()
        self.conv1 = nn.Conv2d(3, width, 3, padding=1, bias=False)
        self.bn1 = make_norm(width)
        c = width
        for stage in range(4):
            k = width << stage
            blocks = [BasicBlock(c, k, 2 if stage else 1, make_norm), BasicBlock(k, k, 1, make_norm)]
            setattr(self, f"layer{stage + 1}", nn.Sequential(*blocks))
            c = k
        self.linear = nn.Linear(c, 10)

    def forward(self, x):
        y = functional.relu(self.bn1(self.conv1(x)))
        for stage in (self.layer1, self.layer2, self.layer3, self.layer4):
            y = stage(y)
        return self.linear(functional.avg_pool2d(y, 4).flatten(1))


def philox_word0(seed, index, second):
    """Word 0 of Philox4x32-10 for counters (index, second, 2, 0); index is an array."""
    mask = numpy.uint64(0xFFFFFFFF)
    shift = numpy.uint64(32)
    counter = [index.astype(numpy.uint64)] + [numpy.full(index.shape, v, numpy.uint64) for v in (second, 2, 0)]
    key = [seed & 0xFFFFFFFF, seed >> 32]
    for _ in range(10):
        product0 = numpy.uint64(0xD2511F53) * counter[0]
        product1 = numpy.uint64(0xCD9E8D57) * counter[2]
        counter = [
            (product1 >> shift) ^ counter[1] ^ numpy.uint64(key[0]),
            product1 & mask,
            (product0 >> shift) ^ counter[3] ^ numpy.uint64(key[1]),
            product0 & mask,
        ]
        key = [(key[0] + 0x9E3779B9) & 0xFFFFFFFF, (key[1] + 0xBB67AE85) & 0xFFFFFFFF]
    return counter[0]


def initial_weights(model, seed):
    """Name -> float32 array. Parameters that are not filters or of the classifier (batch norm's) keep 1 and 0."""
    weights = {}
    for number, (name, parameter) in enumerate(model.named_parameters()):
        if parameter.dim() > 1 or name == "linear.bias":
            fan_in = model.linear.in_features if name == "linear.bias" else parameter[0].numel()
            word = philox_word0(seed, numpy.arange(parameter.numel()), number)
            unit = (word >> numpy.uint64(8)).astype(numpy.float32) * numpy.float32(2.0**-24)
            values = (numpy.float32(2) * unit - numpy.float32(1)) * numpy.float32(1.0 / numpy.sqrt(float(fan_in)))
            weights[name] = values.reshape(tuple(parameter.shape))
        else:
            weights[name] = parameter.detach().numpy().astype(numpy.float32)
    return weights


def load(model, weights):
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            parameter.copy_(torch.from_numpy(weights[name]))


def normalised_images(count):
    """The first images of network_images.bin as torchvision's ToTensor and Normalize leave them, and their labels."""
    records = numpy.fromfile(IMAGES, numpy.uint8).reshape(-1, 3073)[:count]
    pixels = records[:, 1:].reshape(-1, 3, 32, 32).astype(numpy.float32) / numpy.float32(255)
    mean = numpy.array([0.4914, 0.4822, 0.4465], numpy.float32).reshape(1, 3, 1, 1)
    std = numpy.array([0.2023, 0.1994, 0.2010], numpy.float32).reshape(1, 3, 1, 1)
    return torch.from_numpy((pixels - mean) / std), torch.from_numpy(records[:, 0].astype(numpy.int64))


def kink_margin(width, norm, seed, count):
    """How far the first step stays from the kinks of its ReLUs: the smallest input of any ReLU, over the rms of what
    rounding to float did to its channel (PyTorch in float against double)."""
    inputs = []

    def record(x):
        inputs.append(x)
        return x.clamp(min=0)

    model = ResNet18(width, norm)
    weights = initial_weights(model, seed)
    x, _ = normalised_images(count)
    original, functional.relu = functional.relu, record
    try:
        with torch.no_grad():
            load(model, weights)
            model(x)
            model.double()
            load(model, weights)
            model(x.double())
    finally:
        functional.relu = original
    margin = float("inf")
    for rounded, exact in zip(inputs[: len(inputs) // 2], inputs[len(inputs) // 2 :]):
        rms = ((rounded.double() - exact) ** 2).mean(dim=(0, 2, 3), keepdim=True).sqrt()
        margin = min(margin, (exact.abs() / rms).min().item())
    return margin


def train(model, x, labels, steps=STEPS):
    """SGD steps on one batch. Returns the loss of each step and the gradients of the first, by name."""
    optimizer = torch.optim.SGD(model.parameters(), lr=LR, momentum=MOMENTUM, weight_decay=WEIGHT_DECAY)
    losses = []
    gradients = {}
    model.train()
    for _ in range(steps):
        optimizer.zero_grad()
        loss = functional.cross_entropy(model(x), labels)
        loss.backward()
        if not losses:
            gradients = {name: p.grad.detach().clone().numpy() for name, p in model.named_parameters()}
        optimizer.step()
        losses.append(loss.item())
    return losses, gradients
