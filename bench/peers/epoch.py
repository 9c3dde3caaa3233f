"""Whole epochs of CIFAR-10 in PyTorch on a GPU: loader, training and evaluation, as `kindling-train` does them.

    python epoch.py --mode channels_last --precision bf16 --batch 128 --data DIR [--loader workers|resident]

Prints JSON: for each loader the seconds of every epoch's training and evaluation. A first pass over a few batches of
every size that occurs, with compilation and cuDNN's search, is not counted (Kindling's first epoch counts its own).
"""

import json
import os
import statistics
import sys
import time

import torch

from cifar10 import LOADERS, read
from modes import Training, facts, parser


def warm_up(training, batches, sizes):
    """Steps of every size, until nothing is compiled, tuned or recorded any more."""
    images, labels = next(iter(batches))
    for split, work in ("train", training.step), ("test", training.correct):
        training.model.train(split == "train")
        for size in sizes[split]:
            for _ in range(4):
                work(images[:size].clone(), labels[:size].clone())
    training.synchronize()


def train(training, batches):
    training.model.train()
    start = time.perf_counter()
    loss, images_seen = torch.zeros((), device=training.device), 0
    for images, labels in batches:
        loss += training.step(images, labels) * len(labels)
        images_seen += len(labels)
    training.synchronize()
    return time.perf_counter() - start, loss.item() / images_seen


def evaluate(training, batches):
    training.model.eval()
    start = time.perf_counter()
    right, images_seen = torch.zeros((), dtype=torch.int64, device=training.device), 0
    for images, labels in batches:
        right += training.correct(images, labels)
        images_seen += len(labels)
    training.synchronize()
    return time.perf_counter() - start, right.item() / images_seen


def measure(args, make_batches):
    limit = 3 * args.batch + 8 if args.tiny else None
    training = Training(args)
    sets = {split: read(args.data, split, limit) for split in ("train", "test")}
    batches = {split: make_batches(data, args.batch, training.device, split == "train", args.workers)
               for split, data in sets.items()}
    sizes = {split: sorted({args.batch, len(labels) % args.batch} - {0}) for split, (_, labels) in sets.items()}
    start = time.perf_counter()
    warm_up(training, batches["train"], sizes)
    result = {"warm_up_s": time.perf_counter() - start, "train_s": [], "eval_s": [], "train_loss": [], "test_top1": []}
    for _ in range(args.epochs):
        seconds, loss = train(training, batches["train"])
        result["train_s"].append(seconds)
        result["train_loss"].append(loss)
        seconds, top1 = evaluate(training, batches["test"])
        result["eval_s"].append(seconds)
        result["test_top1"].append(top1)
    result["median_train_s"] = statistics.median(result["train_s"])
    if training.device.type == "cuda":
        result["peak_device_mb"] = torch.cuda.max_memory_reserved() / 2**20
    return result


def main():
    options = parser(__doc__)
    options.add_argument("--data", required=True, help="folder with CIFAR-10's .bin files, or its parent")
    options.add_argument("--epochs", type=int, default=5)
    options.add_argument("--workers", type=int, default=min(8, len(os.sched_getaffinity(0))))
    options.add_argument("--loader", choices=LOADERS, action="append", help="default: each of them")
    args = options.parse_args()
    if args.tiny:
        args.epochs, args.workers, args.batch = 1, min(args.workers, 2), 8
    result = {**facts(args), "epochs": args.epochs, "workers": args.workers, "loaders": {}}
    for name in args.loader or LOADERS:
        result["loaders"][name] = measure(args, LOADERS[name])
        print(f"{name}: {result['loaders'][name]['train_s']}", file=sys.stderr)
    print(json.dumps(result, indent=2))


if __name__ == "__main__":
    main()
