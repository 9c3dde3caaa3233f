#!/usr/bin/env python3
"""What the scripts in slurm/ ask of a real Slurm and do in its jobs, around a stand-in for kindling-study."""

import fcntl
import json
import os
import shutil
import sys
import unittest

import harness

EXPERIMENTS = ("c1", "c2", "c3", "c4", "c5", "c6", "c7", "scaling", "all")


class JobsTest(harness.SlurmTest):
    def setUp(self):
        super().setUp()
        self.programs = self.root / "build/cpu-release/bin"
        self.programs.mkdir(parents=True)
        shutil.copy(harness.HERE / "study_stand_in.py", self.programs / "kindling-study")
        (self.root / "build/cpu-release/build.ninja").write_text("build apps/all: phony\n")  # nothing to do
        (self.root / "build/data").mkdir()
        for name in ("data_batch_1.bin", "test_batch.bin"):
            (self.root / "build/data" / name).write_bytes(b"image")

    def program(self, name, does):
        """A program in the folder `tool` of the tree."""
        (self.root / "tool").mkdir(exist_ok=True)
        (self.root / "tool" / name).write_text(f"#!/bin/sh\n{does}\n")
        (self.root / "tool" / name).chmod(0o755)

    def calls(self, task, out="out/study"):
        return [json.loads(line) for line in (self.root / out / task / "calls").read_text().splitlines()]


class Submit(JobsTest):
    def test_every_script_by_plain_sbatch(self):
        jobs = {}
        for task in (*EXPERIMENTS, "report"):
            script = f"slurm/{task.upper() if len(task) == 2 else task}_submit.sh"
            jobs[task] = self.sbatch("--cpus-per-task=2", script)
        for task, number in jobs.items():
            with self.subTest(task=task):
                job = self.assert_ended(number, "COMPLETED")
                self.assertEqual((job["JobName"], job["Requeue"]), (f"{task}-kindling", "1"))
                (call,) = self.calls(task)
                self.assertEqual(call["options"]["task"], task)
        for script in (self.root / "slurm").glob("*_submit.sh"):  # what scontrol doesn't show
            self.assertIn("\n#SBATCH --signal=B:USR1@120\n#SBATCH --requeue\n#SBATCH --open-mode=append\n",
                          script.read_text(), script.name)
        self.assertEqual(self.calls("c1")[0]["files"], ["data_batch_1.bin", "test_batch.bin"])
        command = "build/cpu-release/bin/kindling-study c1 --out out/study --data-path build/data --device cpu"
        self.assertIn(f"== {command} --workers 0 --threads 2", self.log(jobs["c1"]))

    def test_options_of_the_script_reach_the_study(self):
        (self.root / "images").symlink_to("build/data")
        number = self.sbatch("slurm/C6_submit.sh", "--data-path=images", "--out", "out/mine", "--quick", "--seeds", "3")
        self.assert_ended(number, "COMPLETED")
        options = self.calls("c6", "out/mine")[0]["options"]
        self.assertEqual((options["data_path"], options["quick"], options["seeds"]), ("images", True, "3"))

    def test_make_prints_the_job_last_and_its_variables_reach_slurm_and_the_study(self):
        done = self.make("c1", "CPUS=4", "TIME=00:30:00", "QUICK=1", "PARTITION=other", "ACCOUNT=physics", "OUT=out/b",
                         "OPTIONS=--seeds 2", "SBATCH=--nice=5")
        job = self.assert_ended(self.job_of(done), "COMPLETED")
        self.assertEqual((job["CPUs/Task"], job["TimeLimit"], job["Partition"], job["Account"], job["Nice"]),
                         ("4", "00:30:00", "other", "physics", "5"))
        self.assertEqual(job["StdOut"], f"{self.root}/out/b/slurm/c1-{job['JobId']}.log")
        options = self.calls("c1", "out/b")[0]["options"]
        self.assertEqual((options["quick"], options["seeds"], options["device"]), (True, "2", "cpu"))

    def test_too_much_is_refused_with_one_line(self):
        for words, names in (("CPUS=999", "--cpus-per-task=999"), ("GPUS=9", "--gres=gpu:9"),
                             ("PARTITION=no", "--partition=no")):
            with self.subTest(words=words):
                done = self.make("c1", words, status=2)
                ours = [line for line in done.stderr.splitlines() if not line.startswith("make: ")]
                self.assertEqual(len(ours), 1, done.stderr)
                self.assertIn(f"Slurm refuses c1 (asked beyond the script's own: {names})", ours[0])
                self.assertIn("sbatch: error:", ours[0])
                self.assertEqual(done.stdout, "")

    def test_outside_the_root_and_outside_a_job(self):
        number = self.sbatch("--chdir", self.root, self.root / "slurm/C1_submit.sh")
        self.assert_ended(number, "COMPLETED")
        done = self.run_command("sbatch", "--parsable", "C1_submit.sh", cwd=self.root / "slurm")
        self.assert_ended(self.job_of(done), "FAILED", 2)
        self.assertIn("submit in the repository's root", self.log(self.job_of(done)))
        done = self.run_command("slurm/C1_submit.sh")
        self.assertEqual((done.returncode, done.stderr.count("\n")), (2, 1))
        self.assertIn("sbatch slurm/C1_submit.sh", done.stderr)


class Allocation(JobsTest):
    def test_workers_and_threads_are_the_jobs_cpus(self):
        jobs = {cpus: self.make("c3", f"CPUS={cpus}", f"OUT=out/{cpus}") for cpus in (1, 2, 8, 32)}
        for cpus, done in jobs.items():
            self.assert_ended(self.job_of(done), "COMPLETED")
            (call,) = self.calls("c3", f"out/{cpus}")
            options = call["options"]
            counts, threads = list(map(int, options["workers_list"].split(","))), int(options["threads"])
            self.assertEqual(counts[:2], [0, 1])
            self.assertEqual(max(*counts, int(options["workers"])) + threads, max(cpus, 2))  # C4 wants 1 worker
            self.assertEqual(call["environment"]["OMP_NUM_THREADS"], str(cpus))
        self.assertEqual((options["workers_list"], options["workers"]), ("0,1,2,4,8,12,16", "4"))

    def test_an_experiment_that_computes_has_more_threads(self):
        self.assert_ended(self.job_of(self.make("c1", "CPUS=16")), "COMPLETED")
        (call,) = self.calls("c1")
        self.assertEqual((call["options"]["workers"], call["options"]["threads"]), ("4", "12"))

    def test_a_gpu_is_insisted_on(self):
        done = self.make("c1", "GPUS=1", "CPUS=4")
        self.assert_ended(self.job_of(done), "FAILED", 2)
        self.assertIn("make -f Makefile.slurm build PRESET=cuda-release", self.log(self.job_of(done)))
        (self.root / "build/cuda-release").symlink_to("cpu-release")
        job = self.assert_ended(self.job_of(self.make("c1", "GPUS=1", "CPUS=4")), "COMPLETED")
        self.assertIn("gpu:1", job["TresPerNode"])
        (call,) = self.calls("c1")
        self.assertEqual((call["options"]["device"], call["options"]["workers"], call["options"]["threads"]),
                         ("cuda", "3", "1"))
        self.assertEqual(call["environment"]["CUDA_VISIBLE_DEVICES"], "0")

    def test_images_are_copied_to_the_nodes_disk(self):
        disk = self.root / "disk"
        disk.mkdir()
        number = self.sbatch("slurm/C1_submit.sh", env={"SLURM_TMPDIR": str(disk)})
        self.assert_ended(number, "COMPLETED")
        (call,) = self.calls("c1")
        self.assertEqual(call["options"]["data_path"], f"{disk}/kindling-{number}")
        self.assertEqual(call["files"],
                         ["cifar-10-batches-bin/data_batch_1.bin", "cifar-10-batches-bin/test_batch.bin"])
        self.assertEqual(list(disk.iterdir()), [])  # and removed at the end

    def test_images_are_read_in_place_where_they_cannot_be_copied(self):
        self.program("df", "echo head; echo disk 9 8 0 89% /disk")  # 0 KiB are free
        path = f"{self.root}/tool:{self.environment['PATH']}"
        for disk, says in ((self.root / "missing", "no folder that can be written"), (self.root, "don't fit")):
            out = f"out/{disk.name}"
            number = self.sbatch("slurm/C1_submit.sh", "--out", out, env={"SLURM_TMPDIR": str(disk), "PATH": path})
            self.assert_ended(number, "COMPLETED")
            self.assertIn(says, self.log(number))
            self.assertEqual(self.calls("c1", out)[0]["options"]["data_path"], "build/data")

    def test_without_images_the_job_fails_with_one_line(self):
        number = self.job_of(self.make("c1", "DATA=nowhere"))
        self.assert_ended(number, "FAILED", 3)
        self.assertEqual(self.log(number).count("\n"), 2, self.log(number))  # the job's head, and why
        self.assertIn("no CIFAR-10 in nowhere", self.log(number))

    def test_the_studys_status_is_the_jobs(self):
        number = self.sbatch("slurm/C1_submit.sh", env={"STAND_IN": "exit 6"})
        self.assert_ended(number, "FAILED", 6)

    def test_the_sites_file(self):
        lines = ("unset_variable=$not_set", "false", "export FROM_SITE=yes", "PARTITION=other", "")
        (self.root / "slurm/site.sh").write_text("\n".join(lines))
        job = self.assert_ended(self.job_of(self.make("c1", "TIME=00:30:00")), "COMPLETED")
        self.assertEqual(job["Partition"], "other")
        self.assertEqual(self.calls("c1")[0]["environment"]["FROM_SITE"], "yes")
        (self.root / "images").symlink_to("build/data")
        (self.root / "slurm/site.sh").write_text("KINDLING_DATA=images\nexport FROM_SITE=yes\n")
        for number, out in ((self.job_of(self.make("c1", "OUT=out/make")), "out/make"),
                            (self.sbatch("slurm/C1_submit.sh", "--out", "out/plain"), "out/plain")):
            self.assert_ended(number, "COMPLETED")
            self.assertEqual(self.calls("c1", out)[0]["options"]["data_path"], "images")
        (self.root / "mine.sh").write_text("export FROM_SITE=mine\n")
        number = self.sbatch("slurm/C2_submit.sh", env={"KINDLING_SITE": "mine.sh"})
        self.assert_ended(number, "COMPLETED")
        self.assertEqual(self.calls("c2")[0]["environment"]["FROM_SITE"], "mine")
        refused = self.make("c1", status=2, env={"KINDLING_SITE": "gone.sh"})
        self.assertIn("can't read the site file gone.sh", refused.stderr)


class Study(JobsTest):
    def test_the_jobs_follow_one_another_and_a_failed_one_does_not_end_the_study(self):
        (self.root / "out/study/c3").mkdir(parents=True)
        (self.root / "out/study/c3/calls").mkdir()  # c3 can't note its call, and fails
        done = self.make("study", "CPUS=2")
        self.assertIn("build: build/cpu-release is up to date\ndata: CIFAR-10 is in build/data\n", done.stdout)
        self.assert_ended(self.job_of(done), "COMPLETED")
        started = [self.calls(task)[0]["started"] for task in ("c1", "c2", "c4", "c5", "c6", "c7", "scaling", "report")]
        self.assertEqual(started, sorted(started))
        status = self.make("status").stdout
        self.assertRegex(status, r"c3 +FAILED .* none yet\n")
        self.assertRegex(status, r"c4 +COMPLETED .* done\n")
        self.assertEqual(len(status.splitlines()), 10)

    def test_without_images_all_are_cancelled(self):
        (self.root / "file").write_text("")
        self.make("study", "DATA=file/below")
        jobs = dict(line.split()[1::-1] for line in (self.root / "out/study/slurm/jobs").read_text().splitlines())
        self.assertEqual(list(jobs), ["data", "c1", "c2", "c3", "c4", "c5", "c6", "c7", "scaling", "report"])
        self.assert_ended(jobs.pop("data"), "FAILED", 8)
        for number in jobs.values():
            self.assertEqual(self.wait_for(number)["JobState"], "CANCELLED")
        self.assertFalse((self.root / "out/study/c1").exists())

    def test_build_as_a_job_and_clean(self):
        shutil.rmtree(self.root / "build/cpu-release")
        self.program("cmake", 'echo "cmake $*"; mkdir -p build/cpu-release/bin')
        path = f"{self.root}/tool:{self.environment['PATH']}"
        number = self.job_of(self.make("build", "CPUS=3", env={"PATH": path}))
        self.assert_ended(number, "COMPLETED")
        self.assertIn("cmake --build --preset cpu-release -j 3 --target apps/all", self.log(number))
        (self.root / "out/study/mine").write_text("")
        (self.root / "out/study/c2").mkdir()
        shutil.copy(harness.HERE / "study_stand_in.py", self.root / "build/cpu-release/bin/kindling-study")
        self.assert_ended(self.job_of(self.make("c1")), "COMPLETED")
        self.make("clean")
        self.assertEqual(sorted(os.listdir(self.root / "out/study")), ["c2", "mine"])  # no job made these
        self.assertEqual(os.listdir(self.root / "build"), ["data"])

    def test_clean_leaves_what_others_made_and_refuses_while_a_job_waits(self):
        self.assertIn("no build job made it", self.make("clean").stdout)
        self.assertTrue(self.programs.exists())
        number = self.job_of(self.make("c1", "SBATCH=--begin=now+1hour"))
        self.assertIn(f"scancel {number}", self.make("clean", status=2).stderr)
        self.program("squeue", "echo 'slurm_load_jobs error: Unable to contact slurm controller' >&2; exit 1")
        silent = {"PATH": f"{self.root}/tool:{self.environment['PATH']}"}
        self.assertIn(f"can't tell whether job {number}", self.make("clean", status=2, env=silent).stderr)
        self.assertTrue((self.root / "out/study/slurm/jobs").exists())
        self.program("squeue", "echo 'slurm_load_jobs error: Invalid job id specified' >&2; exit 1")
        with open(self.root / "out/study/.lock", "w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            self.assertIn("a study is at work in out/study", self.make("clean", status=2, env=silent).stderr)
        self.assertRegex(self.make("status").stdout, rf"{number} +c1 +PENDING .* BeginTime +none yet")
        self.run_command("scancel", number)
        self.wait_for(number)
        for folder in ("c1", "earlier/c1-1", "earlier/c1-12"):
            (self.root / "out/study" / folder).mkdir(parents=True)
        self.make("clean")
        self.assertFalse((self.root / "out/study").exists())


if __name__ == "__main__":
    harness.skip_without_slurm()
    sys.exit(unittest.main(verbosity=2))
