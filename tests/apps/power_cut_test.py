"""The power goes at every place of a run: whatever the disk kept of what was not synced, a resume is right.

A run's file calls are recorded once (disk_faults.cc) and replayed up to each place; recorded_disk.py says what may be
left there. KINDLING_POWER_CUTS says how many of all different leftovers are tried for each run (default 25; 0: all).
"""
import hashlib
import os
import random
import re
import shutil
import unittest

from programs import DISK_FAULTS, MEMORY, SMALL, RunsCompared, environment
from recorded_disk import Disk, Policy, put, read_record

CUTS = int(os.environ.get("KINDLING_POWER_CUTS", "25"))
RUN = [*SMALL, "--norm", "none", "--epochs", "2", "--checkpoint-every", "4"]  # 12 steps, 3 checkpoints


def digest(state):
    """Tells states apart: paths, which of them are one file, contents."""
    names = {}
    text = hashlib.sha256()
    for path, thing, data in state:
        text.update(f"{path} {names.setdefault(id(thing), path)} {-1 if data is None else len(data)}\n".encode())
        text.update(data or b"")
    return text.digest()


@unittest.skipUnless(DISK_FAULTS, "needs disk_faults, which a build with sanitizers lacks")
class PowerCut(RunsCompared):
    PARENT = MEMORY

    def setUp(self):
        super().setUp()
        self.disk = self.folder / "disk"
        self.disk.mkdir()
        self.train(*RUN[len(SMALL):], out="whole")

    def run_on_disk(self, *options, **env):
        return self.run_program("kindling-train", *RUN, "--output-dir", self.disk / "out", *options,
                                env=environment(**env))

    def leftovers(self, *options):
        """(place, policy, promised step, what is left) of a run with these options, without doubles."""
        before = Disk(self.disk)
        record = self.folder / "record"
        done = self.run_on_disk(*options, LD_PRELOAD=DISK_FAULTS, KINDLING_DISK_FOLDER=str(self.disk),
                                KINDLING_DISK_RECORD=str(record))
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assert_same_run("disk/out")
        seen = set()
        promised = published = 0
        entries = list(read_record(record))
        for place, entry in enumerate([None, *entries]):
            if entry is not None:
                before.apply(entry)
                found = re.search(r"step-(\d+)\.safetensors$", " ".join(entry.arguments))
                if entry.call == "rename" and found:
                    published = int(found.group(1))
                elif entry.call == "open" and entry.path.endswith("weights.safetensors.tmp"):
                    promised = published  # the save of the checkpoint has returned
            for name, policy in self.policies(place):
                state = before.after_crash(policy)
                key = digest(state)
                if key not in seen:
                    seen.add(key)
                    yield f"call {place} of {len(entries)} ({entry}), {name}", promised, state
        self.assertEqual(promised, 12)

    def policies(self, place):
        yield "all dropped", Policy("dropped", "dropped")
        yield "bytes dropped, names kept", Policy("dropped", "kept")
        yield "bytes kept, names dropped", Policy("kept", "dropped")
        yield "parts kept", Policy("random", "random", random.Random(place))

    def chosen(self, *options):
        cases = list(self.leftovers(*options))
        if CUTS == 0:
            return cases
        return [cases[0], *random.Random(2).sample(cases[1:-1], min(CUTS, len(cases) - 2)), cases[-1]]

    def cut_and_resume(self, state):
        shutil.rmtree(self.disk)
        put(state, self.disk)
        return self.run_on_disk("--resume", "auto")

    def test_of_a_new_run(self):
        cases = self.chosen()
        for context, promised, state in cases:
            done = self.cut_and_resume(state)
            self.assert_goes_on(done, promised, context)
            self.assert_same_run("disk/out", context=context)
        print(f"a new run: {len(cases)} leftovers, all resumed with the same bits")

    def test_of_a_run_that_is_taken_back(self):
        self.assertEqual(self.run_on_disk("--keep", "9").returncode, 0)
        earlier = self.disk / "out/checkpoints/step-00000004.safetensors"
        cases = self.chosen("--keep", "9", "--resume", earlier)
        for context, _, state in cases:
            done = self.cut_and_resume(state)
            self.assert_goes_on(done, 4, context)  # step 4 or a later one that was not yet discarded
            self.assert_same_run("disk/out", context=context)
        print(f"a run taken back: {len(cases)} leftovers, all resumed with the same bits")

    def test_of_a_run_that_overwrites_another(self):
        self.assertEqual(self.run_on_disk("--seed", "7").returncode, 0)
        cases = self.chosen("--overwrite")
        refused = 0
        for context, promised, state in cases:
            done = self.cut_and_resume(state)
            if promised == 0 and done.returncode != 0:  # there still is a checkpoint of the other run
                self.assert_fails(done, 2, "--resume", "seed 7, here 0")
                refused += 1
                continue
            self.assert_goes_on(done, promised, context)
            self.assert_same_run("disk/out", context=context)
        print(f"a run over another: {len(cases)} leftovers, {refused} refused as the other's, all else the same bits")


if __name__ == "__main__":
    unittest.main()
