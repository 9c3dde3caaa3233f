"""Runs kindling-study from its sources, with stand_in.py in the place of the programs."""
import json
import os
import shutil
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

HERE = Path(__file__).resolve().parent
SOURCES = HERE.parents[1] / "apps" / "study"
# In the place of gnuplot, which takes most of the time of a study whose programs take none.
GNUPLOT = """cat >/dev/null
echo '<svg xmlns="http://www.w3.org/2000/svg"><title>x</title><desc>x</desc></svg>' >figure.svg"""
PROGRAMS = ("kindling-train", "kindling-time-loader", "kindling-export-png", "kindling-compare-devices")
sys.path.insert(0, str(SOURCES))


class StudyTest(unittest.TestCase):
    def setUp(self):
        self.folder = Path(tempfile.mkdtemp(prefix="kindling_study_"))
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        (self.folder / "bin").mkdir()
        (self.folder / "data").mkdir()
        for program in PROGRAMS:
            (self.folder / "bin" / program).symlink_to(HERE / "stand_in.py")
        self.out = self.folder / "out"
        self.tool("gnuplot", GNUPLOT)

    def tool(self, name, does):
        """A program that the study finds before the machine's."""
        (self.folder / "tools").mkdir(exist_ok=True)
        (self.folder / "tools" / name).write_text(f"#!/bin/sh\n{does}\n")
        (self.folder / "tools" / name).chmod(0o755)

    def command(self, task, *options):
        """Quick, and with few worker counts, so that a study takes a few seconds."""
        return [sys.executable, str(SOURCES), task, "--out", "out", "--data-path", "data", "--quick", "--workers-list",
                "0,1,4", *map(str, options)]

    def environment(self, stand_in="", **more):
        kept = {key: value for key, value in os.environ.items() if not key.startswith(("KINDLING", "SLURM", "STAND_IN"))}
        kept["PATH"] = f"{self.folder / 'tools'}:{os.environ['PATH']}"
        return {**kept, "KINDLING_BIN": str(self.folder / "bin"), "STAND_IN": stand_in, **more}

    def study(self, task, *options, stand_in="", status=0, lines=1, **environment):
        """`lines`: on stderr where it fails; none where only an experiment failed."""
        done = subprocess.run(self.command(task, *options), capture_output=True, text=True, timeout=120,
                              cwd=self.folder, env=self.environment(stand_in, **environment))
        self.assertEqual(done.returncode, status, done.stderr + done.stdout)
        if status:
            self.assertEqual(len(done.stderr.splitlines()), lines, done.stderr)
        return done

    def result(self, task):
        return json.loads((self.out / task / "result.json").read_text())

    def rows(self, task, table):
        """The table as dictionaries."""
        found = next(one for one in self.result(task)["tables"] if one["id"] == table)
        return [dict(zip([column["name"] for column in found["columns"]], row)) for row in found["rows"]]
