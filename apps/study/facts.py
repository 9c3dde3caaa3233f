"""Gathers what preflight.py judges."""
from __future__ import annotations

import argparse
import os
import re
import time
from dataclasses import replace
from pathlib import Path

import machine
import programs
from failure import StudyError
from preflight import Facts

READ_BYTES = 16 * 2**20
ASSIGNMENT_RATE = 0.1
OPTIMIZERS = ("sgd", "nesterov", "adagrad", "adadelta", "adam")


def file_system_of(path: Path) -> str:
    """The type of the mount that holds the path."""
    resolved = str(path.resolve())
    best, kind = "", ""
    try:
        mounts = Path("/proc/self/mountinfo").read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return ""
    for line in mounts:
        fields = line.split()
        mount = re.sub(r"\\(\d{3})", lambda code: chr(int(code[1], 8)), fields[4])  # "\040" is a space
        if (resolved == mount or resolved.startswith(mount.rstrip("/") + "/")) and len(mount) >= len(best):
            best, kind = mount, fields[fields.index("-") + 1]
    return kind


def read_speed(path: Path) -> float | None:
    """MB/s of the first MiBs of a data file, asked from the disk and not from memory as far as the system obeys."""
    places = [folder / "data_batch_1.bin" for folder in (path, path / "cifar-10-batches-bin")]
    file = next((place for place in places if place.is_file()), None)
    if file is None:
        return None
    try:
        descriptor = os.open(file, os.O_RDONLY)
        try:
            os.posix_fadvise(descriptor, 0, READ_BYTES, os.POSIX_FADV_DONTNEED)
            start, done = time.perf_counter(), 0
            while done < READ_BYTES and (chunk := os.read(descriptor, 2**20)):
                done += len(chunk)
            return done / 1e6 / max(time.perf_counter() - start, 1e-9)
        finally:
            os.close(descriptor)
    except OSError:
        return None  # the programs say what is wrong with the data


def rates(tasks: list[str]) -> tuple[tuple[str, float, str], ...]:
    """Learning rates that the experiments use because the assignment says so."""
    if "c6" not in tasks:
        return ()
    return tuple((optimizer, ASSIGNMENT_RATE, "C6, recipe assignment") for optimizer in OPTIMIZERS)


def worker_counts(options: argparse.Namespace, tasks: list[str]) -> tuple[int, ...]:
    return tuple(options.workers_list) if {"c3", "c4"} & set(tasks) else ()


def programs_of(tasks: list[str]) -> list[str]:
    wanted = [programs.TRAIN]
    wanted += [programs.LOADER] if {"c3", "c4"} & set(tasks) else []
    return wanted + ([programs.COMPARE] if "c5" in tasks else [])


def builds(tasks: list[str]) -> dict[str, programs.Build]:
    """Of the programs that the experiments run; one that isn't there is told when it is needed."""
    found = {}
    for program in programs_of(tasks):
        try:
            found[program] = programs.build_of(program)
        except StudyError:
            if program == programs.TRAIN:
                raise
    return found


def of_tasks(found: Facts, options: argparse.Namespace, tasks: list[str]) -> Facts:
    """What of the facts concerns these of the tasks."""
    wanted = programs_of(tasks)
    return replace(found, workers_list=worker_counts(options, tasks), rates=rates(tasks),
                   builds={name: build for name, build in found.builds.items() if name in wanted})


def gather(options: argparse.Namespace, tasks: list[str]) -> Facts:
    data = Path(options.data_path) if options.data_path and options.dataset == "cifar10" else None
    load = os.getloadavg()[0]  # before the builds are asked
    return Facts(cpus=machine.cpus(), on_gpu=options.on_gpu, device=options.device, gpus=len(machine.gpus()),
                 workers=options.workers, threads=options.threads,
                 workers_list=worker_counts(options, tasks), environment=dict(os.environ),
                 file_system=file_system_of(data) if data else "", read_mb_per_s=read_speed(data) if data else None,
                 load=load, builds=builds(tasks), sources_commit=programs.sources_commit(), rates=rates(tasks))
