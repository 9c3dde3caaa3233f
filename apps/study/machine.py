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


def whole(text: str) -> int:
    """A whole number above 0; 0 where it is another text, as "max" is."""
    return int(text) if text.isdigit() else 0


def limits_above(own: str, root: Path, file: str) -> list[int]:
    """What the files of this name say in the control group `own` and in those around it, up to `root`."""
    folder, found = root / own.lstrip("/"), []
    while folder == root or root in folder.parents:
        try:
            found.append(whole((folder / file).read_text().strip()))
        except OSError:
            pass
        folder = folder.parent
    return found


def cgroup_limits(proc: Path = Path("/proc/self/cgroup"), root: Path = Path("/sys/fs/cgroup")) -> list[int]:
    """Memory limits of this process's control group and of those around it, in bytes; of version 2 ("0::PATH") and of
    version 1 ("9:memory:PATH")."""
    try:
        lines = [line.split(":", 2) for line in proc.read_text().splitlines() if line.count(":") >= 2]
    except OSError:
        return []
    found = []
    for number, controllers, own in lines:
        if number == "0" and not controllers:
            found += limits_above(own, root, "memory.max")
        elif "memory" in controllers.split(","):
            found += limits_above(own, root / "memory", "memory.limit_in_bytes")
    return [limit for limit in found if limit > 0]


def slurm_limits(environment) -> list[int]:
    """What Slurm grants the job on this node, in bytes; 0 stands for all that is there."""
    of_node, of_cpu = (whole(environment.get(f"SLURM_MEM_PER_{what}", "")) for what in ("NODE", "CPU"))
    granted = whole(environment.get("SLURM_CPUS_ON_NODE", "")) or cpus()
    return [megabytes * 2**20 for megabytes in (of_node, of_cpu * granted) if megabytes > 0]


def memory_mb() -> int:
    """What the job may use: the machine's, or the limit of its control group or of Slurm."""
    physical = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    return min([physical, *cgroup_limits(), *slurm_limits(os.environ)]) // 2**20


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
