"""Damaged checkpoints as the program meets them: refused with status 4 and a line that names file and section, and
passed over by --resume auto, which says which and why. Every bit of a small file: Checkpoint.EveryFlippedBitIsNoticed.
"""
import random
import shutil
import struct
import unittest

from programs import RunsCompared, SMALL, tensors

OPTIONS = ("--epochs", 2, "--checkpoint-every", 3, "--opt", "adam")  # 12 steps
SECTIONS = ("weights", "optimizer.exp_avg", "optimizer.exp_avg_sq")


class DamagedCheckpoint(RunsCompared):
    def setUp(self):
        super().setUp()
        self.train(*OPTIONS, out="whole")
        self.newest = "checkpoints/step-00000012.safetensors"
        self.good = (self.folder / "whole" / self.newest).read_bytes()
        self.data_begin = 8 + struct.unpack("<Q", self.good[:8])[0]

    def damages(self):
        """(bytes, texts that must be in the message)."""
        rng = random.Random(3)
        for section in SECTIONS:
            names = [name for name in tensors(self.folder / "whole" / self.newest) if name.startswith(section + "/")]
            for name in (names[0], rng.choice(names), names[-1]):
                value = tensors(self.folder / "whole" / self.newest)[name][2]
                at = self.good.index(value, self.data_begin) + rng.randrange(len(value))
                yield self.flipped(at, rng.randrange(8)), [f'section "{section}" is damaged']
        for at in (0, 3, 8, 9, self.data_begin // 2, self.data_begin - 1):
            yield self.flipped(at, rng.randrange(8)), []
        place = self.good.index(b"kindling.step")
        yield self.good[:place] + b"kindling.stop" + self.good[place + 13 :], ["metadata"]
        for size in (0, 7, 8, self.data_begin - 1, self.data_begin, len(self.good) // 2, len(self.good) - 1):
            yield self.good[:size], []
        yield self.good + b"\0", []
        yield b"\0" * len(self.good), []

    def flipped(self, at, bit):
        return self.good[:at] + bytes([self.good[at] ^ 1 << bit]) + self.good[at + 1 :]

    def test_named_it_is_refused_and_auto_passes_it_over(self):
        for number, (data, texts) in enumerate(self.damages()):
            with self.subTest(number=number, texts=texts):
                shutil.rmtree(self.folder / "out", ignore_errors=True)
                shutil.copytree(self.folder / "whole", self.folder / "out")
                for path in (self.newest, "checkpoint.safetensors"):
                    (self.folder / "out" / path).unlink()
                (self.folder / "out" / self.newest).write_bytes(data)
                done = self.run_program("kindling-train", *SMALL, *OPTIONS, "--output-dir", "out", "--resume",
                                        f"out/{self.newest}")
                self.assert_fails(done, 4, f"out/{self.newest}", *texts)
                done = self.train(*OPTIONS, "--resume", "auto")
                skipped = [line for line in done.stdout.splitlines() if line.startswith("resume: skipped")]
                self.assertEqual(len(skipped), 1, done.stdout)
                for text in (f"out/{self.newest}", *texts):
                    self.assertIn(text, skipped[0])
                self.assertIn("going on after step 9 ", done.stdout)
                self.assert_same_run("out")

    def test_where_all_are_damaged_nothing_is_changed(self):
        for path in (self.folder / "whole/checkpoints").iterdir():
            data = bytearray(path.read_bytes())
            data[-1] ^= 1
            path.write_bytes(data)  # in place: checkpoint.safetensors is one of them
        before = {path: path.read_bytes() for path in (self.folder / "whole").rglob("*") if path.is_file()}
        done = self.run_program("kindling-train", *SMALL, *OPTIONS, "--output-dir", "whole", "--resume", "auto")
        self.assert_fails(done, 4, "none of its 2 checkpoints is valid", "step-00000009", "step-00000012", "section")
        self.assertEqual({path: path.read_bytes() for path in (self.folder / "whole").rglob("*") if path.is_file()},
                         before)


if __name__ == "__main__":
    unittest.main()
