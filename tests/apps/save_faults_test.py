"""Each file call of a run fails or is the last before SIGKILL: no checkpoint is lost, and a resume has the same bits.

The calls come from a record of the whole run (disk_faults.cc). KINDLING_FAULTS says how many of all pairs of a call and
a failure are tried (default 40, chosen with at least one of each kind; 0: all).
"""
import collections
import errno
import os
import random
import shutil
import signal
import unittest

from programs import DISK_FAULTS, MEMORY, SMALL, RunsCompared, environment
from recorded_disk import read_record

FAULTS = int(os.environ.get("KINDLING_FAULTS", "40"))
# Without batch norm there are fewer tensors, and so fewer writes of the same kind.
RUN = [*SMALL, "--norm", "none", "--epochs", "2", "--checkpoint-every", "4"]  # 12 steps, 3 checkpoints

PASSES = ("short", errno.EINTR)  # what a program must get over by itself
ACTIONS = {
    "open": (errno.EINTR, errno.EMFILE, errno.ENOSPC, errno.EDQUOT, "kill"),
    "write": ("short", errno.EINTR, errno.ENOSPC, errno.EIO, errno.EDQUOT, "kill", "half"),
    "fsync": (errno.EINTR, errno.EIO, errno.ENOSPC, errno.EDQUOT, "kill"),
    "close": (errno.EINTR, errno.EIO, errno.EDQUOT, "kill"),
    "rename": (errno.EIO, errno.ENOSPC, errno.EDQUOT, "kill"),
    "link": (errno.EPERM, errno.EIO, "kill"),
    "unlink": (errno.EIO, "kill"),
    "mkdir": (errno.ENOSPC, errno.EDQUOT, "kill"),
}


@unittest.skipUnless(DISK_FAULTS, "needs disk_faults, which a build with sanitizers lacks")
class SaveFaults(RunsCompared):
    PARENT = MEMORY

    def run_on_disk(self, out, **settings):
        env = environment(LD_PRELOAD=DISK_FAULTS, KINDLING_DISK_FOLDER=str(self.folder / "disk"),
                          **{f"KINDLING_DISK_{name.upper()}": value for name, value in settings.items()})
        return self.run_program("kindling-train", *RUN, "--output-dir", self.folder / out, env=env)

    def cases(self):
        """(call, path, number of the call on that path, action): all, or a sample with each pair of call and action."""
        counts = collections.Counter()
        cases = []
        for entry in read_record(self.folder / "record"):
            place = (entry.call, entry.path)
            counts[place] += 1
            cases += [(*place, counts[place], action) for action in ACTIONS[entry.call]]
        if FAULTS == 0:
            return cases
        rng = random.Random(1)
        rng.shuffle(cases)
        seen = set()
        firsts = [case for case in cases if (case[0], case[3]) not in seen and not seen.add((case[0], case[3]))]
        return firsts + [case for case in cases if case not in firsts][: max(0, FAULTS - len(firsts))]

    def check(self, call, path, nth, action):
        context = f"{call} {nth} on {path}: {action}\n"
        shutil.rmtree(self.folder / "disk")
        (self.folder / "disk").mkdir()
        done = self.run_on_disk("disk/out", fault=f"{call}:{nth}:{action}:{path}")
        context += f"stdout: {done.stdout}\nstderr: {done.stderr}\n"
        if action in PASSES:
            self.assertEqual(done.returncode, 0, context)
        elif action in ("kill", "half"):
            self.assertEqual(done.returncode, -signal.SIGKILL, context)
        elif done.returncode != 0:  # some failures don't matter: closing the lock, a link that a copy replaces
            self.assert_fails(done, 8, "can't write")
        if done.returncode == 0:
            self.assert_same_run("disk/out", context=context)
        newest = max([0, *self.steps_of_checkpoints("disk/out")])
        again = self.run_program("kindling-train", *RUN, "--output-dir", self.folder / "disk/out", "--resume", "auto")
        self.assert_goes_on(again, newest, context)
        self.assert_same_run("disk/out", context=context)
        return done.returncode

    def test_no_failure_of_one_call_loses_a_checkpoint(self):
        (self.folder / "disk").mkdir()
        done = self.run_on_disk("disk/out", record=str(self.folder / "record"))
        self.assertEqual(done.returncode, 0, done.stderr)
        shutil.move(self.folder / "disk/out", self.folder / "whole")
        statuses = collections.Counter()
        for case in self.cases():
            statuses[self.check(*case)] += 1
        print(f"{sum(statuses.values())} failures: {dict(statuses)}; all resumed with the same bits")
        self.assertGreater(statuses[8], 0)
        self.assertGreater(statuses[-signal.SIGKILL], 0)


if __name__ == "__main__":
    unittest.main()
