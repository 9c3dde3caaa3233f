"""How much memory a job may use: what the machine, its control groups and Slurm say."""
import os
import tempfile
import unittest
from pathlib import Path
from unittest import mock

import study_test_case  # noqa: F401 (finds the modules)
import machine

GIB = 2**30


class Memory(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = Path(folder.name, "cgroup")
        self.proc = Path(folder.name, "own")

    def limits(self, own, files):
        self.proc.write_text(own)
        for name, text in files.items():
            file = self.root / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(f"{text}\n")
        return machine.cgroup_limits(self.proc, self.root)

    def test_version_2_of_control_groups(self):
        found = self.limits("0::/slurm/job_1/step\n", {"slurm/job_1/step/memory.max": "max",
                                                       "slurm/job_1/memory.max": 8 * GIB, "other/memory.max": 1})
        self.assertEqual(found, [8 * GIB])

    def test_version_1_of_control_groups(self):
        own = "11:cpu,cpuacct:/slurm/job_1\n9:memory:/slurm/job_1/step:0\n0::/\n"
        found = self.limits(own, {"memory/slurm/job_1/step:0/memory.limit_in_bytes": 9223372036854771712,
                                  "memory/slurm/job_1/memory.limit_in_bytes": 4 * GIB,
                                  "cpu,cpuacct/slurm/job_1/memory.limit_in_bytes": 1})
        self.assertEqual(found, [9223372036854771712, 4 * GIB])

    def test_no_control_groups(self):
        self.assertEqual(machine.cgroup_limits(self.proc, self.root), [])
        self.assertEqual(self.limits("nonsense\n0:/\n", {}), [])

    def test_what_slurm_grants(self):
        for environment, limits in (({}, []), ({"SLURM_MEM_PER_NODE": "0"}, []),
                                    ({"SLURM_MEM_PER_NODE": "8192"}, [8 * GIB]),
                                    ({"SLURM_MEM_PER_CPU": "2048", "SLURM_CPUS_ON_NODE": "4"}, [8 * GIB]),
                                    ({"SLURM_MEM_PER_CPU": "0", "SLURM_CPUS_ON_NODE": "4"}, [])):
            with self.subTest(environment):
                self.assertEqual(machine.slurm_limits(environment), limits)

    def test_the_least_counts(self):
        with mock.patch.dict(os.environ, SLURM_MEM_PER_NODE="64"):
            self.assertEqual(machine.memory_mb(), 64)


if __name__ == "__main__":
    unittest.main()
