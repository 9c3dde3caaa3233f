"""kindling-compare-devices: the table and the files agree, and bad input ends as everywhere."""
import csv
import json
import re
import unittest

from programs import SMALL, ProgramTest

PROGRAM = "kindling-compare-devices"


class CompareDevices(ProgramTest):
    def compare(self, *options):
        done = self.run_program(PROGRAM, *SMALL, "--compare-steps", 4, "--peak-size", 16, *options)
        self.assertEqual(done.returncode, 0, done.stderr + done.stdout)
        return done.stdout

    def read(self, name):
        with open(self.folder / "out" / name, newline="") as file:
            return list(csv.DictReader(file))

    def test_the_table_is_the_file(self):
        screen = self.compare("--epochs", 3)
        rows = self.read("devices.csv")
        cpu = [row for row in rows if row["device"] == "cpu" and row["precision"] == "fp32"]
        self.assertEqual([row["epoch"] for row in cpu], ["1", "2", "3", "all", "without_first"])
        self.assertEqual({(row["precision"], row["images"]) for row in cpu}, {("fp32", "48")})
        shown = {"1": "1", "2": "2", "3": "3", "all": "1 to 3", "without_first": "2 to 3"}
        for row in cpu:
            times = " +".join(f"{float(row[key]):.3f}" for key in ("data_s", "compute_s", "total_s"))
            self.assertRegex(screen, rf"(?m)^[a-z0-9 ]* {shown[row['epoch']]} +{times} ")
            self.assertAlmostEqual(float(row["images_per_s"]) * float(row["total_s"]), 48, delta=0.01)
            self.assertAlmostEqual(float(row["share_of_peak"]), float(row["tflops"]) / float(row["peak_tflops"]),
                                   delta=1e-4)
        self.assertTrue(all(len(line) <= 100 for line in screen.splitlines()), screen)

    def cpu_has(self, screen):
        """The precisions that were measured on the CPU, from the header."""
        return set(re.search(r"(?m)^cpu .*: ([a-z0-9, ]+)$", screen)[1].split(", "))

    def test_the_cpu_in_bf16_where_it_has_that(self):
        screen = self.compare("--epochs", 2)
        if "bf16" not in self.cpu_has(screen):
            self.assertNotIn("cpu    bf16", screen)
            self.skipTest("this processor has no products of bf16")
        self.assertIn("PASS: cpu bf16 computes what the CPU computes in fp32", screen)
        self.assertRegex(screen, r"cpu bf16 over cpu fp32: [0-9.]+ times as fast")
        self.assertEqual(self.cpu_has(self.compare("--epochs", 1, "--precisions", "fp32", "--overwrite")), {"fp32"})

    def test_means_are_means(self):
        self.compare("--epochs", 3)
        for device in {row["device"] for row in self.read("devices.csv")}:
            rows = [row for row in self.read("devices.csv") if row["device"] == device and row["precision"] == "fp32"]
            for key in ("data_s", "compute_s", "total_s"):
                values = [float(row[key]) for row in rows]
                self.assertAlmostEqual(values[3], sum(values[:3]) / 3, delta=2e-6)
                self.assertAlmostEqual(values[4], sum(values[1:3]) / 2, delta=2e-6)

    def test_the_record_says_what_was_run(self):
        self.compare("--epochs", 1, "--seed", 7, "--precisions", "bf16,fp32")
        record = json.loads((self.folder / "out/comparison.json").read_text())
        self.assertEqual(record["options"]["seed"], 7)
        self.assertEqual(record["options"]["precisions"], ["fp32", "bf16"])
        self.assertIn("threads", record["devices"]["cpu"])
        self.assertIn("git_commit", record["build"])

    def test_without_a_gpu_it_says_so_and_measures_the_cpu(self):
        if self.run_program(PROGRAM, *SMALL, "--epochs", 1, "--require-cuda", "--output-dir", "probe").returncode == 0:
            self.skipTest("there is a GPU")
        screen = self.compare("--epochs", 1)
        self.assertRegex(screen, r"no GPU to compare with: .+; only the CPU is measured")
        self.assertEqual([row["device"] for row in self.read("devices.csv")], ["cpu", "cpu"] * len(self.cpu_has(screen)))
        self.assertEqual({row["precision"] for row in self.read("losses.csv")}, self.cpu_has(screen) - {"fp32"})
        done = self.run_program(PROGRAM, *SMALL, "--require-cuda", "--output-dir", "other")
        self.assert_fails(done, 5, PROGRAM, "--require-cuda")
        self.assertFalse((self.folder / "other").exists(), "something was written")

    def test_results_are_not_replaced_unasked(self):
        self.compare("--epochs", 1)
        before = (self.folder / "out/devices.csv").read_bytes()
        self.assert_fails(self.run_program(PROGRAM, *SMALL), 2, "out/devices.csv", "--overwrite")
        self.assertEqual((self.folder / "out/devices.csv").read_bytes(), before)
        self.compare("--epochs", 2, "--overwrite")
        self.assertEqual(len(self.read("devices.csv")) % 4, 0)  # two epochs and two means a measurement

    def test_bad_options(self):
        def fails(status, texts, *options):
            done = self.run_program(PROGRAM, *SMALL, *options)
            self.assert_fails(done, status, PROGRAM, *texts)
            self.assertFalse((self.folder / "out").exists(), "something was written")

        fails(2, ["--epoch", "--epochs"], "--epoch", 3)
        fails(2, ["--epochs", "at least 1"], "--epochs", 0)
        fails(2, ["--compare-steps"], "--compare-steps", 0)
        fails(2, ["--precisions", "fp16"], "--precisions", "fp32,fp16")
        fails(2, ["--precisions", "lacks fp32"], "--precisions", "bf16")
        fails(2, ["--peak-size"], "--peak-size", 0)
        fails(2, ["--batch-size"], "--batch-size", 0)
        fails(2, ["threads"], "--threads", 100000)
        fails(3, ["nowhere"], "--dataset", "cifar10", "--data-path", "nowhere")
        (self.folder / "file").write_text("not a folder")
        fails(8, ["file/out"], "--output-dir", "file/out")


if __name__ == "__main__":
    unittest.main()
