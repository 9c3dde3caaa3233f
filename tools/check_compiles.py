#!/usr/bin/env python3
"""Compiles every file of a build for its warnings and errors alone: no code is generated, nothing is linked.

    check_compiles.py BUILD_FOLDER

Prints what the compiler says and exits 1 if a file does not compile (warnings are errors), or says how many do. Files that
are generated must be there.
"""

import json
import os
import shlex
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path


def complaints(entry):
    words = shlex.split(entry["command"])
    if Path(words[0]).name == "ccache":
        words = words[1:]
    output = words.index("-o")
    command = [*words[:output], *words[output + 2:], "-fsyntax-only"]
    result = subprocess.run(command, cwd=entry["directory"], capture_output=True, text=True)
    return f"{entry['file']}:\n{result.stderr}" if result.returncode else ""


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    commands = json.loads((Path(sys.argv[1]) / "compile_commands.json").read_text())
    # One file may be compiled for several programs: once for each set of flags.
    different = {}
    for entry in commands:
        words = shlex.split(entry["command"])
        output = words.index("-o")
        different.setdefault((entry["file"], *words[:output], *words[output + 2:]), entry)
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        failed = [text for text in pool.map(complaints, different.values()) if text]
    print("".join(failed), end="")
    if failed:
        sys.exit(f"{len(failed)} of {len(different)} files don't compile")
    print(f"{len(different)} files compile without a warning")


if __name__ == "__main__":
    main()
