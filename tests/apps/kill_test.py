"""SIGKILL at random times, again and again: what is resumed to the end is the run that was never killed.

KINDLING_KILLS says how many kills (default 50), KINDLING_KILL_SEED which (default 1).
"""
import os
import random
import shutil
import signal
import subprocess
import time
import unittest

from programs import BIN, MEMORY, SMALL, RunsCompared, environment

KILLS = int(os.environ.get("KINDLING_KILLS", "50"))
SEED = int(os.environ.get("KINDLING_KILL_SEED", "1"))
RUN = [*SMALL, "--epochs", "4", "--log-norms", "5"]  # 24 steps


class Kill(RunsCompared):
    PARENT = MEMORY
    LOGS = (*RunsCompared.LOGS, "norms.csv")

    def command(self, rng):
        """The run, resumed with anything that mustn't matter."""
        options = {"--workers": rng.choice((0, 1, 2, 4)), "--prefetch": rng.choice((1, 2, 8)),
                   "--threads": rng.choice((1, 2)), "--keep": rng.choice((1, 2, 3)),
                   "--checkpoint-every": rng.choice((1, 2, 5, "epoch"))}
        return [BIN / "kindling-train", *RUN, "--output-dir", "out", "--resume", "auto",
                *(str(x) for pair in options.items() for x in pair)]

    def run_until(self, seconds, rng):
        """The ended process; killed after so many seconds unless it ended before."""
        process = subprocess.Popen(self.command(rng), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                                   env=environment(), cwd=self.folder)
        try:
            stdout, stderr = process.communicate(timeout=seconds)
        except subprocess.TimeoutExpired:
            process.kill()
            stdout, stderr = process.communicate(timeout=120)
        return subprocess.CompletedProcess(process.args, process.returncode, stdout, stderr)

    def test_killed_runs_end_as_if_never_killed(self):
        start = time.monotonic()
        self.train(*RUN[len(SMALL):], out="whole")
        whole_s = time.monotonic() - start
        rng = random.Random(SEED)
        kills = runs = 0
        while kills < KILLS:
            shutil.rmtree(self.folder / "out", ignore_errors=True)
            runs += 1
            newest = 0
            for attempt in range(8):
                # The last one may end by itself.
                done = self.run_until(rng.uniform(0, whole_s) if attempt < 7 else 120, rng)
                context = f"run {runs}, attempt {attempt}, seed {SEED}: "
                if done.returncode == 0:
                    self.assert_goes_on(done, newest, context)
                    break
                self.assertEqual(done.returncode, -signal.SIGKILL, context + done.stdout + done.stderr)
                self.assertNotIn("skipped", done.stdout, context)
                kills += 1
                newest = max([newest, *self.steps_of_checkpoints("out")])
            self.assert_same_run("out", context=context)
        print(f"{kills} kills in {runs} runs, seed {SEED}: all ended with the same bits")


if __name__ == "__main__":
    unittest.main()
