"""kindling-train --precision bf16 on the CPU: its record, going on, and what is refused."""
import json
import unittest

from programs import SMALL, RunsCompared, environment

NATIVE = ("avx512_bf16", "amx")


class Bf16(RunsCompared):
    def train_bf16(self, *options, **kwargs):
        return self.train("--precision", "bf16", *options, **kwargs)

    def test_the_record_says_what_was_computed_with(self):
        done = self.train_bf16("--epochs", 1)
        record = json.loads((self.folder / "out/run.json").read_text())
        self.assertEqual(record["options"]["precision"], "bf16")
        self.assertEqual(record["bits"]["conv"], "direct")
        self.assertIn(record["bits"]["isa"], ("portable", "avx2", "avx512", *NATIVE))
        self.assertIn("bf16, convolutions direct", done.stdout)
        self.assertEqual("emulated" in done.stdout, record["bits"]["isa"] not in NATIVE)

    def test_says_that_it_is_slow_where_it_is_emulated(self):
        done = self.train_bf16("--epochs", 1, "--limit-batches", 1, env=environment(KINDLING_ISA="portable"))
        self.assertIn("no products of bf16: they are emulated", done.stdout)

    def test_goes_on_with_the_same_bits(self):
        self.train_bf16("--epochs", 3, out="whole")
        self.train_bf16("--epochs", 3, "--max-minutes", 0, "--threads", 1)  # one step
        self.train_bf16("--epochs", 2, "--resume", "auto", "--threads", 3, "--workers", 0)
        self.train_bf16("--epochs", 3, "--resume", "auto", "--prefetch", 4)
        self.assert_same_run("out")

    def test_a_run_keeps_its_precision(self):
        self.train_bf16("--epochs", 1)
        done = self.run_program("kindling-train", *SMALL, "--epochs", 2, "--output-dir", "out", "--resume", "auto")
        self.assert_fails(done, 2, 'precision "bf16", here "fp32"')

    def test_its_weights_are_those_of_any_precision(self):
        self.train_bf16("--epochs", 2)
        for precision in ("bf16", "fp32"):
            done = self.train("--test-only", "--init-weights", "out/weights.safetensors", "--precision", precision)
            self.assertIn("top-1", done.stdout)

    def test_what_the_cpu_lacks(self):
        for texts, options in ((["--precision tf32", "fp32 and bf16"], ["--precision", "tf32"]),
                               (["--conv winograd4", "bf16"], ["--precision", "bf16", "--conv", "winograd4"])):
            done = self.run_program("kindling-train", *SMALL, "--device", "cpu", "--output-dir", "out", *options)
            self.assert_fails(done, 2, *texts)


if __name__ == "__main__":
    unittest.main()
