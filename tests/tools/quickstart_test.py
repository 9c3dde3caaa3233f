#!/usr/bin/env python3
"""What tools/quickstart.sh makes of its options, in a copy of tools/ whose build and program are stand-ins."""

import os
import shlex
import shutil
import stat
import subprocess
import tempfile
import unittest
from pathlib import Path

TOOLS = Path(__file__).resolve().parents[2] / "tools"

# "Builds" a kindling-train that prints the arguments it gets.
CMAKE = """#!/bin/sh
mkdir -p build/cpu-release/bin
printf '#!/bin/sh\\nfor word in "$@"; do echo "arg $word"; done\\n' > build/cpu-release/bin/kindling-train
chmod +x build/cpu-release/bin/kindling-train
"""


def make_executable(path, text):
    path.write_text(text)
    path.chmod(path.stat().st_mode | stat.S_IXUSR)


class QuickstartTest(unittest.TestCase):
    def setUp(self):
        self.folder = Path(tempfile.mkdtemp(prefix="kindling_quickstart_")).resolve()
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        self.root, self.elsewhere = self.folder / "tree", self.folder / "elsewhere"
        (self.root / "tools").mkdir(parents=True)
        (self.elsewhere / "data").mkdir(parents=True)
        for name in ("quickstart.sh", "lib.sh"):
            shutil.copy(TOOLS / name, self.root / "tools" / name)
        (self.folder / "bin").mkdir()
        make_executable(self.folder / "bin/cmake", CMAKE)
        self.fetch_that("exit 1")  # as without a network

    def fetch_that(self, does):
        make_executable(self.root / "tools/fetch_cifar10.sh", f"#!/bin/sh\necho fetch >> {self.folder}/fetched\n{does}\n")

    def quickstart(self, *options, status=0, data=None):
        env = {**os.environ, "PATH": f"{self.folder}/bin:{os.environ['PATH']}"}
        env.pop("KINDLING_DATA", None)
        if data:
            env["KINDLING_DATA"] = data
        done = subprocess.run(["bash", self.root / "tools/quickstart.sh", "--no-install", *options], env=env,
                              cwd=self.elsewhere, capture_output=True, text=True, timeout=60)
        self.assertEqual(done.returncode, status, done.stdout + done.stderr)
        self.said, self.errors = done.stdout, done.stderr
        return [line[4:] for line in done.stdout.splitlines() if line.startswith("arg ")]

    def test_without_data_and_network_the_synthetic_set_into_its_own_folder(self):
        words = self.quickstart()
        self.assertEqual(words, ["--dataset", "synthetic", "--overwrite", "--width=16", "--epochs=2",
                                 "--limit-batches=100", "--max-minutes=4", f"--output-dir={self.root}/out/quickstart"])
        self.assertIn("SYNTHETIC", self.said)

    def test_the_archive_where_it_can_be_fetched(self):
        self.fetch_that("exit 0")
        self.assertEqual(self.quickstart()[:2], ["--data-path", f"{self.root}/build/data"])

    def test_a_data_folder_is_meant_as_seen_from_where_the_user_stands(self):
        for options, data in ((["--data-path", "data"], None), (["--data-path=data"], None), ([], "data")):
            with self.subTest(options=options, data=data):
                words = self.quickstart(*options, data=data)
                self.assertEqual(words[:2], ["--data-path", f"{self.elsewhere}/data"])
        self.assertFalse((self.folder / "fetched").exists())

    def test_a_folder_that_is_not_there(self):
        self.quickstart("--data-path", "nowhere", status=1)
        self.assertIn("nowhere", self.errors)
        self.quickstart("--data-path", status=1)
        self.assertIn("needs a folder", self.errors)

    def test_a_data_set_that_is_named_is_not_looked_for(self):
        words = self.quickstart("--dataset", "synthetic")
        self.assertEqual(words[:3], ["--dataset", "synthetic", "--overwrite"])
        self.assertFalse((self.folder / "fetched").exists())

    def test_the_next_command_can_be_pasted(self):
        (self.elsewhere / "my data").mkdir()
        for options in (["--dataset", "png", "--data-path", "my data"], ["--data-path", "my data"]):
            words = self.quickstart(*options)
            (line,) = [line for line in self.said.splitlines() if "the whole task" in line]
            data = words[: words.index("--overwrite")]
            self.assertEqual(shlex.split(line.split(":", 1)[1])[1:], [*data, "--output-dir", "out/c1"])

    def test_a_value_that_looks_like_an_option_is_none(self):
        self.assertIn("--epochs=2", self.quickstart("--output-dir", "a --epochs b"))

    def test_options_given_replace_its_own_and_no_folder_of_the_users_is_overwritten(self):
        words = self.quickstart("--epochs", "7", "--width=8", "--output-dir", "mine")
        self.assertNotIn("--overwrite", words)
        self.assertNotIn("--epochs=2", words)
        self.assertNotIn("--width=16", words)
        self.assertIn("--limit-batches=100", words)
        self.assertEqual(len([word for word in words if word.startswith("--output-dir")]), 1)
        self.assertNotIn("--overwrite", self.quickstart("--resume", "auto"))


if __name__ == "__main__":
    unittest.main()
