"""One fp32 training step of ResNet-18 in PyTorch: forward, loss, backward, SGD (momentum 0.9, weight decay 5e-4)."""

import torch

from measure import arguments, milliseconds, report
from resnet18 import ResNet18


def measure(memory_format, args):
    model = ResNet18().to(memory_format=memory_format).train()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9, weight_decay=5e-4)
    criterion = torch.nn.CrossEntropyLoss()
    images = torch.randn(args.batch, 3, 32, 32).to(memory_format=memory_format)
    labels = torch.randint(0, 10, (args.batch,))

    def step():
        optimizer.zero_grad()
        loss = criterion(model(images), labels)
        loss.backward()
        optimizer.step()
        return loss.item()  # training reads the loss of every batch

    result = milliseconds(step, args)
    result["images_per_s"] = round(args.batch / result["median_ms"] * 1e3, 1)
    return result


if __name__ == "__main__":
    report(measure, arguments(__doc__))
