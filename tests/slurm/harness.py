"""A cluster for a test's module, and for each test a copy of the repository's scripts to submit in."""

import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
import unittest
from pathlib import Path

import cluster

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
BUSY = ("PENDING", "RUNNING", "CONFIGURING", "COMPLETING", "REQUEUED", "SUSPENDED")
# What a person's shell might have set and a test must not see.
VARIABLES = ("PARTITION", "ACCOUNT", "GPUS", "CPUS", "TIME", "DATA", "OUT", "PRESET", "QUICK", "OPTIONS", "SBATCH",
             "KINDLING_DATA", "KINDLING_SITE", "SLURM_TMPDIR", "STAND_IN", "MAKEFLAGS", "MAKELEVEL", "MFLAGS")


def skip_without_slurm():
    """Ends the test's process as skipped, with the reason that tools/ctest_report.py shows."""
    name = cluster.missing() or (None if shutil.which("make") else "make")
    if name:
        print(f"skipped: {name} is not installed (group slurm of tools/packages.txt)")
        sys.exit(77)


class SlurmTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.place = Path(tempfile.mkdtemp(prefix="kslurm_", dir=short_folder()))
        cls.addClassCleanup(shutil.rmtree, cls.place, ignore_errors=True)
        cls.place.chmod(0o755)  # munged's socket is for all users
        home = cls.place / "cluster"
        home.mkdir()
        cls.cluster = subprocess.Popen([sys.executable, HERE / "cluster.py", home], stdin=subprocess.PIPE,
                                       stdout=subprocess.PIPE, text=True)
        cls.addClassCleanup(cls.stop_cluster)
        answer = cls.cluster.stdout.readline()
        if not answer.startswith("ready"):
            raise RuntimeError(answer + cls.cluster.stdout.read())
        clean = {name: value for name, value in os.environ.items()
                 if name not in VARIABLES and not name.startswith(("SLURM_", "SBATCH_"))}
        cls.environment = {**clean, "PATH": cluster.PATH, "SLURM_CONF": str(home / "slurm.conf"),
                           "OMP_WAIT_POLICY": "passive"}

    @classmethod
    def stop_cluster(cls):
        cls.cluster.stdin.close()
        cls.cluster.stdout.read()  # until it has said `stopped`
        cls.cluster.stdout.close()
        cls.cluster.wait()

    def setUp(self):
        self.root = Path(tempfile.mkdtemp(prefix="tree_", dir=self.place))
        self.addCleanup(self.run_command, "scancel", "--user", str(os.getuid()))
        shutil.copytree(ROOT / "slurm", self.root / "slurm", ignore=shutil.ignore_patterns("site.sh"))
        shutil.copy(ROOT / "Makefile.slurm", self.root)
        (self.root / "tools").mkdir()
        for name in ("lib.sh", "fetch_cifar10.sh"):
            shutil.copy(ROOT / "tools" / name, self.root / "tools")

    def run_command(self, *command, env=None, cwd=None):
        return subprocess.run([str(word) for word in command], cwd=cwd or self.root, capture_output=True, text=True,
                              env={**self.environment, **(env or {})}, timeout=120)

    def make(self, *words, status=0, env=None):
        done = self.run_command("make", "-s", "-f", "Makefile.slurm", *words, env=env)
        self.assertEqual(done.returncode, status, done.stdout + done.stderr)
        return done

    def job_of(self, done):
        """The id that a submission printed last."""
        last = done.stdout.splitlines()[-1]
        self.assertRegex(last, r"^[0-9]+$")
        return last

    def sbatch(self, *words, env=None):
        done = self.run_command("sbatch", "--parsable", *words, env=env)
        self.assertEqual(done.returncode, 0, done.stderr)
        return self.job_of(done)

    def job(self, number):
        """Everything that Slurm says of a job."""
        shown = self.run_command("scontrol", "-o", "show", "job", number).stdout
        return dict(re.findall(r"(\S+?)=(\S*)", shown))

    def wait_until(self, condition, what, seconds=60):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            found = condition()
            if found:
                return found
            time.sleep(0.2)
        self.fail(f"after {seconds} s still not: {what}\n" + self.run_command("squeue", "-l").stdout)

    def wait_for(self, number, seconds=60):
        """The job when it has ended."""
        def ended():
            job = self.job(number)
            return job if job.get("JobState", "PENDING") not in BUSY else None
        return self.wait_until(ended, f"the end of job {number}", seconds)

    def log(self, number):
        return Path(self.job(number)["StdOut"]).read_text()

    def assert_ended(self, number, state, status=0, seconds=60):
        job = self.wait_for(number, seconds)
        self.assertEqual((job["JobState"], job["ExitCode"]), (state, f"{status}:0"), self.log_or_nothing(number))
        return job

    def log_or_nothing(self, number):
        try:
            return self.log(number)
        except OSError:
            return f"job {number} left no log"


def short_folder():
    """Where temporary files go, unless that has too long a name for a socket."""
    usual = tempfile.gettempdir()
    return usual if len(usual) < cluster.LONGEST_FOLDER - 25 else "/var/tmp"
