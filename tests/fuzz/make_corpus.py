#!/usr/bin/env python3
"""Writes the inputs that fuzzing starts from into corpus/TARGET/: a few good files, and one for each way to be bad.

    make_corpus.py [FOLDER]

Files named found-* were findings once; this script leaves them alone.
"""

import json
import struct
import sys
import zlib
from pathlib import Path


def cifar10():
    record = bytes(range(256)) * 12  # 3072 pixel bytes
    good = bytes([0]) + record + bytes([9]) + record[::-1]
    return {"good": good, "label-10": bytes([10]) + good[1:], "short": good[:-1], "long": good + b"\0", "empty": b""}


def chunk(name, data):
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def png(colour, channels, extra=b"", interlaced=0, size=(32, 32), depth=8):
    rows = b"".join(bytes([y % 5]) + bytes((x * 7 + y) % 4 for x in range(32 * channels)) for y in range(32))
    header = struct.pack(">IIBBBBB", *size, depth, colour, 0, 0, interlaced)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + extra + chunk(b"IDAT", zlib.compress(rows, 9)) + chunk(b"IEND", b"")


def png_decode():
    palette = chunk(b"PLTE", bytes(range(12)))
    text = chunk(b"zTXt", b"Comment\0\0" + zlib.compress(b"a" * 3000, 9))
    good = {"rgb": png(2, 3), "grey": png(0, 1), "palette": png(3, 1, palette), "rgba": png(6, 4), "grey-alpha": png(4, 2),
            "interlaced": png(2, 3, interlaced=1), "transparent": png(3, 1, palette + chunk(b"tRNS", b"\0\x7f")),
            "text": png(2, 3, text), "gamma": png(2, 3, chunk(b"gAMA", struct.pack(">I", 45455)))}
    bad = {"large": png(2, 3, size=(65536, 65536)), "deep": png(2, 3, depth=16), "no-palette": png(3, 1),
           "second-header": png(2, 3, chunk(b"IHDR", struct.pack(">IIBBBBB", 99999, 99999, 8, 2, 0, 0, 0))),
           "cut": png(2, 3)[:70], "gif": b"GIF89a" + bytes(40), "empty": b"",
           "long-chunk": png(2, 3, struct.pack(">I", 0x7FFFFFFF) + b"tEXt")}
    return {**good, **bad}


def png_folder():
    whole = "".join(f"d c{label}\nf a.png\n" for label in range(10))
    return {"good": whole, "nine": whole.replace("d c9\n", ""), "empty-class": whole.replace("d c5\nf a.png\n", "d c5\n"),
            "one-split": whole.replace("d c3", "t c3"), "hidden": whole + "d .git\nf .x.png\nf x.txt\n",
            "control": whole.replace("d c4", "d c\t4\x1b[31m").replace("f a.png", "f \x07.png", 1),
            "bytes": whole.encode().replace(b"d c7", b"d \xff\xfe").replace(b"f a.png", b"f \xc3\x28.png", 1),
            "empty-file": whole + "e z.png\n", "loop": whole + "l z.png\n", "pipe": whole + "p z.png\n",
            "folder": whole + "s z.png\n", "many": "".join(f"d {n}\nf a.png\n" for n in range(24))}


def safetensors(header, data=b""):
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text + data


def tensor(dtype, shape, begin, end):
    return {"dtype": dtype, "shape": shape, "data_offsets": [begin, end]}


def good_header():
    return {"__metadata__": {"format": "pt"}, "module.b": tensor("F32", [2], 0, 8), "module.a": tensor("I64", [], 8, 16),
            "module.u": tensor("U8", [0, 3], 16, 16), "module.h": tensor("BF16", [1], 16, 18)}


def safetensors_files():
    good = good_header()
    return {"good": safetensors(good, bytes(range(18))), "empty-object": safetensors(b"{}  "),
            "short": safetensors(good, bytes(17)), "tiny": b"\x02\0\0\0", "huge-header": struct.pack("<Q", 99999999) + b"{",
            "wrong-dtype": safetensors({"a": tensor("F16", [1], 0, 2)}, bytes(2)),
            "overlap": safetensors({"a": tensor("U8", [4], 0, 4), "b": tensor("U8", [4], 2, 6)}, bytes(6)),
            "overflow": safetensors({"a": tensor("F32", [1 << 62, 4], 0, 0)}),
            "deep": safetensors(b'{"a":{"dtype":' + b"[" * 80 + b"]" * 80 + b"}}"),
            "twice": safetensors(b'{"a":{},"a":{}}'), "big-number": safetensors(b'{"a":{"shape":[1e999]}}'),
            "escapes": safetensors({'n\n"\u00e9\u0001': tensor("U8", [1], 0, 1)}, b"x")}


def checkpoint():
    state = {"epoch": "2", "batch": "7", "loss_sum": "1.5", "correct": "3", "images": "9", "data_s": "0.25",
             "compute_s": "1", "wall_s": "2", "phases_ns": ",".join("1" * 11), "device_ms": "0,0,0,0"}
    options = {"options": {"lr": 0.1, "seed": 0}, "bits": {"device": "cpu"}, "plans": {"conv": "67[2=1]"}}
    head = {"kindling.format": "3", "kindling.step": "12", "options": json.dumps(options), **state}

    def file(changed):
        return safetensors({"__metadata__": {**head, **changed}, "weights/a": tensor("F32", [2], 0, 8),
                            "optimizer.m/a": tensor("F32", [2], 8, 16)}, bytes(range(16)))
    return {"good": file({}), "other-options": file({"options": '{"options":{"lr":[1]},"bits":3}'}),
            "negative": file({"epoch": "-1", "batch": "9223372036854775807"}), "not-finite": file({"loss_sum": "nan"}),
            "text": file({"correct": "many"}), "plans": file({"options": '{"plans":[],"options":{},"bits":{}}'}),
            "format": file({"kindling.format": "2"}), "cut": file({})[:-3]}


def command_line():
    return {"words": "--epochs\n3\n--opt\nadam\n--betas\n0.9\n0.99\n--lr=0.01\n--dataset\nsynthetic\n-b\n64\n-j\n2",
            "environment": "KINDLING_DATA=some/folder\nKINDLING_ISA=portable\nSLURM_CPUS_PER_TASK=4\n--no-eval",
            "unknown": "--epoch\n3", "number": "--batch-size\n1e99\n--seed\n-1", "nan": "--lr\nnan\n--dataset\nsynthetic",
            "every": "--checkpoint-every\n99999999999999999999", "contradiction": "--resume\nauto\n--overwrite",
            "schedule": "--lr-schedule\ncosine\n--warmup-epochs\n2\n--label-smoothing\n0.1\n--dataset\nsynthetic",
            "isa": "KINDLING_ISA=mmx", "help": "--help", "bytes": b"--trace\n\xff\x1b[2J\n--width\n8\n--norm\nnone",
            "output": "--output-dir\no\n--log-norms\n5\n--max-minutes\n3\n--target-top1\n0.9\n--validation-images\n10"}


def plan_cache():
    head = {"format": "kindling-plan-cache", "version": 1}
    texts = {"good": {**head, "environments": {"cuDNN 9": {"bf16 forward n128": "67[2=1]"}, "other": {}}},
             "version": {**head, "version": 2, "environments": {}}, "list": {**head, "environments": [1]},
             "number": {**head, "environments": {"gpu": {"problem": 7}}}, "format": {"format": 3}}
    raw = {"empty": "", "twice": '{"format":"kindling-plan-cache","version":1,"environments":{"a":{},"a":{}}}',
           "deep": '{"format":' + "[" * 70 + "]" * 70 + "}", "zero": '{"a":"\0"}', "bytes": b'{"\xff":1}'}
    return {**{name: json.dumps(value) for name, value in texts.items()}, **raw}


def main():
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent / "corpus"
    targets = {"cifar10": cifar10(), "png_decode": png_decode(), "png_folder": png_folder(),
               "safetensors": safetensors_files(), "checkpoint": checkpoint(), "command_line": command_line(),
               "plan_cache": plan_cache()}
    for target, inputs in targets.items():
        (folder / target).mkdir(parents=True, exist_ok=True)
        for name, content in inputs.items():
            (folder / target / name).write_bytes(content.encode() if isinstance(content, str) else content)


if __name__ == "__main__":
    main()
