"""One training step of ResNet-18 in PyTorch: forward, loss, backward, SGD (momentum 0.9, weight decay 5e-4); or with
--evaluate one evaluation step: forward with the running statistics, loss, number of right answers.

bf16 is autocast over the forward pass. compiled is channels_last with forward and backward through torch.compile.
"""

import torch

from measure import FORMATS, milliseconds, parser, report
from resnet18 import ResNet18


def measure(format_name, args):
    memory_format = FORMATS[format_name]
    model = ResNet18().to(memory_format=memory_format).train(not args.evaluate)
    forward = torch.compile(model, dynamic=False) if format_name == "compiled" else model
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9, weight_decay=5e-4)
    criterion = torch.nn.CrossEntropyLoss()
    images = torch.randn(args.batch, 3, 32, 32).to(memory_format=memory_format)
    labels = torch.randint(0, 10, (args.batch,))

    def step():
        optimizer.zero_grad()
        with torch.autocast("cpu", torch.bfloat16, enabled=args.precision == "bf16"):
            logits = forward(images)
        loss = criterion(logits.float(), labels)
        loss.backward()
        optimizer.step()
        return loss.item()  # training reads the loss of every batch

    def evaluation():
        with torch.inference_mode(), torch.autocast("cpu", torch.bfloat16, enabled=args.precision == "bf16"):
            logits = forward(images).float()
            return criterion(logits, labels).item(), (logits.argmax(1) == labels).sum().item()

    result = milliseconds(evaluation if args.evaluate else step, args)
    result["images_per_s"] = round(args.batch / result["median_ms"] * 1e3, 1)
    return result


if __name__ == "__main__":
    options = parser(__doc__, tuple(FORMATS))
    options.add_argument("--precision", choices=["fp32", "bf16"], default="fp32")
    options.add_argument("--evaluate", action="store_true")
    report(measure, options.parse_args())
