#!/usr/bin/env python3
"""Checks that every include follows the folder table of docs/ARCHITECTURE.md.

    check_includes.py [ROOT]

Prints one line per violation and exits 1, or says how many includes it saw.
"""

import re
import sys
from pathlib import Path

FOLDERS = ["kernels/core", "kernels/reference", "kernels/cpu", "kernels/cuda", "kernels/cudnn", "kernels", "engine",
           "data", "apps", "tests", "bench"]
CONTRACTS = {"kernels", "kernels/core"}
KERNELS = {folder for folder in FOLDERS if folder.startswith("kernels")}

# folder -> folders of the project that it may include, besides itself
PROJECT = {
    "kernels/core": set(),
    "kernels": {"kernels/core"},
    "kernels/reference": CONTRACTS,
    "kernels/cpu": CONTRACTS,
    "kernels/cuda": CONTRACTS | {"kernels/cudnn"},
    "kernels/cudnn": CONTRACTS | {"kernels/cuda"},
    "engine": CONTRACTS,
    "data": {"kernels/core"},
    "apps": KERNELS | {"engine", "data"},
    "tests": KERNELS | {"engine", "data", "apps", "bench"},
    "bench": KERNELS | {"engine", "data", "apps"},
}

# The only includes against the direction: the language of .cu files where no nvcc compiles them.
SEAMS = {(f"kernels/cuda/{header}", f"tests/cuda_on_cpu/{header}") for header in ("device_language.h", "tensor_core.h")}

# header pattern -> where it may be included; what no pattern knows is taken for the standard library or the system
LIBRARIES = {
    r"Random123/": {"kernels/core"},
    r"fmt/": {"data", "engine", "apps", "tests", "bench"},
    r"nlohmann/": {"data", "engine", "apps", "tests", "bench"},
    r"xxhash\.h": {"data", "engine", "tests", "bench"},
    r"png\.h": {"data", "tests"},
    r"CLI/": {"apps", "tests", "bench"},
    r"(cblas|lapacke?|openblas.*)\.h": {"kernels/cpu", "tests", "bench"},
    r"omp\.h": {"kernels/cpu", "apps", "tests", "bench"},
    r"nvtx3/": {"kernels/core", "tests"},
    r"(cuda|cublas|curand|cub/|cooperative_groups|mma).*": {"kernels/cuda", "kernels/cudnn", "tests", "bench"},
    r"cudnn.*": {"kernels/cudnn", "tests", "bench"},
    r"(gtest|gmock)/": {"tests"},
    r"benchmark/": {"bench"},
}

# written by the build, not in the tree
GENERATED = {"git_state.h": {"engine"}}

INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]', re.MULTILINE)
SUFFIXES = {".h", ".cc", ".cu", ".cuh"}


def folder_of(path):
    """The entry of the table that a path belongs to (the longest that fits), or None."""
    fits = [folder for folder in FOLDERS if path.startswith(folder + "/")]
    return max(fits, key=len, default=None)


def violation(root, path, bracket, header):
    """Why `path` may not include `header`, or None."""
    folder = folder_of(path)
    if folder in GENERATED.get(header, ()):
        return None
    if bracket == '"':
        if not (root / header).is_file():
            return "no such file from the root of the project (write the path from there)"
        target = folder_of(header)
        if target != folder and target not in PROJECT[folder] and (path, header) not in SEAMS:
            return f"{folder} may include {', '.join(sorted(PROJECT[folder])) or 'nothing of the project'}"
        return None
    if (root / header).is_file():
        return 'a header of the project is included with "", not <>'
    for pattern, allowed in LIBRARIES.items():
        if re.match(pattern, header) and folder not in allowed:
            return f"only {', '.join(sorted(allowed))} may include this library"
    return None


def sources(root):
    tops = sorted({folder.split("/")[0] for folder in FOLDERS})
    return [path for top in tops for path in sorted((root / top).rglob("*")) if path.suffix in SUFFIXES]


def main():
    root = Path(sys.argv[1] if len(sys.argv) > 1 else Path(__file__).resolve().parents[1])
    seen, violations = 0, 0
    for file in sources(root):
        path = file.relative_to(root).as_posix()
        text = file.read_text()
        for match in INCLUDE.finditer(text):
            seen += 1
            reason = violation(root, path, match[1], match[2])
            if reason:
                violations += 1
                line = text.count("\n", 0, match.start(2)) + 1
                print(f"{path}:{line}: {match[2]}: {reason}")
    if seen == 0:
        sys.exit(f"{root}: no source files with includes")
    if violations:
        sys.exit(f"{violations} of {seen} includes go the wrong way")
    print(f"{seen} includes, all allowed")


if __name__ == "__main__":
    main()
