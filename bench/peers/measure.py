"""Timing, memory and JSON for the benchmarks of this folder."""

import argparse
import json
import multiprocessing
import resource
import statistics
import time

import torch

# "compiled" is channels_last too, through torch.compile; for programs that know it.
FORMATS = {"nchw": torch.contiguous_format, "channels_last": torch.channels_last, "compiled": torch.channels_last}


def parser(description, formats=("nchw", "channels_last")):
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--threads", type=int, required=True, help="threads that PyTorch may use")
    parser.add_argument("--batch", type=int, default=128)
    parser.add_argument("--repeats", type=int, default=20, help="timed runs, after the warm-up")
    parser.add_argument("--warmup", type=int, default=3)
    parser.add_argument("--format", choices=formats, action="append", help="memory format (default: each of them)")
    parser.set_defaults(all_formats=formats)
    return parser


def milliseconds(work, args):
    """Median and quartiles of the wall-clock time of work()."""
    for _ in range(args.warmup):
        work()
    times = []
    for _ in range(args.repeats):
        start = time.perf_counter()
        work()
        times.append((time.perf_counter() - start) * 1e3)
    q1, median, q3 = statistics.quantiles(times, n=4) if len(times) > 1 else times * 3
    return {"median_ms": round(median, 3), "q1_ms": round(q1, 3), "q3_ms": round(q3, 3)}


def _run_one(measure, name, args, results):
    torch.set_num_threads(args.threads)
    torch.manual_seed(1)
    result = measure(name, args)
    result["peak_rss_mb"] = round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, 1)
    results.put(result)


def report(measure, args):
    """Runs measure(format, args) in a fresh process per format and prints one JSON object."""
    start_fresh = multiprocessing.get_context("spawn")
    report = {"torch": torch.__version__, "threads": args.threads, "batch": args.batch, "repeats": args.repeats}
    for name in args.format or args.all_formats:
        results = start_fresh.SimpleQueue()
        process = start_fresh.Process(target=_run_one, args=(measure, name, args, results))
        process.start()
        process.join()
        if process.exitcode != 0:
            raise SystemExit(f"the {name} run failed with exit status {process.exitcode}")
        report[name] = results.get()
    print(json.dumps(report, indent=2))
