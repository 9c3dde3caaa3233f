"""Training steps of ResNet-18 in the three ways in which PyTorch is used on a GPU, for epoch.py and gpu_step.py.

    eager          NCHW, as written
    channels_last  NHWC memory format
    compiled       channels_last, forward and backward through torch.compile with CUDA graphs (--compile-mode)

bf16 is autocast over forward and loss, tf32 the switches of cuDNN and cuBLAS, fp32 neither. All have cudnn.benchmark on
and the fused SGD (lr 0.1, momentum 0.9, weight decay 5e-4).
"""

import argparse
import platform
import subprocess

import torch
from torch.nn import functional

from resnet18 import ResNet18

MODES = ("eager", "channels_last", "compiled")
PRECISIONS = ("fp32", "tf32", "bf16")


def parser(description):
    result = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    result.add_argument("--device", default="cuda")
    result.add_argument("--mode", choices=MODES, required=True)
    result.add_argument("--precision", choices=PRECISIONS, default="bf16")
    result.add_argument("--batch", type=int, default=128)
    result.add_argument("--compile-mode", default="reduce-overhead", choices=["reduce-overhead", "max-autotune"])
    result.add_argument("--tiny", action="store_true", help="only try that all of it runs")
    return result


class Training:
    """A model with its optimizer. step() and correct() return tensors: nothing waits for the device."""

    def __init__(self, args):
        torch.manual_seed(1)
        self.device = torch.device(args.device)
        torch.backends.cudnn.benchmark = True
        torch.backends.cudnn.allow_tf32 = args.precision != "fp32"
        torch.backends.cuda.matmul.allow_tf32 = args.precision != "fp32"
        self.bf16 = args.precision == "bf16"
        self.memory_format = torch.contiguous_format if args.mode == "eager" else torch.channels_last
        self.model = ResNet18().to(self.device, memory_format=self.memory_format)
        self.optimizer = torch.optim.SGD(self.model.parameters(), lr=0.1, momentum=0.9, weight_decay=5e-4,
                                         fused=self.device.type == "cuda")
        self.forward = self.model
        if args.mode == "compiled":
            # One graph for each shape, as Kindling has; shapes that vary would be slower. A trial compiles nothing.
            how = {"backend": "aot_eager"} if args.tiny else {"mode": args.compile_mode}
            self.forward = torch.compile(self.model, dynamic=False, **how)

    def logits(self, images):
        images = images.to(memory_format=self.memory_format)
        with torch.autocast(self.device.type, torch.bfloat16, enabled=self.bf16):
            return self.forward(images)

    def step(self, images, labels):
        """The loss of the batch."""
        torch.compiler.cudagraph_mark_step_begin()
        self.optimizer.zero_grad(set_to_none=True)
        loss = functional.cross_entropy(self.logits(images).float(), labels)
        loss.backward()
        self.optimizer.step()
        return loss.detach()

    @torch.no_grad()
    def correct(self, images, labels):
        """How many of the batch are right."""
        torch.compiler.cudagraph_mark_step_begin()
        return (self.logits(images).argmax(1) == labels).sum()

    def synchronize(self):
        if self.device.type == "cuda":
            torch.cuda.synchronize()


def facts(args):
    """What the results' JSON says of where they come from."""
    result = {"torch": torch.__version__, "python": platform.python_version(), "mode": args.mode,
              "precision": args.precision, "batch": args.batch, "device": args.device, "tiny": args.tiny}
    if args.mode == "compiled":
        result["compile_mode"] = args.compile_mode
    if args.device.startswith("cuda"):
        result["gpu"] = torch.cuda.get_device_name()
        result["cudnn"] = torch.backends.cudnn.version()
        driver = ["nvidia-smi", "--query-gpu=driver_version", "--format=csv,noheader"]
        result["driver"] = subprocess.run(driver, capture_output=True, text=True, check=False).stdout.strip()
    return result
