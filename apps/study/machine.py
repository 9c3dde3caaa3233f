"""What machine this is, and what of it the job may use."""
from __future__ import annotations

import os
import platform
import re
import shutil
import subprocess
from functools import lru_cache
from pathlib import Path


def cpus() -> int:
    """CPUs that the job may use: its mask, and what Slurm gave each task where that is less."""
    allowed = len(os.sched_getaffinity(0))
    given = os.environ.get("SLURM_CPUS_PER_TASK", "")
    return min(allowed, int(given)) if re.fullmatch("[1-9][0-9]{0,5}", given) else allowed


def cpu_model() -> str:
    try:
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").splitlines():
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    except OSError:
        pass
    return platform.machine()


def cgroup_limits() -> list[int]:
    """Memory limits of this process's control group and of those around it (version 2), in bytes."""
    try:
        own = next(line.split("::", 1)[1].strip() for line in Path("/proc/self/cgroup").read_text().splitlines()
                   if line.startswith("0::"))
    except (OSError, StopIteration):
        return []
    folder = Path("/sys/fs/cgroup") / own.lstrip("/")
    limits = []
    while str(folder).startswith("/sys/fs/cgroup"):
        try:
            text = (folder / "memory.max").read_text().strip()
        except OSError:
            text = ""
        if text.isdigit():
            limits.append(int(text))
        folder = folder.parent
    return limits


def memory_mb() -> int:
    """What the job may use: the machine's, or its control group's limit."""
    physical = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    return min([physical, *cgroup_limits()]) // 2**20


@lru_cache(maxsize=None)
def gpus() -> tuple[str, ...]:
    """Names of the GPUs that the driver shows to this job."""
    program = shutil.which("nvidia-smi")
    if not program:
        return ()
    try:
        done = subprocess.run([program, "--query-gpu=name", "--format=csv,noheader"], capture_output=True, text=True,
                              timeout=30)
    except (OSError, subprocess.SubprocessError):
        return ()
    names = [line.strip() for line in done.stdout.splitlines() if line.strip()]
    return tuple(names) if done.returncode == 0 else ()


def facts() -> dict:
    return {"cpu": cpu_model(), "cores": cpus(), "memory_mb": memory_mb(), "hostname": platform.node(),
            "kernel": f"{platform.system()} {platform.release()} {platform.machine()}",
            "gpu": ", ".join(gpus()) or None}
