#!/usr/bin/env python3
"""Makes augmentation.bin: images that torchvision cropped, flipped and normalised, for tests/data/augment_test.cc.

Needs torch, torchvision, numpy and Pillow (Debian: python3-torchvision). Usage: augmentation.py OUTPUT
Made with torch 1.13.0 and torchvision 0.14.1 of Debian 12. Little-endian; per case int32 image, dy, dx, flip, then
float32[32][32][3], NHWC.
"""

import sys

import numpy as np
from PIL import Image
from torchvision.transforms import functional

MEAN = (0.4914, 0.4822, 0.4465)
STD = (0.2023, 0.1994, 0.2010)

# (image, dy, dx, flip): both corners, the identity, and an odd window mirrored.
CASES = [(0, 0, 0, True), (1, 8, 8, False), (0, 4, 4, False), (3, 3, 7, True)]


def make_image(seed):
    """[32, 32, 3] uint8 by the formula that the test repeats. Every channel of image 0 holds all 256 values: 37 is odd,
    so 37 (32 y + x) takes every residue. The identity case uses it."""
    y, x, c = np.meshgrid(np.arange(32), np.arange(32), np.arange(3), indexing="ij")
    return ((37 * (32 * y + x) + 91 * c + 53 * seed + y * y * seed) % 256).astype(np.uint8)


def main():
    with open(sys.argv[1], "wb") as out:
        for image, dy, dx, flip in CASES:
            picture = functional.pad(Image.fromarray(make_image(image)), 4, fill=0)
            picture = functional.crop(picture, dy, dx, 32, 32)
            if flip:
                picture = functional.hflip(picture)
            tensor = functional.normalize(functional.to_tensor(picture), MEAN, STD)
            out.write(np.array([image, dy, dx, flip], dtype="<i4").tobytes())
            out.write(tensor.permute(1, 2, 0).contiguous().numpy().astype("<f4").tobytes())


if __name__ == "__main__":
    main()
