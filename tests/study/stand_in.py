#!/usr/bin/env python3
"""Plays the programs that kindling-study runs: under the name of each (a link), it takes the same options, refuses
others, and writes the same files with made-up numbers that fit together. It takes no time.

The machine that it plays: compute eats a batch in COMPUTE_MS; a worker fills one in BUSY_MS (PNG: five times as long)
and four workers are as many as help; STAND_IN makes it misbehave, see `misbehaviours`.
"""
import argparse
import json
import math
import os
import signal
import sys
import time
from pathlib import Path

COMPUTE_MS = 40.0
BUSY_MS = 25.0
TRAIN_IMAGES = 50_000
MB_FOR_AN_IMAGE = 6.0
RATES = {"sgd": 0.001, "nesterov": 0.001, "adagrad": 0.01, "adadelta": 1.0, "adam": 0.001}
WHOLE = "as large as a checkpoint"  # of a finished run
STAGES = ("stem", "stage1", "stage2", "stage3", "stage4", "classifier")


def misbehaviours():
    """Words of STAND_IN. adam-diverges: at 0.1; no-memory: for batches of 2,048 and more; device-lost: for those of
    512; waits: training waits for a signal before its last epoch, unless it goes on from a checkpoint;
    waits-without-norm: only training without batch norm does; loader-fails; compare-fails; devices-disagree; no-sizes:
    in run.json."""
    return os.environ.get("STAND_IN", "").split()


def fail(program, status, message):
    print(f"{program}: {message}", file=sys.stderr)
    sys.exit(status)


class Parser(argparse.ArgumentParser):
    def error(self, message):
        fail(self.prog, 2, message)


def data_parser(program):
    parser = Parser(prog=program, allow_abbrev=False)
    parser.add_argument("--data-path")
    parser.add_argument("--dataset", choices=("cifar10", "png", "synthetic"), default="cifar10")
    return parser


def loader_parser(program):
    parser = data_parser(program)
    parser.add_argument("--batch-size", type=int, default=128)
    parser.add_argument("--limit-batches", type=int, default=0)
    parser.add_argument("--inject-latency-us", type=float, default=0)
    return parser


def training_parser(program):
    parser = loader_parser(program)
    for name, value in (("workers", 4), ("epochs", 5), ("width", 64), ("threads", 0)):
        parser.add_argument(f"--{name}", type=int, default=value)
    parser.add_argument("--output-dir", default="out")
    parser.add_argument("--overwrite", action="store_true")
    return parser


def require_data(program, options):
    if options.dataset != "synthetic" and not Path(options.data_path or "nowhere").is_dir():
        fail(program, 3, f"{options.data_path}: no CIFAR-10 here")


def batches_of(options, images=TRAIN_IMAGES):
    whole = -(-images // options.batch_size)
    return min(whole, options.limit_batches) if options.limit_batches else whole


def busy_ms(options):
    """One worker, one batch."""
    return BUSY_MS * (5 if options.dataset == "png" else 1) + options.batch_size * options.inject_latency_us / 1000


def loader_ms(options, workers):
    return busy_ms(options) / min(max(workers, 1), 4)


def write(path, header, rows):
    text = [header] + [",".join("" if cell is None else f"{cell}" for cell in row) for row in rows]
    Path(path).write_text("\n".join(text) + "\n")


def export_png(program):
    parser = data_parser(program)
    parser.add_argument("--output-dir", required=True)
    parser.add_argument("--limit-per-class", type=int, default=0)
    parser.add_argument("--overwrite", action="store_true")
    options = parser.parse_args()
    require_data(program, options)
    (Path(options.output_dir) / "train" / "airplane").mkdir(parents=True, exist_ok=True)


def time_loader(program):
    parser = loader_parser(program)
    parser.add_argument("--sweep", required=True)
    parser.add_argument("--repeats", type=int, default=1)
    options = parser.parse_args()
    require_data(program, options)
    if "loader-fails" in misbehaviours():
        fail(program, 1, "the loader fell over")
    print("workers,repeat,images,seconds,images_per_s")
    images = batches_of(options) * options.batch_size
    for repeat in range(1, options.repeats + 1):
        for workers in map(int, options.sweep.split(",")):
            seconds = images / options.batch_size * loader_ms(options, workers) / 1000 * (1 + 0.001 * repeat)
            print(f"{workers},{repeat},{images},{seconds:.6f},{images / seconds:.3f}")


def compare_devices(program):
    parser = training_parser(program)
    parser.add_argument("--peak-size", type=int, default=8192)
    parser.add_argument("--require-cuda", action="store_true")
    options = parser.parse_args()
    require_data(program, options)
    if "compare-fails" in misbehaviours():
        fail(program, 1, "internal error")
    folder = Path(options.output_dir)
    folder.mkdir(parents=True, exist_ok=True)
    images = batches_of(options) * options.batch_size
    seconds = batches_of(options) * COMPUTE_MS / 1000
    rows = []
    for device, precision, speed_up in (("cpu", "fp32", 1), ("cuda", "fp32", 20), ("cuda", "bf16", 50)):
        for epoch in [*range(1, options.epochs + 1), "all", "without_first"]:
            total = seconds / speed_up
            rows.append([device, precision, epoch, images, 0.001, total, total + 0.001, images / total,
                         0.5 * speed_up, 0.4, speed_up, 1.25 * speed_up, 800])
    write(folder / "devices.csv", DEVICES, rows)
    disagree = "devices-disagree" in misbehaviours()
    write(folder / "losses.csv", LOSSES, [["cuda", "fp32", 1, 2.3, 2.3, 0, 1e-5, 1e-6, 1e-4,
                                           "no" if disagree else "yes", 2.3, 2.3, 0]])
    (folder / "comparison.json").write_text(json.dumps({"devices": {"cpu": "A CPU", "cuda": "A GPU"}}))
    if disagree:
        fail(program, 1, "the devices don't compute the same")


def train_options(program):
    parser = training_parser(program)
    parser.add_argument("--device", choices=("auto", "cpu", "cuda"), default="auto")
    parser.add_argument("--precision", choices=("fp32", "tf32", "bf16"), default="fp32")
    parser.add_argument("--norm", choices=("batch", "none"), default="batch")
    parser.add_argument("--opt", choices=tuple(RATES), default="sgd")
    parser.add_argument("--recipe", choices=("assignment", "torch-defaults"), default="assignment")
    parser.add_argument("--lr", type=float)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--no-eval", action="store_true")
    parser.add_argument("--fixed-batch", action="store_true")
    parser.add_argument("--log-norms", type=int, default=0)
    parser.add_argument("--validation-images", type=int, default=0)
    parser.add_argument("--resume", choices=("auto",))
    options = parser.parse_args()
    if options.resume and options.overwrite:
        fail(program, 2, "--overwrite and --resume contradict each other")
    if options.device == "cuda":
        fail(program, 5, "--device cuda: no GPU here; use --device cpu")
    require_data(program, options)
    if (Path(options.output_dir) / "run.json").exists() and not (options.resume or options.overwrite):
        fail(program, 2, f"{options.output_dir} holds a run already")
    if options.lr is None:
        options.lr = 0.1 if options.recipe == "assignment" else RATES[options.opt]
    return options


class Training:
    def __init__(self, program, options):
        self.program, self.options = program, options
        self.folder = Path(options.output_dir)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.batches = batches_of(options, TRAIN_IMAGES - options.validation_images)
        self.loader = 0.0 if options.fixed_batch else loader_ms(options, options.workers)
        self.compute = COMPUTE_MS * options.batch_size / 128
        self.wait = self.loader if options.workers == 0 else max(0.0, self.loader - self.compute)
        # An optimum at 10 times torch's rate; each seed a little apart.
        distance = abs(math.log10(options.lr / (10 * RATES[options.opt])))
        self.speed = 0.05 / (1 + distance) * (1 + 0.01 * options.seed)
        self.step = 0

    def images_of(self, batch):
        """The last batch of an epoch may be a part of one."""
        size = self.options.batch_size
        return min(size, TRAIN_IMAGES - self.options.validation_images - (batch - 1) * size)

    def loss(self):
        return 2.3 * math.exp(-self.speed * self.step / 10)

    def epoch(self, number):
        rows, losses = [], []
        for batch in range(1, self.batches + 1):
            if self.diverges_at(number, batch):
                write(self.folder / "batches.csv", BATCHES, self.batch_rows + rows)
                write(self.folder / "epochs.csv", EPOCHS, [])
                fail(self.program, 6, f"the loss is nan in epoch {number}, batch {batch} (lr {self.options.lr})")
            losses.append(self.loss())
            running = sum(losses) / len(losses)
            rows.append([number, batch, self.images_of(batch), losses[-1], running, 1 - losses[-1] / 2.5,
                         1 - running / 2.5, round(self.wait, 3), round(self.compute, 3)])
            self.step += 1
        return rows

    def diverges_at(self, epoch, batch):
        options = self.options
        by_adam = "adam-diverges" in misbehaviours() and options.opt == "adam" and options.lr == 0.1
        by_norm = options.norm == "none" and options.lr == 0.1
        return (by_adam or by_norm) and (epoch, batch) == (1, 3)

    def run(self):
        self.batch_rows, epochs, phases = [], [], []
        checkpoint = self.folder / "checkpoint.safetensors"
        goes_on = self.options.resume and checkpoint.exists()
        if goes_on and checkpoint.read_text() == WHOLE:
            self.write_record(has_trained=False)
            return
        for number in range(1, self.options.epochs + 1):
            if self.waits() and number == self.options.epochs and not goes_on:
                self.wait_for_signal(checkpoint)
            rows = self.epoch(number)
            self.batch_rows += rows
            epochs.append(self.epoch_row(number, rows))
            phases.append(self.phase_row(number))
        write(self.folder / "batches.csv", BATCHES, self.batch_rows)
        write(self.folder / "epochs.csv", EPOCHS, epochs)
        write(self.folder / "phases.csv", PHASES, phases)
        self.write_norms()
        checkpoint.write_text(WHOLE)
        self.write_record(has_trained=True)

    def waits(self):
        return "waits" in misbehaviours() or ("waits-without-norm" in misbehaviours() and self.options.norm == "none")

    def wait_for_signal(self, checkpoint):
        def stop(_number, _frame):
            checkpoint.write_text("half way")
            fail(self.program, 75, "stopped by a signal; --resume auto goes on")

        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGUSR1):
            signal.signal(number, stop)
        (self.folder / "waiting").write_text("for a signal")
        time.sleep(60)
        sys.exit(1)

    def epoch_row(self, number, rows):
        data, train = self.batches * self.wait / 1000, self.batches * self.compute / 1000
        test = [None, None] if self.options.no_eval else [self.loss() + 0.1, 0.9 - self.loss() / 2.5]
        total = data + train + (0 if self.options.no_eval else 0.1 * train)
        memory = 100 + MB_FOR_AN_IMAGE * self.options.batch_size
        return [number, rows[-1][4], rows[-1][6], *test, data, train, total - data - train, total,
                sum(row[2] for row in rows) / total, memory]

    def phase_row(self, number):
        data, train = self.batches * self.wait / 1000, self.batches * self.compute / 1000
        evaluation = 0 if self.options.no_eval else 0.1 * train
        parts = [data, 0, 0.3 * train, 0.6 * train, 0.1 * train, 0, 0, 0.001 * train, evaluation, 0.002 * train,
                 0.001 * train]
        busy = self.batches * busy_ms(self.options) / 1000
        return [number, sum(parts), *parts, busy, 0.5, 0.1, 1.5, None, None, None, None]

    def write_norms(self):
        every = self.options.log_norms
        shrink = 0.2 if self.options.norm == "none" else 0.9
        if every:
            write(self.folder / "norms.csv", "epoch,batch,stage,activation_rms,gradient_norm,weight_norm",
                  [[epoch, batch, stage, shrink**place, 0.1 * shrink ** (5 - place), 10 + place]
                   for epoch in range(1, self.options.epochs + 1) for batch in range(1, self.batches + 1, every)
                   for place, stage in enumerate(STAGES)])

    def write_record(self, has_trained):
        loader, compute = self.loader, self.compute
        bottleneck = "loader" if loader > 1.1 * compute else "compute" if compute > 1.1 * loader else "balanced"
        record = {"options": {"lr": self.options.lr}, "bits": {"device": "cpu"},
                  "sizes": {"train_images": TRAIN_IMAGES, "batches_per_epoch": self.batches},
                  "time": {"verdict": {"bottleneck": bottleneck, "margin": 0.5, "text": f"{bottleneck} sets the pace"}
                           if has_trained else None}}
        if not has_trained:
            record["resumed"] = ["now"]
        if "no-sizes" in misbehaviours():
            del record["sizes"]
        (self.folder / "run.json").write_text(json.dumps(record))


BATCHES = "epoch,batch,images,loss,running_loss,top1,running_top1,data_ms,compute_ms"
EPOCHS = "epoch,train_loss,train_top1,test_loss,test_top1,data_s,train_s,eval_s,total_s,images_per_s,peak_rss_mb"
PHASES = ("epoch,wall_s,data_s,copy_s,forward_s,backward_s,optimizer_s,launch_s,wait_s,metrics_s,evaluation_s,"
          "checkpoint_s,other_s,loader_busy_s,loader_blocked_s,loader_idle_s,ring_depth,device_copy_s,device_forward_s,"
          "device_backward_s,device_optimizer_s")
DEVICES = ("device,precision,epoch,images,data_s,compute_s,total_s,images_per_s,tflops,share_of_peak,speed_up,"
           "peak_tflops,peak_memory_mb")
LOSSES = ("device,precision,step,cpu_loss,loss,difference,loss_bound,update_difference,update_bound,is_within,"
          "free_cpu_loss,free_loss,free_difference")


def train(program):
    options = train_options(program)
    if "no-memory" in misbehaviours() and options.batch_size >= 2048:
        fail(program, 1, "out of memory: use a smaller --batch-size or --width, or fewer --workers")
    if "device-lost" in misbehaviours() and options.batch_size >= 512:
        fail(program, 5, "the device was lost")
    Training(program, options).run()


def main():
    program = Path(sys.argv[0]).name
    if "--version" in sys.argv:
        print(os.environ.get("STAND_IN_VERSION", "kindling 0.1.0 (commit 0123456789, a stand-in, CPU only, Release)"))
        return
    {"kindling-train": train, "kindling-time-loader": time_loader, "kindling-export-png": export_png,
     "kindling-compare-devices": compare_devices}[program](program)


if __name__ == "__main__":
    main()
