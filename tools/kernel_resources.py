#!/usr/bin/env python3
"""What every CUDA kernel takes on every target of a build: registers and shared memory, and that none spills registers.

    kernel_resources.py BUILD_FOLDER [--write] [--table FILE]

Compiles the device code of a build's .cu files (its compile_commands.json) once more with `-Xptxas -v`. Fails when a
kernel spills or keeps arrays in local memory, or when kernels/cuda/kernel_resources.txt was made with the same nvcc for
the same targets and says something else; --write writes that file. Needs nvcc, no GPU. Exits 77 where the build has no
CUDA.
"""

import argparse
import json
import os
import re
import shlex
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
HEADER_LINES = 3  # nvcc and targets
ENTRY = re.compile(r"Compiling entry function '(\w+)' for 'sm_(\d+)'")
STACK = re.compile(r"(\d+) bytes stack frame, (\d+) bytes spill stores, (\d+) bytes spill loads")
USED = re.compile(r"Used (\d+) registers(?:.*?(\d+) bytes smem)?")


def cuda_commands(build):
    """[(file, the words of its compile command, where it runs)] of a build."""
    commands = []
    for entry in json.loads((build / "compile_commands.json").read_text()):
        if entry["file"].endswith(".cu"):
            words = shlex.split(entry["command"])
            nvcc = next(i for i, word in enumerate(words) if Path(word).name == "nvcc")  # behind a launcher
            commands.append((Path(entry["file"]), words[nvcc:], entry["directory"]))
    return commands


def ptxas_report(command):
    """What ptxas says about one source file, by the build's own command without the host's part of it."""
    file, words, directory = command
    words = ["--fatbin" if word == "-c" else word for word in words] + ["-Xptxas=-v"]
    with tempfile.TemporaryDirectory() as folder:
        words[words.index("-o") + 1] = f"{folder}/device.fatbin"
        done = subprocess.run(words, cwd=directory, capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(f"{file}: {done.stdout}{done.stderr}")
    return done.stdout + done.stderr


def short_names(mangled):
    """{mangled name: kernel<arguments>, without the project's namespace and the parameters}"""
    text = subprocess.run(["c++filt"], input="\n".join(mangled), capture_output=True, text=True, check=True).stdout
    return dict(zip(mangled, map(short_name, text.splitlines())))


def short_name(name):
    name = re.sub(r"\(anonymous namespace\)::|kindling::|^void ", "", name)
    depth, end = 0, len(name)
    for i, letter in enumerate(name):  # up to the parameters: the first ( outside of <>
        depth += (letter == "<") - (letter == ">")
        if letter == "(" and depth == 0:
            end = i
            break
    return re.sub(r"\([\w ]+\)", "", name[:end]).replace(" ", "")  # (int)8 is 8


def resources(commands):
    """{(file, kernel): {target: (registers, shared bytes)}} and the complaints."""
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        reports = list(pool.map(ptxas_report, commands))
    names = short_names(sorted({mangled for report in reports for mangled, _ in ENTRY.findall(report)}))
    table, complaints = {}, []
    for (file, _, _), report in zip(commands, reports):
        kernel = target = None
        for line in report.splitlines():
            if match := ENTRY.search(line):
                kernel, target = names[match[1]], int(match[2])
            elif kernel and (match := STACK.search(line)):
                if any(int(number) for number in match.groups()):
                    complaints.append(f"{file.name}: {kernel} on sm_{target}: {line.strip()}")
            elif kernel and (match := USED.search(line)):
                table.setdefault((file.name, kernel), {})[target] = (int(match[1]), int(match[2] or 0))
                kernel = None
    return table, complaints


def as_text(version, table):
    targets = sorted({target for row in table.values() for target in row})
    files, kernels = (max(len(key[i]) for key in table) + 2 for i in range(2))
    lines = [f"Registers of a thread / bytes of static shared memory of a block, nvcc {version} (tools/kernel_resources.py)",
             "", " " * (files + kernels) + "".join(f"{'sm_' + str(target):>12}" for target in targets)]
    for (file, kernel), row in sorted(table.items()):
        cells = "".join(f"{'{} / {}'.format(*row[target]):>12}" for target in targets)
        lines.append(f"{file:<{files}}{kernel:<{kernels}}{cells}")
    return "\n".join(lines) + "\n"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("build", type=Path)
    parser.add_argument("--write", action="store_true")
    parser.add_argument("--table", type=Path, default=ROOT / "kernels/cuda/kernel_resources.txt")
    options = parser.parse_args()
    commands = cuda_commands(options.build)
    if not commands:
        print("skipped: this build has no CUDA")
        sys.exit(77)
    nvcc = subprocess.run([commands[0][1][0], "--version"], capture_output=True, text=True, check=True).stdout
    table, complaints = resources(commands)
    if not table:
        sys.exit("ptxas said nothing about any kernel; was its output understood?")
    if complaints:
        sys.exit("\n".join(complaints))
    text = as_text(re.search(r"V([\d.]+)", nvcc)[1], table)
    if options.write:
        options.table.write_text(text)
    old = options.table.read_text() if options.table.exists() else ""
    if text.split("\n")[:HEADER_LINES] != old.split("\n")[:HEADER_LINES]:
        print(f"{options.table.name} is of another nvcc or for other targets, so it is not compared")
    elif text != old:
        sys.exit(f"{options.table.name} is out of date; renew it: tools/kernel_resources.py {options.build} --write")
    print(f"{len(table)} kernels, none spills")


if __name__ == "__main__":
    main()
