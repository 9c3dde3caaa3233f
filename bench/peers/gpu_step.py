"""One training step of ResNet-18 in PyTorch on a GPU, without a loader: counterpart of train_step_cuda_bench.

    python gpu_step.py --mode compiled --precision bf16 --batch 512

Prints JSON: median and quartiles in ms. The images stay on the device, and the loss is read after every step, as
train_step_cuda_bench does (which also uploads its images); `queued_ms` is a step when nobody waits for losses.
"""

import json
import statistics
import time

import torch

from measure import milliseconds
from modes import Training, facts, parser


def main():
    options = parser(__doc__)
    options.add_argument("--repeats", type=int, default=100)
    options.add_argument("--warmup", type=int, default=20)
    args = options.parse_args()
    if args.tiny:
        args.repeats, args.warmup, args.batch = 2, 1, 8
    training = Training(args)
    training.model.train()
    images = torch.randn(args.batch, 3, 32, 32, device=training.device).to(memory_format=training.memory_format)
    labels = torch.randint(0, 10, (args.batch,), device=training.device)
    result = {**facts(args), **milliseconds(lambda: training.step(images, labels).item(), args)}

    queued = []
    for _ in range(5):
        training.synchronize()
        start = time.perf_counter()
        for _ in range(args.repeats):
            training.step(images, labels)
        training.synchronize()
        queued.append((time.perf_counter() - start) / args.repeats * 1e3)
    result["queued_ms"] = round(statistics.median(queued), 3)
    result["images_per_s"] = round(args.batch / result["median_ms"] * 1e3, 1)
    if training.device.type == "cuda":
        result["peak_device_mb"] = round(torch.cuda.max_memory_reserved() / 2**20)
    print(json.dumps(result, indent=2))


if __name__ == "__main__":
    main()
