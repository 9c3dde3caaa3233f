#!/usr/bin/env python3
"""Checks tracked text files for what only works, or only means something, on one machine.

    check_tree.py [ROOT]

Looked for: absolute paths of a machine's users, scratch and software folders; files of more than 512 KiB; scripts
(#!) that can't be executed.
"""

import os
import re
import subprocess
import sys
from pathlib import Path

MACHINE_PATH = re.compile(r"(?<![\w.~}/-])/(home|root|tmp|opt|work|workspace|mnt|scratch|Users)/[\w.]+")
LARGEST_BYTES = 512 * 1024


def tracked(root):
    listing = subprocess.run(["git", "-C", root, "ls-files", "-z"], capture_output=True)
    if listing.returncode:
        print("skipped: not a git checkout")
        sys.exit(77)
    return [Path(root, name) for name in listing.stdout.decode().split("\0") if name]


def complaints(file):
    content = file.read_bytes()
    if len(content) > LARGEST_BYTES:
        yield f"{len(content)} bytes; the largest file may have {LARGEST_BYTES}"
    if content.startswith(b"#!") and not os.access(file, os.X_OK):
        yield "a script that can't be executed (chmod +x)"
    try:
        text = content.decode()
    except UnicodeDecodeError:
        return  # binary
    for number, line in enumerate(text.splitlines(), 1):
        if MACHINE_PATH.search(line):
            yield f"line {number}: a path of one machine: {line.strip()[:100]}"


def main():
    root = Path(sys.argv[1] if len(sys.argv) > 1 else Path(__file__).parents[1]).resolve()
    files = [file for file in tracked(root) if file.is_file() and not file.is_symlink()]
    found = [f"{file.relative_to(root)}: {what}" for file in files for what in complaints(file)]
    if found:
        print("\n".join(found))
        sys.exit(1)
    print(f"{len(files)} files, none tied to a machine")


if __name__ == "__main__":
    main()
