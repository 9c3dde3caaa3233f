"""Each fact that spoils results gives its warning, and a good machine gives none."""
import unittest
from dataclasses import replace
from unittest import mock

import study_test_case  # noqa: F401 (finds the modules)
from options import parse
from preflight import Facts, threads_warnings, warnings
from programs import Build

BUILD = Build("kindling 0.1.0", "0123456789", False, "Release", "")
GOOD = Facts(cpus=16, on_gpu=False, device="auto", gpus=0, workers=4, threads=12, workers_list=(0, 1, 4),
             environment={"OMP_NUM_THREADS": "12"}, file_system="ext4", read_mb_per_s=900.0, load=0.1,
             builds={"kindling-train": BUILD}, sources_commit="0123456789abcdef", rates=(("sgd", 0.1, "C6"),))
BAD = {
    "share 8 CPUs": {"environment": {}, "cpus": 8, "workers_list": ()},
    "C3 and C4 measure 8, 16 workers beside 12 compute threads on 16 CPUs": {"workers_list": (4, 8, 16)},
    "is built without CUDA": {"gpus": 1},
    "OMP_NUM_THREADS=64": {"environment": {"OMP_NUM_THREADS": "64"}},
    "OPENBLAS_NUM_THREADS=32": {"environment": {"OPENBLAS_NUM_THREADS": "32"}},
    "shows no GPU": {"device": "cuda", "on_gpu": True},
    "network file system (nfs4)": {"file_system": "nfs4"},
    "at 20 MB/s": {"read_mb_per_s": 20.0},
    "unfit for adam": {"rates": (("adam", 0.1, "C6"),)},
    "load average of the last minute is 9.0": {"load": 9.0},
    "AddressSanitizer": {"builds": {"kindling-train": replace(BUILD, sanitizer="AddressSanitizer")}},
    "is a Debug build": {"builds": {"kindling-train": replace(BUILD, build_type="Debug")}},
    "not committed": {"builds": {"kindling-train": replace(BUILD, changed=True)}},
    "of different commits": {"builds": {"a": BUILD, "b": replace(BUILD, commit="abcdef0123")}},
    "build again": {"sources_commit": "fedcba9876543210"},
}


class Preflight(unittest.TestCase):
    def test_a_good_machine_gives_no_warning(self):
        self.assertEqual(warnings(GOOD), [])
        self.assertEqual(warnings(replace(GOOD, sources_commit=None, read_mb_per_s=None)), [])
        with_cuda = {"kindling-train": replace(BUILD, cuda="13.0")}
        self.assertEqual(warnings(replace(GOOD, on_gpu=True, gpus=1, builds=with_cuda)), [])
        self.assertEqual(warnings(replace(GOOD, device="cpu", gpus=1)), [])  # the CPU is meant

    def test_the_default_options_give_no_warning(self):
        for cpus in (1, 2, 3, 4, 8, 16, 64):
            for on_gpu in (False, True):
                with self.subTest(cpus=cpus, on_gpu=on_gpu), mock.patch("machine.cpus", return_value=cpus):
                    options = parse(["c1", "--dataset", "synthetic", "--device", "cuda" if on_gpu else "cpu"])
                    facts = replace(GOOD, cpus=cpus, on_gpu=on_gpu, workers=options.workers, threads=options.threads,
                                    workers_list=(), environment={})
                    self.assertEqual(threads_warnings(facts), [])

    def test_each_fault_gives_one_warning(self):
        for text, change in BAD.items():
            with self.subTest(text):
                found = warnings(replace(GOOD, **change))
                self.assertEqual(len(found), 1, found)
                self.assertIn(text, found[0])


if __name__ == "__main__":
    unittest.main()
