"""The command line, and what of it an experiment depends on."""
from __future__ import annotations

import argparse
import os
from pathlib import Path

import machine
import programs
from failure import USAGE, StudyError

TASKS = ("c1", "c2", "c3", "c4", "c5", "c6", "c7", "scaling")
QUICK_IMAGES = 1024
QUICK_WIDTH = 16
MOST_WORKERS = 4  # by default
TEXT = """what each does:
  c1       trains; loss, running loss and top-1 of every batch
  c2       seconds of loading, training and all, per epoch and phase (of c1's run)
  c3       loading against the number of workers, alone and inside training
  c4       loading and computing with 1 worker and with the best count, explained
  c5       the GPU against the CPU
  c6       five optimizers
  c7       with and without batch norm
  scaling  batch sizes 32, 128, 512, ... until memory ends
  all      all of these
  report   writes report.html and report.md again

A finished experiment is not repeated (--force repeats it). TERM, INT and USR1 stop in good order with status 75;
the same command goes on, also with --force: what that has repeated already is not repeated again."""


class Parser(argparse.ArgumentParser):
    def error(self, message):
        raise StudyError(USAGE, f"{message} (--help lists the options)")


def positive(text: str) -> int:
    value = int(text)
    if value < 1:
        raise argparse.ArgumentTypeError(f"{text} is less than 1")
    return value


def not_negative(text: str) -> int:
    value = int(text)
    if value < 0:
        raise argparse.ArgumentTypeError(f"{text} is less than 0")
    return value


def worker_counts(text: str) -> list[int]:
    try:
        counts = sorted({not_negative(part) for part in text.split(",")})
    except (ValueError, argparse.ArgumentTypeError):
        raise argparse.ArgumentTypeError(f"'{text}' is not a list like 0,1,2,4") from None
    return counts


for kind, name in ((positive, "number"), (not_negative, "number")):
    kind.__name__ = name  # argparse names the type in its messages


def parser() -> Parser:
    made = Parser(prog="kindling-study", description="Measures a training pipeline and explains what it sees.",
                  epilog=TEXT, formatter_class=argparse.RawDescriptionHelpFormatter, allow_abbrev=False)
    made.add_argument("task", choices=(*TASKS, "all", "report"), metavar="{c1,...,c7,scaling,all,report}")
    add_study_options(made)
    add_size_options(made.add_argument_group("size of the runs (as kindling-train's)"))
    add_timing_options(made.add_argument_group("timed runs (C3, C4, scaling)"))
    return made


def add_study_options(made: Parser) -> None:
    made.add_argument("--data-path", metavar="DIR", default=os.environ.get("KINDLING_DATA"),
                      help="folder of CIFAR-10's .bin files or its parent (or KINDLING_DATA)")
    made.add_argument("--dataset", choices=("cifar10", "synthetic"), default="cifar10")
    made.add_argument("--out", metavar="DIR", type=Path, default=Path("out/study"), help="results (out/study)")
    made.add_argument("--device", choices=("auto", "cpu", "cuda"), default="auto")
    made.add_argument("--precision", choices=("fp32", "tf32", "bf16"), default="fp32")
    made.add_argument("--seeds", type=positive, default=1, metavar="N", help="runs of each optimizer in C6 (1)")
    made.add_argument("--lr-grid", action="store_true",
                      help="C6 also looks for each optimizer's learning rate on held-out training images")
    made.add_argument("--quick", action="store_true",
                      help="a trial: width 16, 1,024 training images, no verdicts on optimizers")
    made.add_argument("--force", action="store_true", help="repeat finished experiments (the old stays in OUT/earlier)")
    made.add_argument("--dry-run", action="store_true", help="print the commands and run nothing")


def add_size_options(group) -> None:
    group.add_argument("--epochs", type=positive, metavar="N", help="5; 3 with --quick")
    group.add_argument("--width", type=positive, metavar="N", help="64; 16 with --quick")
    group.add_argument("--batch-size", type=positive, default=128, metavar="N")
    group.add_argument("--limit-batches", type=positive, metavar="N", help="all; 1,024 images with --quick")
    group.add_argument("--workers", type=not_negative, metavar="N",
                       help="on the CPU a quarter of the job's CPUs, on a GPU all but one; 4 at most")
    group.add_argument("--threads", type=not_negative, default=0, metavar="N",
                       help="0: one for each CPU of the job; without --workers those that don't load")


def add_timing_options(group) -> None:
    group.add_argument("--workers-list", type=worker_counts, default=[0, 1, 2, 4, 8, 12, 16], metavar="LIST",
                       help="0,1,2,4,8,12,16")
    group.add_argument("--repeats", type=positive, metavar="N",
                       help="6, the fewest for an interval of 95 %%; 3 inside training with --quick")
    group.add_argument("--timing-batches", type=positive, metavar="N",
                       help="of a timed run: 20 on the CPU, a whole epoch on a GPU, 4 with --quick")
    group.add_argument("--inject-latency-us", type=positive, default=200, metavar="N",
                       help="pause for each image read that plays slow storage (200)")


def parse(arguments: list[str]) -> argparse.Namespace:
    options = parser().parse_args(arguments)
    if options.task != "report" and options.dataset == "cifar10" and not options.data_path:
        raise StudyError(USAGE, "--data-path DIR is missing: the folder of CIFAR-10's .bin files (or KINDLING_DATA)")
    resolve(options)
    return options


def share_cpus(options: argparse.Namespace) -> None:
    """Loader workers and compute threads that together are as many as the CPUs, as slurm/allocation.sh shares them: a
    CPU computes so much longer than it loads that a quarter of it loads."""
    cpus = machine.cpus()
    if options.on_gpu:
        options.workers = min(MOST_WORKERS, max(cpus - 1, 0))
        return
    options.workers = min(MOST_WORKERS, cpus // 4, max(cpus - options.threads, 0))
    if options.workers and not options.threads:
        options.threads = cpus - options.workers


def resolve(options: argparse.Namespace) -> None:
    """Puts in what depends on --quick and on the machine."""
    options.on_gpu = options.device == "cuda" or (options.device == "auto" and bool(machine.gpus())
                                                  and programs.has_cuda())
    quick_batches = max(1, QUICK_IMAGES // options.batch_size)
    options.epochs = options.epochs or (3 if options.quick else 5)
    options.width = options.width or (QUICK_WIDTH if options.quick else 64)
    options.limit_batches = options.limit_batches or (quick_batches if options.quick else 0)
    if options.workers is None:
        share_cpus(options)
    options.alone_repeats = options.repeats or 6
    options.repeats = options.repeats or (3 if options.quick else 6)
    if not options.timing_batches:
        options.timing_batches = 4 if options.quick else options.limit_batches if options.on_gpu else 20
    if options.limit_batches:
        options.timing_batches = min(options.timing_batches, options.limit_batches)


SIZE = ("quick", "dataset", "device", "precision", "width", "batch_size", "limit_batches", "workers", "threads")
TIMING = ("workers_list", "repeats", "alone_repeats", "timing_batches", "inject_latency_us")


def chosen(options: argparse.Namespace, names: tuple[str, ...]) -> dict:
    return {name: getattr(options, name) for name in names}
