"""kindling-study as its users run it, on programs that are played by stand_in.py."""
import csv
import fcntl
import json
import os
import shutil
import signal
import subprocess
import time
import unittest

from study_test_case import StudyTest

TASKS = ("c1", "c2", "c3", "c4", "c5", "c6", "c7", "scaling")


class WholeStudy(StudyTest):
    def test_every_experiment_is_measured_and_its_files_are_there(self):
        self.study("all", "--force", PATH=os.environ["PATH"])  # with the real gnuplot
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

    def test_both_kinds_of_files_are_read_from_the_disk_of_the_job(self):
        disk = self.folder / "disk"
        disk.mkdir()
        self.study("c3", SLURM_TMPDIR=str(disk), SLURM_JOB_ID="7")
        commands = "\n".join(self.result("c3")["commands"])
        self.assertEqual(commands.count(f"--data-path {disk}/kindling-7/png --dataset png"), 1 + 3 * 3)
        self.assertFalse((self.out / "c3/runs/png").exists())
        self.assertTrue((disk / "kindling-7/png/train").is_dir())
        self.assertNotIn("writing the images", self.study("c4", SLURM_TMPDIR=str(disk), SLURM_JOB_ID="7").stdout)
        shutil.rmtree(disk / "kindling-7")  # as at the job's end
        again = self.study("c4", "--force", SLURM_TMPDIR=str(disk), SLURM_JOB_ID="8").stdout
        self.assertEqual((again.count("C3  done already"), again.count("writing the images")), (1, 1))
        self.assertTrue((disk / "kindling-8/png/train").is_dir())
        self.assertIn(f"--data-path {disk}/kindling-8/png", "\n".join(self.result("c4")["commands"]))

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

    def test_speed_counts_the_images_that_were_there(self):
        self.study("scaling", "--limit-batches", 500, "--timing-batches", 500)  # a last batch is partial
        for row in self.rows("scaling", "sizes"):
            with open(self.out / f"scaling/runs/b{row['batch_size']}/epochs.csv", newline="") as file:
                speed = float(list(csv.DictReader(file))[-1]["images_per_s"])
            self.assertAlmostEqual(row["images_per_s"], speed)
            self.assertAlmostEqual(row["epoch_s"], 50_000 / speed)

    def test_a_gpu_counts_if_the_programs_can_use_it(self):
        self.tool("nvidia-smi", "echo A GPU")
        command = self.command("c4", "--dry-run")
        command.remove("--quick")
        for build, limited in (("CPU only", True), ("CUDA 13.0", False), ("CUDA 13.0 on the CPU", True)):
            version = f"kindling 0.1.0 (commit 01, X 1, {build}, Release)"
            environment = self.environment(STAND_IN_VERSION=version)
            done = subprocess.run(command, capture_output=True, text=True, timeout=60, cwd=self.folder, env=environment)
            self.assertEqual((done.returncode, "--limit-batches 20 " in done.stdout), (0, limited), done.stderr)

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
        self.assertIn("repeated (--force)", self.study("c1", "--force", SLURM_RESTART_COUNT="1").stdout)

    def test_what_is_made_from_a_repeated_experiment_is_repeated(self):
        self.study("c2")
        self.assertIn("C2  done already", self.study("c2").stdout)
        self.study("c1", "--force")
        done = self.study("c2").stdout
        self.assertIn("C1  done already", done)
        self.assertIn("C2  made from an earlier c1: the earlier one is kept in earlier/c2-1", done)

    def test_a_finished_run_that_goes_on_has_no_verdict_of_its_own(self):
        self.study("c2")
        (self.out / "c1/result.json").unlink()
        (self.out / "c1/processes/sgd.json").unlink()  # as if stopped in the last evaluation
        self.assertIn("made from an earlier c1", self.study("c2").stdout)
        result = self.result("c2")
        self.assertEqual((result["status"], len(self.rows("c2", "epochs"))), ("done", 3))
        self.assertFalse([text for text in result["verdicts"] if "own verdict" in text])
        notes = "\n".join(result["notes"])
        self.assertIn("C1 was measured in 2 calls of the study", notes)
        self.assertIn("of its last call only, which trained no batch.", notes)

    def test_a_fault_of_ours_costs_one_experiment(self):
        self.study("scaling", stand_in="no-sizes", status=1, lines=0)
        self.assertEqual(self.result("scaling")["status"], "failed")
        self.assertRegex(self.result("scaling")["warnings"][0],
                         r"scaling: internal error: KeyError: .* \(scaling.py:\d+\)")
        self.study("scaling", "--force")  # the runs themselves ended well
        self.assertEqual(self.result("scaling")["status"], "done")

    def test_an_error_that_says_nothing_is_not_remembered(self):
        for task, stand_in, status, lines in (("scaling", "device-lost", 5, 1), ("c5", "compare-fails", 1, 0)):
            with self.subTest(task):
                self.study(task, stand_in=stand_in, status=status, lines=lines)
                self.assertEqual(self.result(task)["status"], "failed")
                self.study(task)
                self.assertEqual(self.result(task)["status"], "done")

    def test_each_result_knows_what_measured_it(self):
        versions = [f"kindling 0.1.0 (commit {digit * 10}, a stand-in, CPU only, Release)" for digit in "ab"]
        self.study("c1", STAND_IN_VERSION=versions[0])
        before = (self.out / "study.json").read_text()
        self.study("c1", STAND_IN_VERSION=versions[1])
        self.assertEqual((self.out / "study.json").read_text(), before)
        self.study("c5", STAND_IN_VERSION=versions[0])
        self.study("c6", "--epochs", 1, STAND_IN_VERSION=versions[1])
        self.assertEqual(self.result("c6")["made_by"]["commit"], "b" * 10)
        self.assertTrue([text for text in self.result("c6")["made_by"]["preflight"] if "unfit for adam" in text])
        self.assertFalse([text for text in self.result("c1")["made_by"]["preflight"] if "unfit for adam" in text])
        report = (self.out / "report.md").read_text()
        self.assertIn("- Commit: aaaaaaaaaa\n", report)
        self.assertIn("Unlike what stands under What was run: commit bbbbbbbbbb; options: epochs 1.", report)
        self.assertEqual(report.count("Unlike"), 1)
        self.assertLess(report.index("## C6"), report.index("unfit for adam"))

    def test_other_options_are_told_and_the_old_results_stay(self):
        self.study("c1", "--epochs", 1)
        self.assertIn("begun with other options (epochs 1, now 2)", self.study("c1", "--epochs", 2).stdout)
        self.assertEqual(len(self.rows("c1", "epochs")), 2)
        self.assertTrue((self.out / "earlier/c1-1/result.json").exists())

    def test_a_failed_experiment_does_not_end_the_others_and_is_tried_again(self):
        done = subprocess.run(self.command("all"), capture_output=True, text=True, timeout=120, cwd=self.folder,
                              env=self.environment("loader-fails"))
        self.assertEqual(done.returncode, 1, done.stderr)
        statuses = {task: self.result(task)["status"] for task in TASKS}
        self.assertEqual([task for task in TASKS if statuses[task] != "done"], ["c3", "c4"])
        self.assertEqual(self.result("c4")["warnings"], ["needs c3, which failed"])
        self.assertIn("the loader fell over", self.result("c3")["warnings"][0])
        self.study("c4")
        self.assertEqual((self.result("c3")["status"], self.result("c4")["status"]), ("done", "done"))
        self.assertFalse((self.out / "earlier").exists())

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


    def test_a_report_that_cannot_be_written_ends_the_study_last(self):
        (self.out / "report.html/in the way").mkdir(parents=True)
        done = self.study("c2", status=8, lines=3)  # after each of two experiments, and at the end
        self.assertEqual(done.stderr.count("no report yet: out/report.html can't be written"), 2)
        self.assertEqual((self.result("c1")["status"], self.result("c2")["status"]), ("done", "done"))


class Signals(StudyTest):
    def stopped(self, wait_for, *command, **environment):
        """A call that is stopped once the file is there."""
        process = subprocess.Popen(self.command(*command), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                                   cwd=self.folder, env=self.environment(**environment))
        deadline = time.monotonic() + 60
        while not (self.out / wait_for).exists() and time.monotonic() < deadline:
            time.sleep(0.01)
        os.kill(process.pid, signal.SIGTERM)
        stdout, stderr = process.communicate(timeout=30)
        self.assertEqual(process.returncode, 75, stdout + stderr)
        return stdout

    def test_force_that_was_cut_off_goes_on_and_forces_what_it_had_not_reached(self):
        self.study("all")
        with self.subTest("c7 is cut off"):
            said = self.stopped("c7/runs/none-small/waiting", "all", "--force", stand_in="waits-without-norm")
            self.assertEqual(said.count("repeated (--force)"), 7)
        for restarts in ("1", ""):  # Slurm starts the job again; a person types the same command
            with self.subTest(restarts=restarts):
                said = self.study("all", "--force", SLURM_RESTART_COUNT=restarts).stdout
                repeated = [line.split()[0] for line in said.splitlines() if "repeated (--force)" in line]
                self.assertEqual(repeated, ["SCALING"] if restarts else [task.upper() for task in TASKS])
        self.assertFalse((self.out / "forced.json").exists())

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
