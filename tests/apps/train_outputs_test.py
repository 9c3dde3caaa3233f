"""What a run of kindling-train leaves behind and says."""
import csv
import json
import math
import re
import unittest

from programs import SMALL, ProgramTest, tensors

BATCH_COLUMNS = "epoch,batch,images,loss,running_loss,top1,running_top1,data_ms,compute_ms"
EPOCH_COLUMNS = (
    "epoch,train_loss,train_top1,test_loss,test_top1,data_s,train_s,eval_s,total_s,images_per_s,peak_rss_mb"
)


class Outputs(ProgramTest):
    def read(self, name):
        with open(self.folder / "out" / name, newline="") as file:
            return list(csv.DictReader(file))

    def test_logs_have_a_row_for_each_batch_and_epoch_and_add_up(self):
        self.train("--epochs", 2)
        self.assertEqual((self.folder / "out/batches.csv").read_text().splitlines()[0], BATCH_COLUMNS)
        self.assertEqual((self.folder / "out/epochs.csv").read_text().splitlines()[0], EPOCH_COLUMNS)
        batches, epochs = self.read("batches.csv"), self.read("epochs.csv")
        self.assertEqual([(row["epoch"], row["batch"]) for row in batches],
                         [(str(e), str(b)) for e in (1, 2) for b in range(1, 7)])
        for epoch in epochs:
            rows = [row for row in batches if row["epoch"] == epoch["epoch"]]
            images = sum(int(row["images"]) for row in rows)
            loss = sum(float(row["loss"]) * int(row["images"]) for row in rows) / images
            top1 = sum(float(row["top1"]) * int(row["images"]) for row in rows) / images
            self.assertAlmostEqual(float(epoch["train_loss"]), loss, delta=1e-7 * loss)
            self.assertAlmostEqual(float(epoch["train_top1"]), top1, delta=1e-7)
            self.assertEqual(epoch["train_loss"], rows[-1]["running_loss"])
            self.assertGreater(float(epoch["total_s"]), float(epoch["train_s"]) + float(epoch["data_s"]))
            self.assertTrue(math.isfinite(float(epoch["test_loss"])))
            self.assertGreater(float(epoch["peak_rss_mb"]), 1)

    def test_phases_add_up_to_the_wall_time_of_each_epoch_and_of_the_run(self):
        # Batches of tens of milliseconds, so that what a run does besides is small, as in a real one.
        self.train("--epochs", 2, "--width", 16, "--batch-size", 32)
        header = (self.folder / "out/phases.csv").read_text().splitlines()[0].split(",")
        thread = header[header.index("wall_s") + 1 : header.index("other_s") + 1]
        phases, epochs = self.read("phases.csv"), self.read("epochs.csv")
        self.assertEqual([row["epoch"] for row in phases], ["1", "2"])
        for phase, epoch in zip(phases, epochs):
            wall = float(phase["wall_s"])
            self.assertAlmostEqual(sum(float(phase[name]) for name in thread), wall, delta=0.01 * wall)
            self.assertGreaterEqual(wall, float(epoch["total_s"]) - 0.002)
            self.assertLessEqual(float(phase["other_s"]), 0.02 * wall)
            self.assertGreater(float(phase["backward_s"]), 0)
            self.assertEqual(phase["device_forward_s"], "")  # the CPU
        time = json.loads((self.folder / "out/run.json").read_text())["time"]
        self.assertAlmostEqual(sum(time["phases"].values()), time["wall_s"], delta=0.01 * time["wall_s"])
        self.assertLessEqual(time["phases"]["other"], 0.02 * time["wall_s"])
        self.assertGreater(time["phases"]["checkpoint"], 0)
        self.assertEqual(time["batches"], 12)
        # What isn't in a row: the checkpoint after the last epoch, and the end.
        rows = sum(float(row["wall_s"]) for row in phases)
        self.assertLessEqual(rows, time["wall_s"])
        self.assertGreaterEqual(rows, 0.7 * time["wall_s"])
        # From the same moment on as the trainer; two workers.
        self.assertLessEqual(sum(time["loader"][f"{state}_s"] for state in ("busy", "blocked", "idle")),
                             2 * 1.01 * time["wall_s"])
        self.assertEqual(time["verdict"]["bottleneck"], "compute")

    def test_a_slow_loader_is_the_bottleneck(self):
        done = self.train("--epochs", 1, "--workers", 1, "--inject-latency-us", 20000, "--no-eval")
        time = json.loads((self.folder / "out/run.json").read_text())["time"]
        self.assertEqual(time["verdict"]["bottleneck"], "loader")
        self.assertGreaterEqual(time["verdict"]["per_batch_ms"]["loader"], 8 * 20)
        self.assertGreater(time["phases"]["data"], 0.5 * time["wall_s"])
        self.assertIn("pace    loader-bound: ", done.stdout)

    def test_fixed_batch_sees_one_batch_only(self):
        self.train("--epochs", 2, "--fixed-batch", "--no-eval", "--lr", 0, "--weight-decay", 0, "--norm", "none")
        self.assertEqual({row["loss"] for row in self.read("batches.csv")}, {self.read("batches.csv")[0]["loss"]})
        self.assertIsNone(json.loads((self.folder / "out/run.json").read_text())["time"]["verdict"])

    def test_validation_images_are_held_out(self):
        self.train("--epochs", 1, "--validation-images", 49984)  # 16 of 50,000 made-up images are left
        record = json.loads((self.folder / "out/run.json").read_text())
        self.assertEqual(record["sizes"]["train_images"], 16)
        self.assertEqual(record["sizes"]["test_images"], 49984)
        self.assertEqual(len(self.read("batches.csv")), 2)

    def test_held_out_images_are_what_test_only_evaluates(self):
        self.train("--epochs", 1, "--validation-images", 49984, "--limit-batches", 1)
        weights = self.folder / "out/weights.safetensors"
        shown = self.train("--test-only", "--init-weights", weights, "--validation-images", 49984, "--limit-batches", 1)
        other = self.train("--test-only", "--init-weights", weights, "--limit-batches", 1)
        [epoch] = self.read("epochs.csv")
        self.assertIn(f"test loss {float(epoch['test_loss']):.4f}", shown.stdout)
        self.assertNotIn(f"test loss {float(epoch['test_loss']):.4f}", other.stdout)

    def test_norms_of_each_stage_every_few_steps(self):
        self.train("--epochs", 2, "--log-norms", 4, "--no-eval")
        rows = self.read("norms.csv")
        self.assertEqual([(row["epoch"], row["batch"]) for row in rows[::6]], [("1", "4"), ("2", "2"), ("2", "6")])
        self.assertEqual([row["stage"] for row in rows[:6]],
                         ["stem", "stage1", "stage2", "stage3", "stage4", "classifier"])
        for row in rows:
            for column in ("activation_rms", "gradient_norm", "weight_norm"):
                self.assertGreater(float(row[column]), 0)

    def test_trace_has_the_lanes_of_trainer_writer_and_workers(self):
        self.train("--epochs", 1, "--trace", "trace.json", "--no-eval", "--checkpoint-every", 3)
        events = json.loads((self.folder / "trace.json").read_text())["traceEvents"]
        lanes = {event["args"]["name"]: event["tid"] for event in events if event["name"] == "thread_name"}
        self.assertEqual(sorted(lanes), ["checkpoint writer", "loader worker 1", "loader worker 2", "trainer"])
        for lane in lanes.values():
            stretches = [(event["ts"], event["ts"] + event["dur"]) for event in events
                         if event["ph"] == "X" and event["tid"] == lane]
            self.assertEqual(stretches, sorted(stretches))
            self.assertTrue(all(begin >= 0 for begin, _ in stretches))
            for (_, end), (begin, _) in zip(stretches, stretches[1:]):
                self.assertGreaterEqual(begin, end - 0.002)  # on one lane nothing overlaps (in rounded microseconds)
        names = [event["name"] for event in events if event["ph"] == "X" and event["tid"] == lanes["trainer"]]
        self.assertEqual([names.count(name) for name in ("forward", "backward", "optimizer")], [6, 6, 6])
        saves = [event["name"] for event in events if event["ph"] == "X" and event["tid"] == lanes["checkpoint writer"]]
        self.assertEqual(saves, 3 * ["save"])  # after steps 3 and 6, and at the end of the epoch
        self.assertTrue(any(event["ph"] == "C" and event["name"] == "batches ready" for event in events))

    def test_a_trace_that_cant_be_written_is_refused_before_training(self):
        for path, status in (("nowhere/t.json", 8), ("out/batches.csv", 2), ("out/.lock", 2)):
            done = self.run_program("kindling-train", *SMALL, "--output-dir", "out", "--trace", path)
            self.assert_fails(done, status, path)
        self.assertFalse((self.folder / "out/epochs.csv").exists())

    def test_a_run_that_diverges_or_goes_on_keeps_its_traces(self):
        self.train("--epochs", 1, "--trace", "trace.json", "--no-eval")
        self.train("--epochs", 2, "--trace", "trace.json", "--no-eval", "--resume", "auto")
        self.train("--epochs", 3, "--trace", "other.json", "--no-eval", "--resume", "out/checkpoint.safetensors", out="other")
        for name in ("trace.json", "trace-2.json", "other.json"):
            events = json.loads((self.folder / name).read_text())["traceEvents"]
            self.assertGreater(len(events), 10)
            self.assertTrue(all(event["ts"] >= 0 for event in events if "ts" in event), name)
        done = self.run_program("kindling-train", *SMALL, "--output-dir", "late", "--trace", "late.json", "--lr", "1e30")
        self.assert_fails(done, 6)
        self.assertTrue(json.loads((self.folder / "late.json").read_text())["traceEvents"])

    def test_run_json_says_what_was_run(self):
        self.train("--epochs", 1, "--opt", "adam", "--seed", 7)
        record = json.loads((self.folder / "out/run.json").read_text())
        self.assertEqual(record["options"]["optimizer"], "adam")
        self.assertEqual(record["options"]["lr"], 0.1)
        self.assertEqual(record["options"]["seed"], 7)
        self.assertEqual(record["sizes"]["batches_per_epoch"], 6)
        self.assertIn(record["bits"]["isa"], ("avx512", "avx2", "portable"))
        for key in ("cache", "checkpoint_every", "keep", "max_minutes", "target_top1", "output_dir", "test_fingerprint"):
            self.assertIn(key, record["options"])
        for key in ("cpu", "hostname", "cores_allowed"):
            self.assertIn(key, record["host"])
        for key in ("git_commit", "compiler", "blas"):
            self.assertIn(key, record["build"])

    def test_weights_have_pytorchs_names_and_shapes(self):
        self.train("--epochs", 1)
        weights = tensors(self.folder / "out/weights.safetensors")
        self.assertEqual(len(weights), 122)
        self.assertEqual(weights["conv1.weight"][:2], ("F32", [2, 3, 3, 3]))
        self.assertEqual(weights["layer2.0.shortcut.0.weight"][:2], ("F32", [4, 2, 1, 1]))
        self.assertEqual(weights["linear.weight"][:2], ("F32", [10, 16]))
        dtype, shape, data = weights["bn1.num_batches_tracked"]
        self.assertEqual((dtype, shape, int.from_bytes(data, "little")), ("I64", [], 6))

    def test_as_many_checkpoints_are_kept_as_asked_for(self):
        for keep, steps in ((1, [12]), (3, [8, 10, 12]), (99, [2, 4, 6, 8, 10, 12])):
            self.train("--epochs", 2, "--checkpoint-every", 2, "--keep", keep, "--overwrite")
            self.assertEqual(sorted(path.name for path in (self.folder / "out/checkpoints").iterdir()),
                             [f"step-{step:08}.safetensors" for step in steps])

    def test_newest_checkpoint_has_two_names(self):
        self.train("--epochs", 1, "--checkpoint-every", 4)
        steps = sorted(path.name for path in (self.folder / "out/checkpoints").iterdir())
        self.assertEqual(steps, ["step-00000004.safetensors", "step-00000006.safetensors"])
        self.assertEqual((self.folder / "out/checkpoint.safetensors").read_bytes(),
                         (self.folder / "out/checkpoints" / steps[1]).read_bytes())

    def test_without_evaluation_the_test_columns_are_empty(self):
        self.train("--epochs", 1, "--no-eval")
        self.assertEqual(self.read("epochs.csv")[0]["test_loss"], "")

    def test_same_seed_same_bits_whatever_the_threads_and_workers(self):
        self.train("--epochs", 1, out="a")
        self.train("--epochs", 1, "--workers", 0, "--threads", 1, out="b")
        self.train("--epochs", 1, "--workers", 5, "--threads", 3, "--prefetch", 7, out="c")
        first = (self.folder / "a/weights.safetensors").read_bytes()
        for other in "bc":
            self.assertEqual((self.folder / other / "weights.safetensors").read_bytes(), first, other)
            self.assertEqual(self.rows(f"{other}/batches.csv"), self.rows("a/batches.csv"))
        self.train("--epochs", 1, "--seed", 1, out="d")
        self.assertNotEqual((self.folder / "d/weights.safetensors").read_bytes(), first)

    def test_every_optimizer_norm_and_schedule_trains(self):
        for optimizer in ("sgd", "nesterov", "adagrad", "adadelta", "adam"):
            for norm in ("batch", "none"):
                with self.subTest(optimizer=optimizer, norm=norm):
                    self.train("--epochs", 1, "--opt", optimizer, "--norm", norm, "--lr", 1e-3, "--no-eval",
                               "--overwrite")
        for schedule in ("constant", "cosine", "onecycle"):
            self.train("--epochs", 2, "--lr-schedule", schedule, "--label-smoothing", 0.1, "--no-eval", "--overwrite")

    def test_schedule_and_label_smoothing_have_an_effect(self):
        def losses(*options):
            self.train("--epochs", 2, "--lr", 0.01, "--no-eval", "--overwrite", *options)
            return [row["loss"] for row in self.rows("out/batches.csv")]

        plain = losses()
        for options in (("--lr-schedule", "cosine"), ("--lr-schedule", "onecycle"), ("--warmup-epochs", 1)):
            with self.subTest(options=options):
                changed = losses(*options)
                self.assertEqual(changed[0], plain[0])  # before any step
                self.assertNotEqual(changed[-1], plain[-1])
        self.assertNotEqual(losses("--label-smoothing", 0.1)[0], plain[0])

    def test_learns_the_synthetic_set(self):
        done = self.run_program("kindling-train", "--dataset", "synthetic", "--width", 8, "--batch-size", 32,
                                "--limit-batches", 40, "--epochs", 3, "--lr", 0.01, "--output-dir", "out",
                                "--target-top1", 0.6)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def test_a_batch_log_reads_well(self):
        done = self.train("--epochs", 1)
        self.assertNotIn("\r", done.stdout)
        self.assertNotIn("\x1b", done.stdout)
        self.assertIn("epoch 1/1  batch 6/6  loss ", done.stdout)
        self.assertEqual(done.stderr, "")

    def test_test_only_gives_the_result_of_the_run(self):
        self.train("--epochs", 1)
        epoch = self.read("epochs.csv")[0]
        done = self.train("--test-only", "--init-weights", "out/weights.safetensors", out="unused")
        self.assertIn(f"test loss {float(epoch['test_loss']):.4f}  top-1 {100 * float(epoch['test_top1']):.2f} %",
                      done.stdout)
        self.assertIn("images/s", done.stdout)
        self.assertFalse((self.folder / "unused").exists())

    def test_summary_and_version(self):
        summary = self.run_program("kindling-train", "--summary").stdout
        self.assertIn("11,173,962", summary)
        self.assertIn("555,422,720", summary)

    def test_the_version_names_the_device_backends_of_the_build(self):
        version = self.run_program("kindling-train", "--version").stdout
        devices = r"(CPU only|CUDA \d+\.\d+( on the CPU)?)"
        self.assertRegex(version, rf"^kindling \d+\.\d+\.\d+ \(commit .*, {devices}, \w*\)\n$")
        self.train()
        cuda = json.loads((self.folder / "out/run.json").read_text())["build"]["cuda"]
        self.assertIn(f", CUDA {cuda}, " if cuda else ", CPU only, ", version)
        refused = self.run_program("kindling-train", *SMALL, "--device", "cuda", "--limit-batches", 1, "--epochs", 1,
                                   "--output-dir", "gpu").stderr
        self.assertEqual("no CUDA backend" in refused, cuda is None, refused)

    def test_max_minutes_ends_in_good_order(self):
        done = self.train("--epochs", 1, "--max-minutes", 0)
        self.assertIn("time is up", done.stdout)
        self.assertEqual(len(self.read("batches.csv")), 1)
        self.assertTrue((self.folder / "out/checkpoint.safetensors").exists())
        self.train("--epochs", 1, "--resume", "auto")
        self.assertEqual(len(self.read("batches.csv")), 6)

    def test_a_target_is_judged_by_an_evaluation_even_when_time_is_up(self):
        done = self.run_program("kindling-train", *SMALL, "--epochs", 1, "--output-dir", "out", "--max-minutes", 0,
                                "--target-top1", 1)
        self.assert_fails(done, 7, "wanted at least 1")
        judged = 100 * float(re.search(r"test top-1 is (\S+),", done.stderr)[1])
        tested = self.train("--test-only", "--init-weights", "out/weights.safetensors", out="unused").stdout
        evaluated = float(re.search(r"top-1 (\S+) %", tested)[1])
        self.assertGreater(evaluated, 0)
        self.assertAlmostEqual(judged, evaluated, delta=0.011)


if __name__ == "__main__":
    unittest.main()
