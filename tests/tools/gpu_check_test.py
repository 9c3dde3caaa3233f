#!/usr/bin/env python3
"""How tools/gpu_check.sh goes through a plan, with steps that are stand-ins; and what its own plan names."""

import re
import shutil
import subprocess
import tarfile
import tempfile
import time
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SCRIPT = ROOT / "tools/gpu_check.sh"

STEPS = """#!/usr/bin/env bash
set -euo pipefail
here=$(dirname "$0")
echo "$*" >>"$here/ran"
good() { echo fine; }
bad() { echo "the reason"; exit 3; }
absent() { echo "skipped: no such thing"; exit 77; }
slow() { sleep 60; }
# Says so when it is told to end, and is done when it is run again.
twice() {
  if [ -e "$here/half" ]; then exit 0; fi
  trap 'touch "$here/half"; exit 75' TERM
  sleep 60 &
  wait
}
"$@"
"""

PLAN = """# stage step seconds command
a first 20 good
a second 20 bad   # its failure doesn't stop the rest
b third 20 absent
b fourth 1 slow
c fifth 20 good
"""


class GpuCheckTest(unittest.TestCase):
    def setUp(self):
        self.folder = Path(tempfile.mkdtemp(prefix="kindling_gpu_check_"))
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        (self.folder / "steps.sh").write_text(STEPS)
        self.plan(PLAN)

    def plan(self, text):
        (self.folder / "plan.txt").write_text(text)

    def check(self, *options, status, seconds=100):
        command = [SCRIPT, "--plan", self.folder / "plan.txt", "--steps", self.folder / "steps.sh", "--state",
                   self.folder / "state", "--seconds", str(seconds), *options]
        done = subprocess.run(command, capture_output=True, text=True, timeout=120)
        self.assertEqual(done.returncode, status, done.stdout + done.stderr)
        return done

    def results(self, done):
        """{step: result} of the table."""
        return {row[1]: row[2] for row in re.findall(r"^(\w+) +(\w+) +(\w+) +\d+ ", done.stdout, re.MULTILINE)}

    def ran(self):
        file = self.folder / "ran"
        return file.read_text().split() if file.exists() else []

    def test_the_rest_goes_on_after_a_failure_and_the_table_tells(self):
        done = self.check("--stage", "all", status=1)
        self.assertEqual(self.results(done), {"first": "ok", "second": "FAILED", "third": "skipped",
                                              "fourth": "TIMEOUT", "fifth": "ok"})
        self.assertRegex(done.stdout, "a +second +FAILED +[0-9]+  the reason\n")
        self.assertRegex(done.stdout, "b +third +skipped +[0-9]+  skipped: no such thing\n")

    def test_nothing_that_is_over_runs_again_until_it_is_asked_for(self):
        self.check("--stage", "all", status=1)
        before = self.ran()
        self.check("--stage", "all", status=1)
        self.assertEqual(self.ran(), before)
        self.check("--stage", "a", "--retry", status=1)
        self.assertEqual(self.ran(), [*before, "bad"])

    def test_one_stage_alone(self):
        done = self.check("--stage", "c", status=0)
        self.assertEqual(self.ran(), ["good"])
        self.assertEqual(self.results(done)["first"], "pending")

    def test_a_step_that_the_call_cuts_goes_on_in_the_next(self):
        self.plan("a half 50~ twice\na after 20 good\n")
        start = time.monotonic()
        self.assertEqual(self.results(self.check(status=75, seconds=5)), {"half": "cut1", "after": "pending"})
        self.assertLess(time.monotonic() - start, 30)
        self.assertFalse((self.folder / "state/kindling-gpu-results.tar.gz").exists())
        self.assertEqual(self.results(self.check(status=0)), {"half": "ok", "after": "ok"})

    def test_a_step_that_no_call_can_finish_is_given_up(self):
        self.plan("a endless 50 slow\n")
        for result, status in ("cut1", 75), ("cut2", 75), ("TIMEOUT", 1):
            self.assertEqual(self.results(self.check("--stage", "a", status=status, seconds=4)), {"endless": result})

    def test_without_time_nothing_is_begun(self):
        self.plan("a one 50 slow\nb two 20 good\n")
        self.check(status=75, seconds=4)
        self.assertEqual(self.ran(), ["slow"])

    def test_the_archive_holds_summary_table_and_logs(self):
        self.check(status=1)
        with tarfile.open(self.folder / "state/kindling-gpu-results.tar.gz") as archive:
            def text(name):
                return archive.extractfile(f"kindling-gpu-results/{name}").read().decode()
            self.assertIn("FAILED", text("stages.txt"))
            self.assertIn("the reason", text("logs/a.second.log"))
            self.assertIn("not measured", text("summary.md"))

    def test_usage(self):
        for options in ("--stage", "nowhere"), ("--seconds", "soon"), ("--what",), ("--stage",):
            done = self.check(*options, status=2)
            self.assertEqual(len(done.stderr.splitlines()), 1, done.stderr)
            self.assertIn(options[-1], done.stderr)

    def test_the_plan_names_functions_and_fits_into_calls(self):
        functions = set(re.findall(r"^(\w+)\(\)", (ROOT / "tools/gpu_steps.sh").read_text(), re.MULTILINE))
        lines = [line.split() for line in (ROOT / "tools/gpu_plan.txt").read_text().splitlines()
                 if line and not line.startswith("#")]
        self.assertGreater(len(lines), 10)
        self.assertEqual(len({(line[0], line[1]) for line in lines}), len(lines), "two steps have the same name")
        for _, step, seconds, command, *_ in lines:
            self.assertIn(command, functions, step)
            self.assertLessEqual(int(seconds.rstrip("~")), 480, step)


if __name__ == "__main__":
    unittest.main()
