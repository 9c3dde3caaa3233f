#!/usr/bin/env python3
"""Loaders of others, drained with nothing else to do: the crop, flip and normalisation that Kindling makes, of CIFAR-10 in
memory, to batches of fp32. Prints JSON: images a second of each pass, the first left out.

    loader.py --data DIR --loader {pytorch,dali,ffcv} [--workers 2] [--batch 128] [--passes 5]

pytorch: DataLoader whose worker processes fetch a whole batch at a time (cifar10.py); dali: NVIDIA DALI's pipeline on the
CPU, over images that are padded beforehand; ffcv: FFCV's loader over a file in memory that is made first. Each does what
its users are told to do for speed. Of the last, incomplete batch DALI and FFCV are spared the work.
"""

import argparse
import json
import tempfile
import time
from pathlib import Path

import numpy

MEAN = numpy.array((0.4914, 0.4822, 0.4465)) * 255
STD = numpy.array((0.2023, 0.1994, 0.2010)) * 255
PAD = 4


def images_of(folder):
    """Pixels [N, 3, 32, 32] uint8 and labels [N]."""
    files = sorted(Path(folder).rglob("data_batch_*.bin"))
    rows = numpy.concatenate([numpy.fromfile(file, numpy.uint8).reshape(-1, 3073) for file in files])
    return rows[:, 1:].reshape(-1, 3, 32, 32), rows[:, 0].astype(numpy.int64)


def pytorch(args, pixels, labels):
    import torch
    from cifar10 import WorkerBatches

    data = torch.from_numpy(pixels.copy()), torch.from_numpy(labels)
    batches = WorkerBatches(data, args.batch, torch.device("cpu"), train=True, workers=args.workers)
    return lambda: sum(len(y) for _, y in batches)


def dali(args, pixels, labels):
    from nvidia.dali import fn, pipeline_def, types

    padded = numpy.pad(pixels.transpose(0, 2, 3, 1), ((0, 0), (PAD, PAD), (PAD, PAD), (0, 0)))
    batches = len(labels) // args.batch

    def source():
        while True:
            order = numpy.random.permutation(len(labels))[: batches * args.batch]
            for index in order.reshape(-1, args.batch):
                yield padded[index], labels[index, None]

    @pipeline_def(batch_size=args.batch, num_threads=args.workers, device_id=None, prefetch_queue_depth=2)
    def augmented():
        x, y = fn.external_source(source=source(), num_outputs=2, batch=True, layout=["HWC", ""])
        x = fn.crop_mirror_normalize(
            x, crop=(32, 32), crop_pos_x=fn.random.uniform(range=(0, 1)), crop_pos_y=fn.random.uniform(range=(0, 1)),
            mirror=fn.random.coin_flip(), mean=list(MEAN), std=list(STD), output_layout="CHW", dtype=types.FLOAT)
        return x, y

    pipeline = augmented()
    pipeline.build()
    return lambda: sum(len(pipeline.run()[1]) for _ in range(batches))


def ffcv(args, pixels, labels):
    import torch
    from ffcv.fields import IntField, NDArrayField
    from ffcv.fields.decoders import IntDecoder, NDArrayDecoder
    from ffcv.loader import Loader, OrderOption
    from ffcv.transforms import NormalizeImage, RandomHorizontalFlip, RandomTranslate, ToTensor, ToTorchImage
    from ffcv.writer import DatasetWriter

    class Images:
        def __len__(self):
            return len(labels)

        def __getitem__(self, i):
            return pixels[i].transpose(1, 2, 0).copy(), int(labels[i])

    folder = tempfile.TemporaryDirectory()  # lives as long as what is returned
    path = Path(folder.name) / "cifar10.beton"
    fields = {"image": NDArrayField(numpy.dtype(numpy.uint8), (32, 32, 3)), "label": IntField()}
    DatasetWriter(str(path), fields, num_workers=args.workers).from_indexed_dataset(Images())
    steps = [NDArrayDecoder(), RandomHorizontalFlip(), RandomTranslate(padding=PAD),
             NormalizeImage(MEAN, STD, numpy.float32), ToTensor(), ToTorchImage(channels_last=False)]
    loader = Loader(str(path), args.batch, num_workers=args.workers, order=OrderOption.RANDOM, os_cache=True,
                    drop_last=True, pipelines={"image": steps, "label": [IntDecoder(), ToTensor()]})
    torch.set_num_threads(1)
    return lambda _=folder: sum(len(y) for _, y in loader)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", required=True)
    parser.add_argument("--loader", choices=["pytorch", "dali", "ffcv"], required=True)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--batch", type=int, default=128)
    parser.add_argument("--passes", type=int, default=5)
    args = parser.parse_args()
    drain = {"pytorch": pytorch, "dali": dali, "ffcv": ffcv}[args.loader](args, *images_of(args.data))
    rates = []
    for _ in range(args.passes + 1):
        start = time.perf_counter()
        images = drain()
        rates.append(round(images / (time.perf_counter() - start)))
    print(json.dumps({"loader": args.loader, "workers": args.workers, "images_per_s": rates[1:]}))


if __name__ == "__main__":
    main()
