"""Reads a safetensors file with PyTorch and the format's description alone, and prints what it found, a tensor a line.

usage: python3 read_safetensors.py FILE
Exit status 77: PyTorch is not installed.
"""
import json
import struct
import sys

try:
    import torch
except ImportError:
    sys.exit(77)

DTYPES = {"F64": torch.float64, "F32": torch.float32, "BF16": torch.bfloat16, "I64": torch.int64, "I32": torch.int32,
          "U8": torch.uint8}

with open(sys.argv[1], "rb") as file:
    content = file.read()
(header_bytes,) = struct.unpack_from("<Q", content)
header = json.loads(content[8 : 8 + header_bytes])
print("metadata", json.dumps(header.pop("__metadata__", {}), sort_keys=True))
for name, entry in sorted(header.items()):
    begin, end = (8 + header_bytes + offset for offset in entry["data_offsets"])
    dtype = DTYPES[entry["dtype"]]
    assert begin % torch.empty(0, dtype=dtype).element_size() == 0, f"{name} is not aligned"
    data = bytearray(content[begin:end])
    tensor = torch.frombuffer(data, dtype=dtype) if data else torch.empty(0, dtype=dtype)  # frombuffer wants a byte
    tensor = tensor.reshape(entry["shape"])
    print(name, tensor.dtype, list(tensor.shape), tensor.double().flatten().tolist())
