"""kindling-time-loader: a row for each number of workers and repeat, and what it refuses."""
import csv
import io
import unittest

from programs import ProgramTest

IMAGES = ["--dataset", "synthetic", "--batch-size", "16", "--limit-batches", "3"]


class TimeLoader(ProgramTest):
    def test_a_row_for_each_number_of_workers_in_each_repeat(self):
        done = self.run_program("kindling-time-loader", *IMAGES, "--sweep", "0,2", "--repeats", 3)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(done.stdout.splitlines()[0], "workers,repeat,images,seconds,images_per_s")
        rows = list(csv.DictReader(io.StringIO(done.stdout)))
        self.assertEqual([(row["repeat"], row["workers"]) for row in rows],
                         [(repeat, workers) for repeat in "123" for workers in "02"])
        for row in rows:
            self.assertEqual(row["images"], "48")
            self.assertAlmostEqual(float(row["images_per_s"]), 48 / float(row["seconds"]),
                                   delta=0.1 + 0.01 * float(row["images_per_s"]))

    def test_slow_storage_takes_as_long_as_it_is_told(self):
        done = self.run_program("kindling-time-loader", *IMAGES, "--sweep", "0", "--repeats", 1, "--inject-latency-us",
                                2000)
        [row] = csv.DictReader(io.StringIO(done.stdout))
        self.assertGreaterEqual(float(row["seconds"]), 48 * 0.002)

    def test_what_it_refuses(self):
        for options, text in ((["--workers", 2], "--sweep"), (["--sweep", "1,-1"], "--sweep"),
                              (["--repeats", 0], "--repeats"), (["--sweep", "1,BEST"], "--sweep")):
            self.assert_fails(self.run_program("kindling-time-loader", *IMAGES, *options), 2, text)


if __name__ == "__main__":
    unittest.main()
