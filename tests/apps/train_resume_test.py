"""Stopping, killing and resuming: the run that goes on has the bits of one that was never stopped."""
import json
import shutil
import signal
import subprocess
import unittest

from programs import BIN, SMALL, RunsCompared, environment


class Resume(RunsCompared):
    EPOCHS = 3

    def setUp(self):
        super().setUp()
        self.train("--epochs", self.EPOCHS, out="whole")

    def files(self, out):
        """Relative path -> bytes of everything in a folder."""
        root = self.folder / out
        return {str(path.relative_to(root)): path.read_bytes() for path in root.rglob("*") if path.is_file()}

    def stopped_by(self, number, batches, *options):
        """Starts a run, sends it the signal after that many batches, and returns the ended process."""
        process = subprocess.Popen(
            [BIN / "kindling-train", *SMALL, "--epochs", str(self.EPOCHS), "--output-dir", "out", *options],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment(), cwd=self.folder)
        seen = 0
        while seen < batches:  # in so short an epoch each batch is a line
            line = process.stdout.readline()
            self.assertTrue(line, "the run ended before it was stopped")
            seen += "  batch " in line
        process.send_signal(number)
        stdout, stderr = process.communicate(timeout=600)
        return subprocess.CompletedProcess(process.args, process.returncode, stdout, stderr)


class Stop(Resume):
    EPOCHS = 40  # so long that the signals arrive before its end

    def test_signals_finish_the_step_save_and_exit_75(self):
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGUSR1):
            with self.subTest(signal=number.name):
                done = self.stopped_by(number, 2, "--overwrite")
                self.assert_fails(done, 75, f"stopped by {number.name} after step", "--resume auto")
                self.train("--epochs", self.EPOCHS, "--resume", "auto")
                self.assert_same_run("out")

    def test_a_killed_run_goes_on_from_its_last_checkpoint(self):
        self.stopped_by(signal.SIGKILL, 8, "--checkpoint-every", "4")
        done = self.train("--epochs", self.EPOCHS, "--resume", "auto", "--checkpoint-every", 4, "--workers", 0, "--threads", 1)
        self.assertIn("going on after step", done.stdout)
        self.assert_same_run("out")

    def test_a_run_killed_before_its_first_checkpoint_starts_anew(self):
        self.stopped_by(signal.SIGKILL, 3, "--checkpoint-every", "100")
        self.assertGreaterEqual(len(self.rows("out/batches.csv")), 3)  # rows don't wait for a checkpoint
        done = self.train("--epochs", self.EPOCHS, "--resume", "auto")
        self.assertIn("starting anew", done.stdout)
        self.assert_same_run("out")


class Continue(Resume):
    def test_resume_auto_with_nothing_there_starts_anew(self):
        self.train("--epochs", 3, "--resume", "auto")
        self.assert_same_run("out")

    def test_from_every_step_of_an_epoch(self):
        self.train("--epochs", 3, "--max-minutes", 0)  # one step
        for _ in range(7):
            self.train("--epochs", 3, "--max-minutes", 0, "--resume", "auto")
        self.train("--epochs", 3, "--resume", "auto")
        self.assert_same_run("out")

    def test_jobs_that_are_out_of_time_at_once_still_reach_the_end(self):
        for job in range(25):
            done = self.train("--epochs", 3, "--max-minutes", 0, "--resume", "auto")
            if "done: out" in done.stdout:
                break
            self.assertIn("time is up", done.stdout)
            if job == 6:  # after six training batches and the evaluation
                self.assertIn("after epoch 1\n", done.stdout)
        self.assertIn("done: out", done.stdout)
        self.assert_same_run("out")

    def test_a_log_that_does_not_fit_is_refused_before_anything_is_changed(self):
        self.train("--epochs", 2, "--checkpoint-every", 4)
        (self.folder / "out/epochs.csv").write_text("nothing\n")
        before = self.files("out")
        self.assertIn("checkpoints/step-00000012.safetensors", before)
        for resume in ("auto", "out/checkpoints/step-00000008.safetensors"):
            done = self.run_program("kindling-train", *SMALL, "--epochs", 3, "--output-dir", "out", "--resume", resume)
            self.assert_fails(done, 4, "epochs.csv")
            self.assertEqual(self.files("out"), before)

    def test_a_path_where_nothing_is_leaves_no_folder(self):
        done = self.run_program("kindling-train", *SMALL, "--output-dir", "out", "--resume", "missing.safetensors")
        self.assert_fails(done, 4, "missing.safetensors")
        self.assertFalse((self.folder / "out").exists())

    def test_the_convolution_algorithm_must_be_that_of_the_checkpoint(self):
        self.train("--epochs", 1, "--conv", "winograd4")
        self.assertEqual(json.loads((self.folder / "out/run.json").read_text())["bits"]["conv"], "winograd4")
        done = self.run_program("kindling-train", *SMALL, "--epochs", 2, "--output-dir", "out", "--resume", "auto",
                                "--conv", "direct")
        self.assert_fails(done, 4, "winograd4", "direct")
        self.train("--epochs", 2, "--resume", "auto", "--conv", "winograd4")

    def test_run_json_keeps_when_the_run_was_started(self):
        self.train("--epochs", 1)
        path = self.folder / "out/run.json"
        started = "2001-01-01T00:00:00Z"
        path.write_text(json.dumps({**json.loads(path.read_text()), "started": started}))
        for resumes in (1, 2):
            self.train("--epochs", 1 + resumes, "--resume", "auto")
            record = json.loads(path.read_text())
            self.assertEqual(record["started"], started)
            self.assertEqual(len(record["resumed"]), resumes)
            self.assertEqual(record["options"]["epochs"], 1 + resumes)
        self.train("--epochs", 4, "--resume", "out", out="other")
        record = json.loads((self.folder / "other/run.json").read_text())
        self.assertEqual((record["started"], len(record["resumed"])), (started, 3))
        for damaged in ("{", "[]", json.dumps({"started": 1, "resumed": "x"})):
            path.write_text(damaged)
            self.train("--epochs", 3, "--resume", "auto")
            record = json.loads(path.read_text())
            self.assertEqual((record["started"], len(record["resumed"])), (None, 1))

    def test_a_checkpoint_of_another_folder_brings_its_logs(self):
        self.train("--epochs", 2, out="first")
        self.train("--epochs", 3, "--resume", "first/checkpoint.safetensors", out="out")
        self.assert_same_run("out")
        self.train("--epochs", 3, "--resume", "first", out="again")
        self.assert_same_run("again")
        self.assertEqual(len(self.rows("first/epochs.csv")), 2)

    def test_going_on_in_another_folder_can_be_tried_again(self):
        self.train("--epochs", 1, out="first")
        (self.folder / "first/epochs.csv").rename(self.folder / "kept.csv")
        again = ("--epochs", "3", "--output-dir", "out", "--resume", "first")
        self.assert_fails(self.run_program("kindling-train", *SMALL, *again), 4, "first/epochs.csv")
        (self.folder / "kept.csv").rename(self.folder / "first/epochs.csv")
        for options in (again, ("--epochs", "3", "--output-dir", "out", "--resume", "auto"), again):
            done = self.run_program("kindling-train", *SMALL, *options, "--max-minutes", 0)  # one more step
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertIn("going on after step", done.stdout)
        self.train("--epochs", 3, "--resume", "auto")
        self.assert_same_run("out")

    def test_a_copy_of_a_checkpoint_takes_its_own_run_back(self):
        self.train("--epochs", 1)
        shutil.copy(self.folder / "out/checkpoint.safetensors", self.folder / "kept")
        self.train("--epochs", 2, "--resume", "auto")
        done = self.train("--epochs", 3, "--resume", "kept")
        self.assertIn("going on after step 6 of kept", done.stdout)
        self.assert_same_run("out")

    def test_a_folder_of_another_run_is_refused_and_left_alone(self):
        self.train("--epochs", 1, "--seed", 1, out="other")
        before = self.files("other")
        done = self.run_program("kindling-train", *SMALL, "--epochs", 4, "--output-dir", "other", "--resume",
                                "whole/checkpoint.safetensors")
        self.assert_fails(done, 2, "other", "another run")
        self.assertEqual(self.files("other"), before)

    def test_a_finished_run_can_be_lengthened(self):
        self.train("--epochs", 2)
        self.train("--epochs", 3, "--resume", "auto")
        self.assert_same_run("out")

    def test_a_damaged_newest_checkpoint_is_skipped_and_said(self):
        self.train("--epochs", 3, "--checkpoint-every", 6)
        for path in (self.folder / "out/checkpoint.safetensors",
                     self.folder / "out/checkpoints/step-00000018.safetensors"):
            data = bytearray(path.read_bytes())
            data[len(data) // 2] ^= 1
            path.unlink()
            path.write_bytes(data)
        done = self.train("--epochs", 3, "--resume", "auto")
        self.assertIn("skipped", done.stdout)
        self.assertIn("step-00000018", done.stdout)
        self.assert_same_run("out")

    def test_other_options_are_refused_by_name(self):
        self.train("--epochs", 1)
        before = (self.folder / "out/batches.csv").read_bytes()
        for options, texts in (
            (["--seed", "3"], ["seed 0, here 3"]),
            (["--opt", "adam"], ["optimizer", '"sgd"', '"adam"']),
            (["--norm", "none"], ["norm"]),
            (["--batch-size", "4"], ["batch_size 8, here 4"]),
            (["--lr", "0.2", "--no-augment"], ["lr 0.1, here 0.2", "augment"]),
            (["--lr-schedule", "cosine"], ["lr_schedule"]),
        ):
            with self.subTest(options=options):
                done = self.run_program("kindling-train", *SMALL, "--epochs", 2, "--output-dir", "out", "--resume",
                                        "auto", *options)
                self.assert_fails(done, 2, "--resume", *texts)
        self.assertEqual((self.folder / "out/batches.csv").read_bytes(), before)

    def test_another_instruction_set_is_refused(self):
        self.train("--epochs", 1)
        done = self.run_program("kindling-train", *SMALL, "--epochs", 2, "--output-dir", "out", "--resume", "auto",
                                env=environment(KINDLING_ISA="portable"))
        if '"portable"' in (self.folder / "out/run.json").read_text():
            self.skipTest("this processor has nothing better than the portable path")
        self.assert_fails(done, 4, "same bits", "isa")


if __name__ == "__main__":
    unittest.main()
