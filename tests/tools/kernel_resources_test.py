#!/usr/bin/env python3
"""tools/kernel_resources.py understands what ptxas says, and fails where it should."""

import json
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

SCRIPT = Path(__file__).resolve().parents[2] / "tools" / "kernel_resources.py"
REPORT = """\
ptxas info    : Compiling entry function '_ZN8kindling4castIfLi8EEEvPKf' for 'sm_{target}'
ptxas info    : Function properties for _ZN8kindling4castIfLi8EEEvPKf
    {stack} bytes stack frame, {stack} bytes spill stores, {stack} bytes spill loads
ptxas info    : Used {registers} registers, used 1 barriers, 8704 bytes smem, 400 bytes cmem[0]
"""


class KernelResourcesTest(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        self.table = Path(self.folder.name, "table.txt")

    def check(self, *options, version="13.0.88", registers=32, stack=0):
        """Runs the script on a build of one file, whose compiler only talks."""
        build = Path(self.folder.name)
        report = "".join(REPORT.format(target=target, registers=registers, stack=stack) for target in (80, 90))
        nvcc = build / "nvcc"
        nvcc.write_text(f"#!/bin/sh\nif [ $1 = --version ]; then echo V{version}; exit; fi\ncat <<END\n{report}END\n")
        nvcc.chmod(0o755)
        command = {"file": "cast.cu", "directory": str(build), "command": f"ccache {nvcc} -x cu -c cast.cu -o cast.o"}
        (build / "compile_commands.json").write_text(json.dumps([command]))
        return subprocess.run([sys.executable, SCRIPT, build, "--table", self.table, *options], capture_output=True,
                              text=True, timeout=60)

    def test_table(self):
        result = self.check("--write")
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertIn("nvcc 13.0.88", self.table.read_text())
        self.assertRegex(self.table.read_text(), r"\ncast.cu +cast<float,8> +32 / 8704 +32 / 8704\n")
        self.assertEqual(self.check().stdout, "1 kernels, none spills\n")

    def test_spill(self):
        result = self.check("--write", stack=8)
        self.assertEqual(result.returncode, 1)
        self.assertIn("cast.cu: cast<float,8> on sm_90: 8 bytes stack frame", result.stderr)
        self.assertFalse(self.table.exists())

    def test_stale_table(self):
        self.check("--write")
        result = self.check(registers=40)
        self.assertEqual(result.returncode, 1)
        self.assertIn("out of date", result.stderr)

    def test_another_nvcc_makes_another_table(self):
        self.check("--write")
        result = self.check(registers=40, version="13.1.0")
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertIn("not compared", result.stdout)


if __name__ == "__main__":
    unittest.main()
