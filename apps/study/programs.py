"""Where the programs lie, and which build they are."""
from __future__ import annotations

import os
import re
import subprocess
import sys
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from failure import INTERNAL, StudyError

TRAIN = "kindling-train"
COMPARE = "kindling-compare-devices"
LOADER = "kindling-time-loader"
EXPORT = "kindling-export-png"
SANITIZERS = {b"__asan_init": "AddressSanitizer", b"__tsan_init": "ThreadSanitizer"}


def folder() -> Path:
    """KINDLING_BIN, or the folder of this program."""
    return Path(os.environ.get("KINDLING_BIN") or Path(sys.argv[0]).resolve().parent)


def path_of(program: str) -> Path:
    path = folder() / program
    if not os.access(path, os.X_OK):
        raise StudyError(INTERNAL, f"wanted the program {program} in {folder()}, found none: build it there, or set "
                                   "KINDLING_BIN")
    return path


@dataclass(frozen=True)
class Build:
    text: str  # what --version prints
    commit: str
    changed: bool  # built from sources that were not committed
    build_type: str
    sanitizer: str
    cuda: str | None = None  # the version of CUDA that it has a backend of, for a GPU


@lru_cache(maxsize=None)
def build_of(program: str) -> Build:
    path = path_of(program)
    try:
        done = subprocess.run([path, "--version"], capture_output=True, text=True, timeout=60)
    except (OSError, subprocess.SubprocessError) as error:
        raise StudyError(INTERNAL, f"{path} --version: {error}") from None
    found = re.search(r"\(commit (\w+)( with changes)?, .*, (\w*)\)", done.stdout)
    if done.returncode != 0 or not found:
        raise StudyError(INTERNAL, f"{path} --version: wanted 'kindling VERSION (commit ...)', found status "
                                   f"{done.returncode} and '{(done.stdout or done.stderr).strip()[:80]}'")
    content = path.read_bytes()
    sanitizer = next((name for mark, name in SANITIZERS.items() if mark in content), "")
    cuda = re.search(r", CUDA ([0-9.]+),", done.stdout)  # not "CUDA 13.0 on the CPU", a build of tests/cuda_on_cpu
    return Build(done.stdout.strip(), found[1], bool(found[2]), found[3], sanitizer, cuda and cuda[1])


def has_cuda() -> bool:
    """Of kindling-train; where it isn't there, that is told when it is needed."""
    try:
        return build_of(TRAIN).cuda is not None
    except StudyError:
        return False


def sources_commit() -> str | None:
    """The commit of the checkout in which the programs lie, if they lie in one."""
    try:
        done = subprocess.run(["git", "-C", str(folder()), "rev-parse", "HEAD"], capture_output=True, text=True,
                              timeout=30)
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.strip() if done.returncode == 0 else None
