"""kindling-study as its users run it, on programs that are played by stand_in.py."""
import csv
import fcntl
import json
import os
import signal
import subprocess
import time
import unittest

from study_test_case import StudyTest

TASKS = ("c1", "c2", "c3", "c4", "c5", "c6", "c7", "scaling")


class WholeStudy(StudyTest):
    def test_every_experiment_is_measured_and_its_files_are_there(self):
        self.study("all", "--force")
        for task in TASKS:
            result = self.result(task)
            self.assertEqual((result["status"], result["quick"], result["format"]), ("done", True, 1), result)
            self.assertTrue(result["tables"] and result["notes"])
            for file in [table["csv"] for table in result["tables"]] + result["files"]:
                self.assertTrue((self.out / file).is_file(), file)
            for table in result["tables"]:
                self.assertTrue(all(len(row) == len(table["columns"]) for row in table["rows"]), table["id"])
                with open(self.out / table["csv"], newline="") as file:
                    self.assertEqual(len(list(csv.reader(file))), 1 + len(table["rows"]))
            for figure in result["figures"]:
                for line in figure["series"]:
                    self.assertEqual(len(line["x"]), len(line["y"]), figure["id"])
        study = json.loads((self.out / "study.json").read_text())
        self.assertEqual((study["format"], study["quick"], study["commit"]), (1, True, "0123456789"))

    def test_what_the_stand_in_plays_is_what_is_found(self):
        self.study("c4")
        rates = {(row["input"], row["workers"]): row for row in self.rows("c3", "rates")}
        self.assertAlmostEqual(rates["binary files", 1]["needed"], 128 / 0.040)
        self.assertAlmostEqual(rates["binary files", 1]["available"], 128 / 0.025, delta=60)
        text = "\n".join(self.result("c3")["verdicts"])
        self.assertIn("binary files: the smallest count not significantly slower than the best is, for the loader alone, 4 ",
                      text)
        self.assertIn("inside training, by waiting, 1 (0.000 ms [0.000, 0.000] a batch).", text)
        explained = "\n".join(self.result("c4")["verdicts"])
        self.assertIn("the loader is 3.14 times as slow, so training is loader-bound", explained)
        self.assertIn("agrees with the differential method in 18 of 18 runs", explained)
        self.assertEqual(self.result("c4")["warnings"], [])

    def test_a_dry_run_prints_commands_and_writes_nothing(self):
        done = self.study("all", "--dry-run")
        self.assertFalse(self.out.exists())
        commands = [line for line in done.stdout.splitlines() if not line.startswith("#")]
        self.assertTrue(all(line.startswith("kindling-") for line in commands))
        self.assertEqual(sum("--recipe torch-defaults" in line for line in commands), 5)


class Findings(StudyTest):
    def test_a_run_that_diverges_is_a_row(self):
        self.study("c6", "--seeds", 2, stand_in="adam-diverges")
        ends = {(row["recipe"], row["optimizer"]): row for row in self.rows("c6", "finals")}
        adam = ends["assignment", "adam"]
        self.assertEqual(adam["end"], "seed 0 diverged at epoch 1, batch 3; seed 1 diverged at epoch 1, batch 3")
        self.assertIsNone(adam["test_top1"])
        self.assertEqual(ends["torch-defaults", "adam"]["end"], "trained")
        self.assertEqual(self.result("c6")["verdicts"], [])  # a quick study

    def test_the_grid_finds_the_optimum_of_the_stand_in(self):
        self.study("c6", "--lr-grid", "--epochs", 1)
        chosen = {row["optimizer"]: row["lr"] for row in self.rows("c6", "grid") if row["end"] == "chosen"}
        self.assertEqual(chosen, {"sgd": 0.01, "nesterov": 0.01, "adagrad": 0.1, "adadelta": 3.0, "adam": 0.003})
        tuned = {row["optimizer"]: row["lr"] for row in self.rows("c6", "finals") if row["recipe"] == "tuned"}
        self.assertEqual(tuned, chosen)
        commands = self.result("c6")["commands"]
        self.assertTrue(all("--validation-images 5000" in line for line in commands if "/grid-" in line))

    def test_without_batch_norm_it_diverges_and_says_so(self):
        self.study("c7")
        self.assertIn("no norm, lr 0.1: diverged at epoch 1, batch 3.", self.result("c7")["verdicts"])
        self.assertEqual([row["end"] for row in self.rows("c7", "epochs") if row["end"]], ["diverged at epoch 1, batch 3"])

    def test_memory_ends_scaling_and_not_the_study(self):
        command = self.command("scaling", "--width", 64)
        command.remove("--quick")
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, cwd=self.folder,
                              env=self.environment("no-memory"))
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual([row["batch_size"] for row in self.rows("scaling", "sizes")], [32, 128, 512])
        self.assertIn("Memory ends here", self.result("scaling")["verdicts"][-1])

    def test_devices_that_disagree_are_a_finding_with_a_status(self):
        done = subprocess.run(self.command("c5"), capture_output=True, text=True, timeout=60, cwd=self.folder,
                              env=self.environment("devices-disagree"))
        self.assertEqual(done.returncode, 1, done.stderr)
        self.assertEqual(self.result("c5")["status"], "done")
        self.assertIn("do NOT compute the same", self.result("c5")["warnings"][0])


class Calls(StudyTest):
    def test_a_finished_experiment_is_not_repeated_and_force_keeps_the_old(self):
        self.study("c1")
        before = (self.out / "c1/result.json").stat().st_mtime_ns
        self.assertIn("C1  done already", self.study("c1").stdout)
        self.assertEqual((self.out / "c1/result.json").stat().st_mtime_ns, before)
        self.assertIn("repeated (--force)", self.study("c1", "--force").stdout)
        self.assertTrue((self.out / "earlier/c1-1/result.json").exists())
        self.assertIn("done already", self.study("c1", "--force", SLURM_RESTART_COUNT="1").stdout)

    def test_other_options_are_told_and_the_old_results_stay(self):
        self.study("c1", "--epochs", 1)
        self.assertIn("begun with other options (epochs 1, now 2)", self.study("c1", "--epochs", 2).stdout)
        self.assertEqual(len(self.rows("c1", "epochs")), 2)
        self.assertTrue((self.out / "earlier/c1-1/result.json").exists())

    def test_a_failed_experiment_does_not_end_the_others_and_is_tried_again(self):
        done = subprocess.run(self.command("all"), capture_output=True, text=True, timeout=120, cwd=self.folder,
                              env=self.environment("loader-fails"))
        self.assertEqual(done.returncode, 1, done.stderr)
        self.assertEqual((self.result("c3")["status"], self.result("c7")["status"]), ("failed", "done"))
        self.assertIn("the loader fell over", self.result("c3")["warnings"][0])
        self.study("c3")
        self.assertEqual(self.result("c3")["status"], "done")

    def test_one_line_and_a_status_for_bad_input(self):
        self.assertIn("no CIFAR-10 here", self.study("c1", "--data-path", "nowhere", status=3).stderr)
        self.assertIn("no GPU here", self.study("c1", "--device", "cuda", status=5).stderr)
        self.assertIn("--nonsense", self.study("c1", "--nonsense", status=2).stderr)
        self.assertIn("0,x", self.study("c3", "--workers-list", "0,x", status=2).stderr)
        (self.folder / "bin/kindling-train").unlink()
        self.assertIn("kindling-train", self.study("c1", status=1).stderr)

    def test_a_folder_that_cannot_be_written(self):
        (self.folder / "out").write_text("a file")
        self.assertIn("can't be written", self.study("c1", status=8).stderr)

    def test_two_studies_in_one_folder_are_refused(self):
        self.out.mkdir()
        with open(self.out / ".lock", "w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            self.assertIn("another study is at work in out", self.study("c1", status=2).stderr)
        self.study("c1")


class Signals(StudyTest):
    def test_a_signal_reaches_the_run_and_the_next_call_goes_on(self):
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGUSR1, signal.SIGHUP):
            with self.subTest(number):
                self.out = self.folder / f"out{int(number)}"
                options = ("--out", self.out.name)
                process = subprocess.Popen(self.command("c1", *options), stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                           text=True, cwd=self.folder, env=self.environment("waits"))
                deadline = time.monotonic() + 30
                while not (self.out / "c1/runs/sgd/waiting").exists() and time.monotonic() < deadline:
                    time.sleep(0.01)
                os.kill(process.pid, number)
                stdout, stderr = process.communicate(timeout=30)
                self.assertEqual(process.returncode, 75, stdout + stderr)
                self.assertEqual(stderr, "kindling-study: stopped by a signal; the same command goes on\n")
                self.assertFalse((self.out / "c1/result.json").exists())
                self.assertEqual((self.out / "c1/runs/sgd/checkpoint.safetensors").read_text(), "half way")
                self.study("c1", *options, stand_in="waits")  # waits for ever unless it goes on
                self.assertIn("Measured in 2 calls", "\n".join(self.result("c1")["notes"]))

    def test_runs_that_ended_before_a_signal_are_not_repeated(self):
        self.study("c6")
        (self.out / "c6/result.json").unlink()
        (self.out / "c6/processes/assignment-adam-s0.json").unlink()
        done = self.study("c6")
        self.assertEqual([line.split()[1] for line in done.stdout.splitlines() if "/10 " in line], ["assignment,"])


if __name__ == "__main__":
    unittest.main()
