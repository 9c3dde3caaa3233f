#!/usr/bin/env python3
"""Checks that every header compiles alone, with the include paths of a build, and has `#pragma once`.

    check_headers.py BUILD_FOLDER [HEADER...]

Prints the compiler's errors and exits 1, or says how many headers it compiled. A header that a source file of that
build includes before all else has been compiled alone there. Headers of the folders that need CUDA are left out unless
that build compiles files there. What passed is remembered in the build folder and is compiled again only when the
header, a header it includes or the flags change.
"""

import hashlib
import json
import os
import re
import shlex
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
CUDA_FOLDERS = ("kernels/cuda/", "kernels/cudnn/", "tests/cuda_on_cpu/", "tests/kernels/cuda/",
                "bench/kernels/cuda/")
FOLDERS = ["kernels", "engine", "data", "apps", "tests", "bench"]


def build_flags(commands):
    """The include paths, definitions and language flags of all files of a build together, and their folders."""
    flags, macros = {}, {}
    for entry in commands:
        words = shlex.split(entry["command"])
        for word, following in zip(words, words[1:] + [""]):
            if word == "-isystem":
                flags[f"-isystem{following}"] = None
            elif word.startswith(("-I", "-std=", "-fopenmp", "-W")):
                flags[word] = None
            elif word.startswith("-D"):  # one value of each macro: no header depends on those that differ
                macros.setdefault(word.partition("=")[0], word)
    flags.update(dict.fromkeys(macros.values()))
    folders = {Path(entry["file"]).parent.relative_to(ROOT).as_posix() for entry in commands
               if Path(entry["file"]).is_relative_to(ROOT)}
    return list(flags), folders


def compiler_of(build):
    for line in (build / "CMakeCache.txt").read_text().splitlines():
        if line.startswith("CMAKE_CXX_COMPILER:"):
            return line.split("=", 1)[1]
    sys.exit(f"{build}/CMakeCache.txt names no compiler")


def compile_alone(header, compiler, flags):
    """The compiler's complaints about a file that only includes `header`; empty if there are none."""
    if not re.search(r"^#pragma once$", (ROOT / header).read_text(), re.MULTILINE):
        return f"{header} has no #pragma once\n"
    command = [compiler, *flags, "-fsyntax-only", "-x", "c++", "-"]
    result = subprocess.run(command, input=f'#include "{header}"\n', capture_output=True, text=True, cwd=ROOT)
    return result.stderr if result.returncode else ""


def included_first(commands):
    """The headers that a source file includes before all else."""
    for entry in commands:
        match = re.search(r'^#include (?:"([^"]+)"|<)', Path(entry["file"]).read_text(), re.MULTILINE)
        if match and match[1]:
            yield match[1]


def fingerprint(header, flags):
    """A hash over the flags, the header and every project header that it includes, directly or not."""
    digest, waiting, seen = hashlib.sha256(" ".join(flags).encode()), [header], {header}
    while waiting:
        content = (ROOT / waiting.pop()).read_bytes()
        digest.update(content)
        for name in sorted(re.findall(rb'^\s*#\s*include\s*"([^"]+)"', content, re.MULTILINE)):
            included = name.decode()
            if included not in seen and (ROOT / included).is_file():
                seen.add(included)
                waiting.append(included)
    return digest.hexdigest()


def headers(folders):
    for folder in FOLDERS:
        for path in sorted((ROOT / folder).rglob("*.h")):
            name = path.relative_to(ROOT).as_posix()
            if name.startswith(CUDA_FOLDERS) and path.parent.relative_to(ROOT).as_posix() not in folders:
                continue
            yield name


def main():
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    build = Path(sys.argv[1]).resolve()
    commands = json.loads((build / "compile_commands.json").read_text())
    compiler, (flags, folders) = compiler_of(build), build_flags(commands)
    names = sys.argv[2:] or list(headers(folders))
    memory = build / "headers_that_compile_alone.json"
    known = json.loads(memory.read_text()) if memory.is_file() else {}
    prints = {name: fingerprint(name, [compiler, *flags]) for name in names}
    proven = set() if sys.argv[2:] else set(included_first(commands))
    changed = [name for name in names if known.get(name) != prints[name] and name not in proven]
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        complaints = list(pool.map(lambda name: compile_alone(name, compiler, flags), changed))
    failed = [name for name, complaint in zip(changed, complaints) if complaint]
    memory.write_text(json.dumps({name: prints[name] for name in names if name not in failed}, indent=0))
    print("".join(complaints), end="")
    if failed:
        sys.exit(f"{len(failed)} of {len(names)} headers don't compile alone: {', '.join(failed)}")
    print(f"{len(names)} headers, each compiles alone ({len(changed)} compiled now)")


if __name__ == "__main__":
    main()
