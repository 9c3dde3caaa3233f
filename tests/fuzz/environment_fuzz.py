#!/usr/bin/env python3
"""What Slurm puts into the environment, as slurm/ and kindling-study read it, with hostile values.

    environment_fuzz.py [VALUES]

Each of so many values (default 60; the first are fixed, the rest random from a fixed seed) stands in for every variable
in turn. Promised: a value that is no plain number is refused with one line and status 2 or ignored, nothing in it is
run, and what goes on is a number of CPUs that makes sense.
"""

import os
import random
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "apps" / "study"))
import machine  # noqa: E402

VARIABLES = ["SLURM_CPUS_PER_TASK", "SLURM_CPUS_ON_NODE", "SLURM_GPUS_ON_NODE", "SLURM_RESTART_COUNT"]
FIXED = ["", "4", "0", "-1", " 4", "4 ", "4\n5", "1e3", "0x10", "08", "٤", "²", "9" * 30, "9" * 5000, "PATH[$(touch ran)]",
         "$(touch ran)", "`touch ran`", "4;touch ran", "4(x2)", "x", "\x1b[31m", "'", '"', "\\", "*", "\udcff"]
LETTERS = "0123456789 +-*/()[]{}$`'\"\\;&|<>\n\t\x1b%~^eExX²٤,.:"

# As slurm/job.sh calls them; a job that was stopped asks whether it may be put back.
SCRIPT = """
set -euo pipefail
source "$1/slurm/lib.sh"; source "$1/slurm/allocation.sh"; source "$1/slurm/signals.sh"
task=c1 device= preset=
use_granted_cpus
use_granted_gpus
thread_options
child_status=75
requeue_if_stopped 3 >/dev/null
echo "$cpus $gpus ${threads[*]}"
"""
TOOLS = {"squeue": "echo RUNNING", "scontrol": "exit 0"}


def values(count):
    source = random.Random(7)
    made = ["".join(source.choice(LETTERS) for _ in range(source.randint(1, 12))) for _ in range(count)]
    return (FIXED + made)[:max(count, len(FIXED))]


def complaint_of_scripts(folder, variable, value):
    clean = {name: text for name, text in os.environ.items() if not name.startswith("SLURM_")}
    done = subprocess.run(["bash", "-c", SCRIPT, "bash", str(ROOT)], cwd=folder, capture_output=True, text=True,
                          errors="surrogateescape", timeout=20,
                          env={**clean, "PATH": f"{folder}/bin:{clean['PATH']}", "SLURM_JOB_ID": "1", variable: value})
    if Path(folder, "ran").exists():
        return "a command in it was run"
    if done.returncode == 2 and len(done.stderr.splitlines()) == 1 and variable in done.stderr:
        return None if not value.isdecimal() or len(value) > 6 or value[0] == "0" or not value.isascii() else "refused"
    if done.returncode == 75 and variable == "SLURM_RESTART_COUNT":
        return None  # it was put back too often
    if done.returncode:
        return f"status {done.returncode}: {done.stderr!r}"
    counts = done.stdout.split()
    return None if counts and counts[0].isdigit() and counts[1].isdigit() else f"printed {done.stdout!r}"


def complaint_of_study(variable, value):
    os.environ[variable] = value
    try:
        cpus = machine.cpus()
    except Exception as error:  # anything at all is a finding
        return f"kindling-study: {error!r}"
    finally:
        del os.environ[variable]
    return None if 1 <= cpus <= len(os.sched_getaffinity(0)) else f"kindling-study: {cpus} CPUs"


def main():
    tried = values(int(sys.argv[1]) if len(sys.argv) > 1 else 60)
    findings = []
    with tempfile.TemporaryDirectory(prefix="kindling_fuzz_") as folder:
        Path(folder, "bin").mkdir()
        for name, text in TOOLS.items():
            Path(folder, "bin", name).write_text(f"#!/bin/sh\n{text}\n")
            Path(folder, "bin", name).chmod(0o755)
        for variable in VARIABLES:
            for value in tried:
                for complaint in (complaint_of_scripts(folder, variable, value), complaint_of_study(variable, value)):
                    if complaint:
                        findings.append(f"{variable}={value[:60]!a}: {complaint}")
    print("\n".join(findings) or f"{len(tried)} values of each of {len(VARIABLES)} variables, no finding")
    sys.exit(1 if findings else 0)


if __name__ == "__main__":
    main()
