"""Writes safetensors_golden.safetensors with the safetensors package (made with safetensors 0.8.0, torch 2.15.0).

usage: python3 make_safetensors.py OUTPUT
"""
import sys

import torch
from safetensors.torch import save_file

save_file(
    {
        "conv1.weight": torch.arange(2 * 3 * 2 * 2, dtype=torch.float32).reshape(2, 3, 2, 2) / 8,
        "bn1.num_batches_tracked": torch.tensor(391, dtype=torch.int64),
        "moment": torch.tensor([0.1, -0.2, 1e300], dtype=torch.float64),
        "half": torch.tensor([1.0, -2.5], dtype=torch.bfloat16),
        "labels": torch.tensor([[3], [-4]], dtype=torch.int32),
        "image": torch.tensor([0, 127, 255], dtype=torch.uint8),
        "nothing": torch.zeros(0, 4),
        "naïve \"name\"": torch.tensor([7.0]),
    },
    sys.argv[1],
    metadata={"format": "pt", "note": "größer"},
)
