#!/usr/bin/env python3
"""What every CUDA kernel takes on every target: registers and shared memory, and that none spills registers.

    kernel_resources.py BUILD_FOLDER [--write]

Compiles the .cu files of a build (its compile_commands.json) once more with `-Xptxas -v`. Fails when a kernel spills or
keeps arrays in local memory, or when kernels/cuda/kernel_resources.txt is there, was made with the same nvcc, and says
something else; --write writes that file. Needs nvcc, no GPU. Exits 77 where the build has no CUDA.
"""

import json
import re
import shlex
import subprocess
import sys
import tempfile
from collections import defaultdict
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
TABLE = ROOT / "kernels/cuda/kernel_resources.txt"
ENTRY = re.compile(r"Compiling entry function '(\w+)' for 'sm_(\d+)'")
STACK = re.compile(r"(\d+) bytes stack frame, (\d+) bytes spill stores, (\d+) bytes spill loads")
USED = re.compile(r"Used (\d+) registers(?:.*?(\d+) bytes smem)?")


def ptxas_report(command):
    """What ptxas says about one source file, by the build's own command with another output."""
    words = shlex.split(command["command"])
    with tempfile.TemporaryDirectory() as folder:
        words[words.index("-o") + 1] = f"{folder}/object.o"
        words = [word for word in words if not word.endswith("ccache")] + ["-Xptxas=-v"]
        words = [word for word in words if not word.startswith("--Werror")]
        done = subprocess.run(words, cwd=command["directory"], capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(f"{command['file']}: {done.stderr}")
    return done.stdout + done.stderr


def short_name(mangled):
    name = subprocess.run(["c++filt", mangled], capture_output=True, text=True, check=True).stdout.strip()
    name = re.sub(r"\(anonymous namespace\)::|kindling::|^void ", "", name)
    depth, end = 0, len(name)
    for i, letter in enumerate(name):  # up to the parameters: the first ( outside of <>
        depth += (letter == "<") - (letter == ">")
        if letter == "(" and depth == 0 and i > 0:
            end = i
            break
    return re.sub(r"\((?:int|bool)\)", "", name[:end]).replace(" ", "")


def resources(build):
    """{(file, kernel): {target: (registers, shared bytes)}} and the complaints."""
    table, complaints = defaultdict(dict), []
    for command in json.loads((build / "compile_commands.json").read_text()):
        if not command["file"].endswith(".cu"):
            continue
        file = Path(command["file"]).name
        kernel = target = None
        for line in ptxas_report(command).splitlines():
            if match := ENTRY.search(line):
                kernel, target = short_name(match[1]), int(match[2])
            elif match := STACK.search(line):
                if kernel and any(int(number) for number in match.groups()):
                    complaints.append(f"{file}: {kernel} on sm_{target}: {line.strip()}")
            elif kernel and (match := USED.search(line)):
                table[file, kernel][target] = (int(match[1]), int(match[2] or 0))
                kernel = None
    return table, complaints


def nvcc_version(build):
    cache = (build / "CMakeCache.txt").read_text()
    nvcc = re.search(r"^CMAKE_CUDA_COMPILER:\w+=(.+)$", cache, re.MULTILINE)
    if not nvcc:
        print("skipped: this build has no CUDA")
        sys.exit(77)
    text = subprocess.run([nvcc[1], "--version"], capture_output=True, text=True, check=True).stdout
    return re.search(r"V([\d.]+)", text)[1]


def as_text(version, table):
    targets = sorted({target for row in table.values() for target in row})
    lines = [f"Registers / bytes of static shared memory of a thread block, by nvcc {version} (tools/kernel_resources.py)",
             "", f"{'file':<28}{'kernel':<64}" + "".join(f"{'sm_' + str(target):>12}" for target in targets)]
    for (file, kernel), row in sorted(table.items()):
        cells = "".join(f"{'{} / {}'.format(*row[target]):>12}" for target in targets)
        lines.append(f"{file:<28}{kernel:<64}{cells}")
    return "\n".join(lines) + "\n"


def main():
    build = Path(sys.argv[1]) if len(sys.argv) > 1 else sys.exit(__doc__)
    version = nvcc_version(build)
    table, complaints = resources(build)
    if complaints:
        sys.exit("\n".join(complaints))
    text = as_text(version, table)
    if "--write" in sys.argv:
        TABLE.write_text(text)
    elif TABLE.exists() and text.splitlines()[0] == TABLE.read_text().splitlines()[0] and text != TABLE.read_text():
        sys.exit(f"{TABLE.relative_to(ROOT)} is out of date; tools/kernel_resources.py {build} --write")
    print(f"{len(table)} kernels, none spills")


if __name__ == "__main__":
    main()
