"""Bad input: one line on stderr, the right exit status, nothing half-written."""
import os
import resource
import signal
import struct
import unittest

from programs import SMALL, ProgramTest, tensors

RECORD = 3073


def limit_file_size(size):
    """For a child process: writing beyond `size` bytes of a file fails as on a full disk, with an error."""

    def apply():
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))

    return apply


class Usage(ProgramTest):
    def fails(self, status, texts, *options):
        done = self.run_program("kindling-train", *SMALL, "--output-dir", "out", *options)
        self.assert_fails(done, status, "kindling-train: ", *texts)
        self.assertFalse((self.folder / "out").exists(), "something was written")

    def test_unknown_flags_name_the_nearest(self):
        self.fails(2, ["--bach-size", "--batch-size"], "--bach-size", "4")
        self.fails(2, ["--learning-rate"], "--learning-rate", "4")
        self.fails(2, ["stray"], "stray")

    def test_values_that_make_no_sense(self):
        self.fails(2, ["--batch-size", "0"], "--batch-size", "0")
        self.fails(2, ["--batch-size", "at most"], "--batch-size", "4503599627370496")
        self.fails(2, ["--width", "at most"], "--width", "4503599627370496")
        self.fails(2, ["--workers", "-1"], "--workers", "-1")
        self.fails(2, ["--workers", "at most"], "--workers", "100000")
        self.fails(2, ["--prefetch"], "--prefetch", "0")
        self.fails(2, ["--prefetch", "at most"], "--prefetch", "1000000000000000000")
        self.fails(2, ["--epochs", "at most"], "--epochs", "1000000000000000000")
        self.fails(2, ["lr", "nan"], "--lr", "nan")
        self.fails(2, ["lr"], "--lr", "-0.1")
        self.fails(2, ["--epochs"], "--epochs", "0")
        self.fails(2, ["--epochs"], "--epochs", "many")
        self.fails(2, ["--opt"], "--opt", "rmsprop")
        self.fails(2, ["--width"], "--width", "0")
        self.fails(2, ["--threads"], "--threads", "-2")
        self.fails(2, ["threads is 100000", "1024"], "--threads", "100000")
        self.fails(2, ["--label-smoothing"], "--label-smoothing", "1.5")
        self.fails(2, ["--keep", "0"], "--keep", "0")
        self.fails(2, ["--checkpoint-every"], "--checkpoint-every", "often")
        self.fails(2, ["beta"], "--opt", "adam", "--betas", "0.9", "1.0")

    def test_options_that_contradict(self):
        self.fails(2, ["nesterov", "momentum"], "--opt", "nesterov", "--momentum", "0")
        self.fails(2, ["momentum", "adam"], "--opt", "adam", "--momentum", "0.9")
        self.fails(2, ["--overwrite", "--resume"], "--overwrite", "--resume", "auto")
        self.fails(2, ["--test-only", "--init-weights"], "--test-only")
        self.fails(2, ["tuned", "kindling-study c6 --lr-grid"], "--recipe", "tuned")
        self.fails(2, ["lr"], "--lr", "-1", "--test-only", "--init-weights", "any.safetensors")

    def test_what_this_build_or_device_cannot_do(self):
        self.fails(5, ["--device cuda"], "--device", "cuda")
        self.fails(2, ["--precision tf32"], "--precision", "tf32")
        self.fails(2, ["--conv cudnn"], "--conv", "cudnn")

    def test_no_data_path(self):
        done = self.run_program("kindling-train", "--output-dir", "out")
        self.assert_fails(done, 2, "--data-path", "KINDLING_DATA")


class Data(ProgramTest):
    def fails(self, texts, *options):
        done = self.run_program("kindling-train", "--output-dir", "out", "--width", 2, *options)
        self.assert_fails(done, 3, *texts)
        self.assertFalse((self.folder / "out").exists(), "something was written")

    def test_missing_folder(self):
        self.fails(["nowhere"], "--data-path", "nowhere")

    def test_bin_of_the_wrong_length(self):
        for i in range(1, 6):
            (self.folder / f"data_batch_{i}.bin").write_bytes(bytes(RECORD * 10000))
        (self.folder / "test_batch.bin").write_bytes(bytes(RECORD * 10000 - 1))
        self.fails(["test_batch.bin", str(RECORD * 10000), str(RECORD * 10000 - 1)], "--data-path", ".")

    def test_label_above_nine(self):
        data = bytearray(RECORD * 10000)
        data[RECORD * 77] = 10
        for i in range(1, 6):
            (self.folder / f"data_batch_{i}.bin").write_bytes(data if i == 3 else bytes(RECORD * 10000))
        (self.folder / "test_batch.bin").write_bytes(bytes(RECORD * 10000))
        self.fails(["data_batch_3.bin", "77", "10"], "--data-path", ".")

    def test_png_that_turns_out_truncated_while_training(self):
        done = self.run_program("kindling-export-png", "--dataset", "synthetic", "--output-dir", "png",
                                "--limit-per-class", 2)
        self.assertEqual(done.returncode, 0, done.stderr)
        victim = sorted((self.folder / "png/train").glob("*/*.png"))[3]
        victim.write_bytes(victim.read_bytes()[:-40])
        done = self.run_program("kindling-train", "--dataset", "png", "--data-path", "png", "--width", 2,
                                "--batch-size", 4, "--output-dir", "out")
        self.assert_fails(done, 3, str(victim.relative_to(self.folder)))


class Weights(ProgramTest):
    def fails(self, texts, weights):
        done = self.run_program("kindling-train", *SMALL, "--output-dir", "out", "--test-only", "--init-weights",
                                weights)
        self.assert_fails(done, 4, *texts)

    def test_missing_garbage_and_cut_files(self):
        self.fails(["nothing.safetensors"], "nothing.safetensors")
        (self.folder / "garbage").write_bytes(b"\xff" * 100)
        self.fails(["garbage"], "garbage")
        self.train("--epochs", 1)
        whole = (self.folder / "out/weights.safetensors").read_bytes()
        (self.folder / "cut").write_bytes(whole[:-1])
        self.fails(["cut"], "cut")

    def test_all_tensors_that_do_not_fit_are_listed_at_once(self):
        self.train("--epochs", 1, "--norm", "none")
        self.assertNotIn("bn1.weight", tensors(self.folder / "out/weights.safetensors"))
        done = self.run_program("kindling-train", *SMALL, "--width", 3, "--output-dir", "other", "--init-weights",
                                "out/weights.safetensors")
        self.assert_fails(done, 4, "bn1.weight", "layer4.1.bn2.running_var", "conv1.weight", "linear.weight")
        self.assertFalse((self.folder / "other").exists(), "something was written")

    def test_a_header_that_lies(self):
        header = b'{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"b":{"dtype":"F32","shape":[2],"data_offsets":[4,12]}}'
        (self.folder / "overlap").write_bytes(struct.pack("<Q", len(header)) + header + bytes(12))
        self.fails(["overlap"], "overlap")
        (self.folder / "huge").write_bytes(struct.pack("<Q", 1 << 60) + header)
        self.fails(["huge"], "huge")


class Output(ProgramTest):
    def test_a_folder_in_use_is_refused_until_overwrite(self):
        self.train("--epochs", 1)
        before = (self.folder / "out/weights.safetensors").read_bytes()
        done = self.run_program("kindling-train", *SMALL, "--output-dir", "out", "--seed", 2)
        self.assert_fails(done, 2, "out", "--resume", "--overwrite")
        self.assertEqual((self.folder / "out/weights.safetensors").read_bytes(), before)
        self.train("--epochs", 1, "--seed", 2, "--overwrite")
        self.assertNotEqual((self.folder / "out/weights.safetensors").read_bytes(), before)

    def test_a_folder_that_cannot_be_made(self):
        (self.folder / "file").write_text("not a folder")
        done = self.run_program("kindling-train", *SMALL, "--output-dir", "file/out")
        self.assert_fails(done, 8, "file/out")

    def test_a_folder_that_is_not_writable(self):
        (self.folder / "locked").mkdir(mode=0o500)
        parent = "/proc" if os.geteuid() == 0 else "locked"  # root may write anywhere but there
        done = self.run_program("kindling-train", *SMALL, "--output-dir", f"{parent}/out")
        self.assert_fails(done, 8, f"{parent}/out")

    def test_disk_full_in_a_checkpoint_leaves_the_previous_one(self):
        self.train("--epochs", 1)
        before = (self.folder / "out/checkpoint.safetensors").read_bytes()
        done = self.run_program("kindling-train", *SMALL, "--epochs", 2, "--output-dir", "out", "--resume", "auto",
                                preexec_fn=limit_file_size(len(before) // 2))
        self.assert_fails(done, 8, "checkpoint", "step-00000012")
        self.assertEqual((self.folder / "out/checkpoint.safetensors").read_bytes(), before)
        self.assertEqual([path.name for path in (self.folder / "out/checkpoints").iterdir()],
                         ["step-00000006.safetensors"])
        self.train("--epochs", 2, "--resume", "auto")

    def test_a_loss_that_is_not_finite(self):
        done = self.run_program("kindling-train", *SMALL, "--output-dir", "out", "--lr", "1e30", "--norm", "none")
        self.assert_fails(done, 6, "epoch 1", "batch ", "running loss")
        rows = self.rows("out/batches.csv")
        self.assertGreaterEqual(len(rows), 1)
        self.assertFalse((self.folder / "out/checkpoint.safetensors").exists())

    def test_target_missed(self):
        done = self.run_program("kindling-train", *SMALL, "--epochs", 1, "--output-dir", "out", "--target-top1", 1)
        self.assert_fails(done, 7, "target", "wanted at least 1")
        self.train("--epochs", 1, "--resume", "auto", "--target-top1", 0)  # nothing left to train: evaluates


if __name__ == "__main__":
    unittest.main()
