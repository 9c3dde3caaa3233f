#!/usr/bin/env python3
"""Checks the C++ files against .clang-format.

    check_format.py [--fix]

Exits 77 (skipped) where the clang-format that Debian 12 has (version 14) is missing: others format differently.
"""

import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
FOLDERS = ["kernels", "engine", "data", "apps", "tests", "bench"]
SUFFIXES = {".h", ".cc", ".cu", ".cuh"}
VERSION = "version 14."
SKIPPED = 77


def formatter():
    for name in ("clang-format-14", "clang-format"):
        if shutil.which(name):
            version = subprocess.run([name, "--version"], capture_output=True, text=True, check=True).stdout
            if VERSION in version:
                return name
    print(f"skipped: clang-format {VERSION.split()[1]}x is not installed")
    sys.exit(SKIPPED)


def main():
    name = formatter()
    files = [str(path) for folder in FOLDERS for path in sorted((ROOT / folder).rglob("*")) if path.suffix in SUFFIXES]
    arguments = ["-i"] if sys.argv[1:] == ["--fix"] else ["--dry-run", "--Werror"]
    if subprocess.run([name, *arguments, *files]).returncode:
        sys.exit("not formatted; tools/check_format.py --fix does it")
    print(f"{len(files)} files are formatted")


if __name__ == "__main__":
    main()
