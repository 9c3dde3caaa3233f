"""How OpenMP's threads of the programs wait (apps/idle_threads.h), by what the runtime says of itself."""
import os
import re
import unittest

from programs import ProgramTest


class IdleThreads(ProgramTest):
    def spin_counts(self, program="kindling-train", **changes):
        """What libgomp prints at each beginning of the program."""
        env = {key: value for key, value in os.environ.items() if key not in ("OMP_WAIT_POLICY", "GOMP_SPINCOUNT")}
        done = self.run_program(program, "--version", env={**env, "OMP_DISPLAY_ENV": "verbose", **changes})
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("kindling", done.stdout)
        counts = re.findall(r"GOMP_SPINCOUNT = '(\w+)'", done.stderr)
        if not counts:
            self.skipTest("not GNU's OpenMP runtime")
        return counts

    def test_spin_shortly_by_themselves(self):
        for program in ("kindling-train", "kindling-predict", "kindling-compare-devices"):
            with self.subTest(program):
                self.assertEqual(self.spin_counts(program)[-1], "1000")

    def test_wait_as_the_user_says(self):
        self.assertEqual(self.spin_counts(GOMP_SPINCOUNT="77"), ["77"])
        self.assertEqual(self.spin_counts(OMP_WAIT_POLICY="passive"), ["0"])
        self.assertEqual(len(self.spin_counts(OMP_WAIT_POLICY="active")), 1)


if __name__ == "__main__":
    unittest.main()
