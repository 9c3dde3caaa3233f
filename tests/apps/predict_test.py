"""kindling-predict: the top three classes of PNG images."""
import re
import unittest

from programs import ProgramTest


class Predict(ProgramTest):
    def setUp(self):
        super().setUp()
        self.train("--epochs", 1)
        done = self.run_program("kindling-export-png", "--dataset", "synthetic", "--output-dir", "png",
                                "--limit-per-class", 1)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.images = sorted(str(path.relative_to(self.folder)) for path in (self.folder / "png/test").glob("*/*.png"))

    def predict(self, *options):
        return self.run_program("kindling-predict", *options, "--weights", "out/weights.safetensors")

    def test_prints_three_classes_in_falling_order_for_every_image(self):
        done = self.predict(*self.images)
        self.assertEqual(done.returncode, 0, done.stderr)
        lines = done.stdout.splitlines()
        self.assertEqual([line.split(":")[0] for line in lines], self.images)
        for line in lines:
            shown = re.findall(r"([a-z]+) (\d+\.\d) %", line)
            self.assertEqual(len(shown), 3, line)
            shares = [float(share) for _, share in shown]
            self.assertEqual(shares, sorted(shares, reverse=True))
            self.assertLessEqual(sum(shares), 100.2)

    def test_one_bad_image_leaves_no_half_answer(self):
        (self.folder / "bad.png").write_bytes(b"no picture")
        done = self.predict(self.images[0], "bad.png")
        self.assert_fails(done, 3, "bad.png")
        self.assertEqual(done.stdout, "")
        self.assert_fails(self.predict("missing.png"), 3, "missing.png")

    def test_bad_weights_and_usage(self):
        done = self.run_program("kindling-predict", self.images[0], "--weights", self.images[0])
        self.assert_fails(done, 4, self.images[0])
        self.assert_fails(self.run_program("kindling-predict", self.images[0]), 2, "--weights")
        self.assert_fails(self.run_program("kindling-predict", "--weights", "w"), 2, "IMAGE.png")
        self.assert_fails(self.run_program("kindling-predict", self.images[0], "--wieghts", "w"), 2, "--wieghts",
                          "did you mean --weights")


if __name__ == "__main__":
    unittest.main()
