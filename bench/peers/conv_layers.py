"""The 11 different convolutions of ResNet-18 on 32x32 images in PyTorch: forward, dgrad and wgrad, each alone."""

import torch

from measure import FORMATS, milliseconds, parser, report

# input side, input channels, output channels, filter side, stride
LAYERS = [
    (32, 3, 64, 3, 1),
    (32, 64, 64, 3, 1),
    (32, 64, 128, 3, 2),
    (16, 128, 128, 3, 1),
    (16, 128, 256, 3, 2),
    (8, 256, 256, 3, 1),
    (8, 256, 512, 3, 2),
    (4, 512, 512, 3, 1),
    (32, 64, 128, 1, 2),
    (16, 128, 256, 1, 2),
    (8, 256, 512, 1, 2),
]


def time_layer(layer, memory_format, args):
    side, c, k, r, stride = layer
    pad = r // 2
    x = torch.randn(args.batch, c, side, side).to(memory_format=memory_format)
    w = torch.randn(k, c, r, r).to(memory_format=memory_format)

    def forward():
        return torch.nn.functional.conv2d(x, w, None, stride, pad)

    dy = torch.randn(forward().shape).to(memory_format=memory_format)

    def backward(wants_dx, wants_dw):
        torch.ops.aten.convolution_backward(
            dy, x, w, None, [stride] * 2, [pad] * 2, [1, 1], False, [0, 0], 1, [wants_dx, wants_dw, False]
        )

    gflop = 2e-9 * dy.numel() * c * r * r
    passes = {
        "forward": milliseconds(forward, args),
        "dgrad": milliseconds(lambda: backward(True, False), args),
        "wgrad": milliseconds(lambda: backward(False, True), args),
    }
    for times in passes.values():
        times["gflop_per_s"] = round(gflop / times["median_ms"] * 1e3, 1)
    return passes


def measure(format_name, args):
    result = {}
    with torch.no_grad():
        for layer in LAYERS:
            side, c, k, r, stride = layer
            name = f"side:{side}/c:{c}/k:{k}/r:{r}/stride:{stride}"  # as conv2d_bench names it
            result[name] = time_layer(layer, FORMATS[format_name], args)
    return result


if __name__ == "__main__":
    report(measure, parser(__doc__).parse_args())
