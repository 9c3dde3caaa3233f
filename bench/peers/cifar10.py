"""CIFAR-10's binary files as batches for epoch.py: the crop, flip and normalisation that Kindling makes, done in
two ways. Both give (images, labels) on the device, images as fp32 NCHW."""

from pathlib import Path

import numpy
import torch

MEAN = torch.tensor((0.4914, 0.4822, 0.4465)).view(3, 1, 1)
STD = torch.tensor((0.2023, 0.1994, 0.2010)).view(3, 1, 1)
PAD = 4


def read(folder, split, limit=None):
    """Pixels [N, 3, 32, 32] uint8 and labels [N] int64, on the host."""
    folder = Path(folder)
    if not (folder / "test_batch.bin").exists():
        folder = folder / "cifar-10-batches-bin"
    names = ["test_batch.bin"] if split == "test" else [f"data_batch_{i}.bin" for i in range(1, 6)]
    rows = numpy.concatenate([numpy.fromfile(folder / name, numpy.uint8).reshape(-1, 3073) for name in names])[:limit]
    return torch.from_numpy(rows[:, 1:].reshape(-1, 3, 32, 32).copy()), torch.from_numpy(rows[:, 0].astype(numpy.int64))


def batch_of(pixels, labels, index, train):
    """The images of these indices, augmented when training, where `pixels` lie."""
    device = pixels.device
    chosen = pixels[index]
    if train:
        n, side = len(index), torch.arange(32, device=device)
        padded = torch.nn.functional.pad(chosen, (PAD,) * 4)  # zero pixels, before normalisation
        y, x = torch.randint(2 * PAD + 1, (2, n, 1), device=device)
        flip = torch.randint(2, (n, 1), device=device).bool()
        columns = x + torch.where(flip, 31 - side, side)
        rows = torch.arange(n, device=device).view(n, 1, 1)
        chosen = padded[rows, :, (y + side).unsqueeze(2), columns.unsqueeze(1)].permute(0, 3, 1, 2)
    return (chosen.float() / 255 - MEAN.to(device)) / STD.to(device), labels[index]


class Images(torch.utils.data.Dataset):
    """Images in memory that a worker fetches a batch at a time: no decoding, no PIL, no loop over images."""

    def __init__(self, pixels, labels, train):
        self.pixels, self.labels, self.train = pixels, labels, train

    def __len__(self):
        return len(self.labels)

    def __getitems__(self, index):
        return batch_of(self.pixels, self.labels, torch.tensor(index), self.train)


class WorkerBatches:
    """torch.utils.data.DataLoader: worker processes, pinned memory, copies that don't wait."""

    def __init__(self, data, batch, device, train, workers):
        self.device = device
        self.loader = torch.utils.data.DataLoader(
            Images(*data, train), batch, shuffle=train, num_workers=workers, pin_memory=device.type == "cuda",
            collate_fn=lambda fetched: fetched, persistent_workers=workers > 0,
            prefetch_factor=4 if workers > 0 else None)

    def __iter__(self):
        for images, labels in self.loader:
            yield images.to(self.device, non_blocking=True), labels.to(self.device, non_blocking=True)


class ResidentBatches:
    """The whole set on the device as bytes; shuffled, cropped, flipped and normalised there."""

    def __init__(self, data, batch, device, train, _workers):
        self.pixels, self.labels = (tensor.to(device) for tensor in data)
        self.batch, self.train = batch, train

    def __iter__(self):
        count, device = len(self.labels), self.labels.device
        order = torch.randperm(count, device=device) if self.train else torch.arange(count, device=device)
        for index in order.split(self.batch):
            yield batch_of(self.pixels, self.labels, index, self.train)


LOADERS = {"workers": WorkerBatches, "resident": ResidentBatches}
