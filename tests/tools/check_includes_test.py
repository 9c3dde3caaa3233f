#!/usr/bin/env python3
"""tools/check_includes.py: passes a small good tree and sees each kind of planted violation."""

import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

SCRIPT = Path(__file__).resolve().parents[2] / "tools" / "check_includes.py"
GOOD = {
    "kernels/core/shape.h": "#include <array>\n",
    "kernels/conv2d.h": '#include "kernels/core/shape.h"\n',
    "kernels/cpu/conv2d.cc": '#include "kernels/conv2d.h"\n#include <cblas.h>\n',
    "engine/layer.h": '#include "kernels/conv2d.h"\n#include <fmt/format.h>\n',
    "data/reader.h": '#include "kernels/core/shape.h"\n#include <png.h>\n',
    "apps/train.cc": '#include "engine/layer.h"\n#include "data/reader.h"\n#include <CLI/CLI.hpp>\n',
}


class CheckIncludesTest(unittest.TestCase):
    def check(self, extra):
        with tempfile.TemporaryDirectory() as root:
            for path, text in {**GOOD, **extra}.items():
                file = Path(root, path)
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_text(text)
            return subprocess.run([sys.executable, SCRIPT, root], capture_output=True, text=True, timeout=60)

    def assert_violation(self, path, text, words):
        result = self.check({path: text})
        self.assertEqual(result.returncode, 1, result.stdout)
        self.assertIn(path + ":", result.stdout)
        self.assertIn(words, result.stdout)

    def test_good_tree(self):
        result = self.check({})
        self.assertEqual(result.returncode, 0, result.stdout + result.stderr)

    def test_engine_must_not_include_data(self):
        self.assert_violation("engine/bad.h", '#include "data/reader.h"\n', "engine may include")

    def test_engine_must_not_include_a_backend(self):
        self.assert_violation("engine/bad.h", '\n#  include "kernels/cpu/conv2d.cc"\n', "engine/bad.h:2")

    def test_backends_do_not_know_each_other(self):
        self.assert_violation("kernels/reference/bad.h", '#include "kernels/cpu/conv2d.cc"\n', "kernels/reference may")

    def test_core_includes_nothing_of_the_project(self):
        self.assert_violation("kernels/core/bad.h", '#include "kernels/conv2d.h"\n', "nothing of the project")

    def test_cuda_header_outside_of_its_folder(self):
        self.assert_violation("engine/bad.cc", "#include <cuda_runtime.h>\n", "this library")

    def test_library_in_the_wrong_folder(self):
        self.assert_violation("kernels/cpu/bad.cc", "#include <fmt/format.h>\n", "this library")

    def test_path_that_is_not_from_the_root(self):
        self.assert_violation("engine/bad.cc", '#include "layer.h"\n', "no such file")

    def test_project_header_in_brackets(self):
        self.assert_violation("apps/bad.cc", "#include <engine/layer.h>\n", 'not <>')


if __name__ == "__main__":
    unittest.main()
