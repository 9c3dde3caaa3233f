#!/usr/bin/env python3
"""tools/check_tree.py sees what it is there to see."""

import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

SCRIPT = Path(__file__).resolve().parents[2] / "tools" / "check_tree.py"


class CheckTreeTest(unittest.TestCase):
    def check(self, content):
        with tempfile.TemporaryDirectory() as root:
            subprocess.run(["git", "init", "-q", root], check=True)
            Path(root, "file").write_bytes(content)
            subprocess.run(["git", "-C", root, "add", "file"], check=True)
            return subprocess.run([sys.executable, SCRIPT, root], capture_output=True, text=True, timeout=60)

    def test_good_file(self):
        result = self.check(b"see docs/data/x, https://example.org/home/y and build/tmp/z\n")
        self.assertEqual(result.returncode, 0, result.stdout + result.stderr)

    def test_path_of_a_user(self):
        result = self.check(b"first\n--data-path " + b"/home" + b"/somebody/cifar\n")
        self.assertEqual(result.returncode, 1)
        self.assertIn("file: line 2", result.stdout)

    def test_large_file(self):
        self.assertIn("bytes", self.check(b"\xff" * 600000).stdout)

    def test_script_that_cannot_run(self):
        self.assertIn("chmod", self.check(b"#!/bin/sh\n").stdout)


if __name__ == "__main__":
    unittest.main()
