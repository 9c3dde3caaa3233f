"""A disk that is really full, at a dozen moments of a run: one line, exit 8, and with room again the same bits.

The disk is a tmpfs in a mount namespace of its own (unshare, no root needed), seen through /proc/PID/root of the process
that holds it. A file in it takes all but the room that the run gets.
"""
import collections
import shutil
import subprocess
import unittest
from pathlib import Path

from programs import SMALL, RunsCompared

MOMENTS = 12
ROOM_KIB = 16 * 1024
RUN = [*SMALL, "--epochs", "2", "--checkpoint-every", "4"]  # 12 steps, 3 checkpoints of which 2 are kept
HOLD = 'mount -t tmpfs -o size="$1"k tmpfs "$2" && echo mounted && exec sleep 3600'


class FullDisk(RunsCompared):
    def make_disk(self):
        """An empty disk of ROOM_KIB."""
        place = self.folder / "disk"
        place.mkdir()
        command = ["unshare", "--map-root-user", "--mount", "sh", "-c", HOLD, "sh", str(ROOM_KIB), place]
        try:
            holder = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        except FileNotFoundError:
            self.skipTest("no unshare")
        self.addCleanup(holder.communicate)
        self.addCleanup(holder.kill)
        if holder.stdout.readline() != "mounted\n":
            self.skipTest("no mount namespace here: " + holder.stderr.read().strip())
        return Path(f"/proc/{holder.pid}/root{place}")

    def run_with_room(self, disk, kib):
        """A run that finds this much room, and is taken up again when there is more: the first one's status."""
        out = disk / f"out-{kib}"
        ballast = disk / "ballast"
        ballast.write_bytes(bytes((ROOM_KIB - kib) * 1024))
        done = self.run_program("kindling-train", *RUN, "--output-dir", out)
        context = f"{kib} KiB of room\nstdout: {done.stdout}\nstderr: {done.stderr}\n"
        if done.returncode != 0:
            self.assert_fails(done, 8, "No space left on device", str(out))
        ballast.unlink()
        newest = max([0, *self.steps_of_checkpoints(out)])
        again = self.run_program("kindling-train", *RUN, "--output-dir", out, "--resume", "auto")
        self.assert_goes_on(again, newest, context)
        self.assert_same_run(out, context=context)
        shutil.rmtree(out)
        return done.returncode, newest

    def test_a_full_disk_loses_no_checkpoint(self):
        disk = self.make_disk()
        self.train(*RUN[len(SMALL):], out="whole")
        files = [path for path in (self.folder / "whole").rglob("*") if path.is_file()]
        needed = sum(path.stat().st_size for path in files) // 1024
        seen = collections.Counter(self.run_with_room(disk, needed * moment // (MOMENTS - 2) + 4)
                                   for moment in range(MOMENTS))
        print("status and last checkpoint: times", dict(seen))
        self.assertEqual({status for status, _ in seen}, {0, 8})
        self.assertGreater(len({step for status, step in seen if status == 8}), 1, seen)


if __name__ == "__main__":
    unittest.main()
