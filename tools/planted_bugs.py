#!/usr/bin/env python3
"""Shows that the tests would notice: plants one bug at a time in a copy of the tree and demands that a test fails.

    planted_bugs.py [--all | --some N | NAME...] [--build PRESET] [--list | --check BIN]

Each tests/planted_bugs/NN-name.patch begins with lines that say what it plants, the test program to build and the
GoogleTest filter that must catch it:

    Plants: the filter is read with rows and columns exchanged
    Target: reference_test
    Test: Conv2dForward.*

and, for code that cpu-release doesn't build, `Build: PRESET` (of CMakePresets.json); where what catches it ends the program,
as the race checker does, `Report: WORDS` that it must print. The copy (build/planted/) is made of
the tracked files as they are now, and is built incrementally. First the tests of
the chosen bugs must pass in the unpatched copy; then, bug by bug: apply, build the target, run the test, demand that it
fails (a crash or a time-out is not a failing test), revert. A patch that does not apply is an error.

--check BIN only demands that every patch applies to the tree as it is, and that the programs in the folder BIN have the
test it names: what a change is most likely to break, found at once.

--build PRESET takes only the bugs of that build; without it, those of builds that need CUDA's headers are left out where
there are none.

--some N takes every so many-th patch, so that the same N run each time and cover the whole list.
"""

import argparse
import os
import re
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PATCHES = ROOT / "tests" / "planted_bugs"
COPY = ROOT / "build" / "planted" / "tree"
USUAL_BUILD = "cpu-release"
TEST_SECONDS = 300


class PlantedError(Exception):
    """One line on what went wrong with a planted bug."""


@dataclass
class Bug:
    name: str
    patch: Path
    plants: str
    target: str
    test: str
    preset: str
    report: str  # what the program must print as it ends; empty: a test must fail

    @property
    def build(self):
        return COPY / "build" / self.preset  # as far below its sources as in the tree: ccache knows the objects then


def read_bug(patch):
    header = patch.read_text().split("\n--- ", 1)[0].split("\ndiff ", 1)[0]
    fields = dict(re.findall(r"^(Plants|Target|Test|Build|Report): *(.+)$", header, re.MULTILINE))
    for field in ("Plants", "Target", "Test"):
        if field not in fields:
            raise PlantedError(f"{patch.name} has no line '{field}: ...'")
    return Bug(patch.stem, patch, fields["Plants"], fields["Target"], fields["Test"].strip(),
               fields.get("Build", USUAL_BUILD).strip(), fields.get("Report", "").strip())


def has_cuda_headers():
    return bool(shutil.which("nvcc") or Path("/usr/local/cuda/include/cuda_runtime_api.h").exists())


def choose(bugs, args):
    if args.build:
        bugs = [bug for bug in bugs if bug.preset == args.build]
    elif not args.names and not has_cuda_headers():
        bugs = [bug for bug in bugs if "cuda" not in bug.preset]
    if args.names:
        unknown = set(args.names) - {bug.name for bug in bugs}
        if unknown:
            raise PlantedError(f"no planted bug named {', '.join(sorted(unknown))}; --list shows them")
        return [bug for bug in bugs if bug.name in args.names]
    if args.some and args.some < len(bugs):
        return [bugs[i * len(bugs) // args.some] for i in range(args.some)]
    return bugs


def synchronise():
    """Makes the copy equal to the tracked files, touching only what differs (so that the build stays incremental)."""
    names = subprocess.run(["git", "-C", ROOT, "ls-files", "-z"], capture_output=True, check=True).stdout
    wanted = {name for name in names.decode().split("\0") if name and (ROOT / name).is_file()}
    for name in wanted:
        source, target = ROOT / name, COPY / name
        if not target.is_file() or target.read_bytes() != source.read_bytes():
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(source, target)
    for path in COPY.rglob("*"):
        name = path.relative_to(COPY).as_posix()
        if path.is_file() and name not in wanted and not name.startswith("build/"):
            path.unlink()


def run(command, **options):
    return subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace",
                          **options)


def build(folder, targets):
    """The compiler's output if the targets don't build, else an empty string."""
    result = run(["cmake", "--build", folder, "-j", str(os.cpu_count()), "--target", *targets],
                 env={**os.environ, "CCACHE_BASEDIR": str(COPY)})
    return result.stdout if result.returncode else ""


def configure(bugs):
    for bug in {bug.preset: bug for bug in bugs}.values():
        result = run(["cmake", "--preset", bug.preset, "-DKINDLING_BENCH=OFF"], cwd=COPY)
        if result.returncode:
            raise PlantedError(f"the copy can't be configured:\n{result.stdout}")


def run_test(bug):
    """passed, failed, skipped, or what else became of the bug's test."""
    command = [bug.build / "bin" / bug.target, f"--gtest_filter={bug.test}", "--gtest_brief=0"]
    try:
        result = run(command, timeout=TEST_SECONDS, cwd=bug.build)
    except subprocess.TimeoutExpired:
        return f"did not end within {TEST_SECONDS} s"
    passed = re.search(r"^\[  PASSED  \] (\d+) test", result.stdout, re.MULTILINE)
    if result.returncode == 0:
        if passed and int(passed[1]) > 0:
            return "passed"
        return "skipped" if "[  SKIPPED ]" in result.stdout else "matched no test"
    if bug.report and bug.report in result.stdout:
        return "failed"
    if result.returncode == 1 and re.search(r"^\[  FAILED  \]", result.stdout, re.MULTILINE):
        return "failed"
    return f"ended with status {result.returncode}"


def apply_patch(bug, tree, *options):
    # The copy lies inside the project's repository; without the ceiling git would patch relative to that.
    environment = {**os.environ, "GIT_CEILING_DIRECTORIES": str(tree.parent)}
    environment.pop("GIT_DIR", None)
    result = run(["git", "apply", *options, bug.patch], cwd=tree, env=environment)
    if result.returncode:
        raise PlantedError(f"{bug.patch.name} does not apply: {result.stdout.strip()}")


def check_unpatched(bugs):
    for folder in sorted({bug.build for bug in bugs}):
        complaints = build(folder, sorted({bug.target for bug in bugs if bug.build == folder}))
        if complaints:
            raise PlantedError(f"the unpatched copy does not build:\n{complaints}")
    results = {}
    for bug in bugs:
        key = (bug.build, bug.target, bug.test)
        results[key] = results.get(key) or run_test(bug)
        if results[key] != "passed":
            raise PlantedError(f"{bug.name}: without the bug, {bug.target} {bug.test}: {results[key]}; it must pass")


def check_bug(bug):
    apply_patch(bug, COPY)
    try:
        complaints = build(bug.build, [bug.target])
        if complaints:
            raise PlantedError(f"with {bug.patch.name}, {bug.target} does not build:\n{complaints}")
        result = run_test(bug)
    finally:
        apply_patch(bug, COPY, "--reverse")
    if result != "failed":
        raise PlantedError(f"{bug.target} {bug.test}: {result}, though {bug.plants}")


def check_all(bugs):
    missed = 0
    for bug in bugs:
        start = time.monotonic()
        try:
            check_bug(bug)
            print(f"caught  {bug.name}: {bug.plants} ({time.monotonic() - start:.0f} s)", flush=True)
        except PlantedError as error:
            missed += 1
            print(f"MISSED  {bug.name}: {error}", flush=True)
    return missed


def check_patches(bugs, programs):
    """Complaints about patches that don't apply to the tree and tests that the programs don't have (those of another
    build aren't looked for)."""
    complaints = []
    for bug in bugs:
        try:
            apply_patch(bug, ROOT, "--check")
        except PlantedError as error:
            complaints.append(str(error))
        if bug.preset != USUAL_BUILD:
            continue
        if not (programs / bug.target).exists():
            complaints.append(f"{bug.patch.name}: {programs / bug.target} is not built")
            continue
        listing = run([programs / bug.target, "--gtest_list_tests", f"--gtest_filter={bug.test}"])
        if listing.returncode or not re.search(r"^  \S", listing.stdout, re.MULTILINE):
            complaints.append(f"{bug.patch.name}: {bug.target} has no test {bug.test}")
    return complaints


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--all", action="store_true", help="every planted bug (the default)")
    parser.add_argument("--some", type=int, metavar="N", help="N of them, spread over the list")
    parser.add_argument("--build", metavar="PRESET", help="only the bugs of that build")
    parser.add_argument("--list", action="store_true", help="only list them")
    parser.add_argument("--check", type=Path, metavar="BIN", help="only demand that they apply and name a test")
    parser.add_argument("names", nargs="*", metavar="NAME", help="by name, for example 01-bfloat16-truncates")
    args = parser.parse_args()
    try:
        bugs = choose([read_bug(patch) for patch in sorted(PATCHES.glob("*.patch"))], args)
        if args.list:
            print("\n".join(f"{bug.name}: {bug.plants} [{bug.preset} {bug.target} {bug.test}]" for bug in bugs))
            return
        if not bugs:
            raise PlantedError(f"no patches in {PATCHES}")
        if args.check:
            complaints = check_patches(bugs, args.check.resolve())
            print("\n".join(complaints) or f"{len(bugs)} planted bugs apply, and their tests are there")
            sys.exit(1 if complaints else 0)
        synchronise()
        configure(bugs)
        check_unpatched(bugs)
        print(f"unpatched copy: the tests of {len(bugs)} planted bugs pass", flush=True)
        missed = check_all(bugs)
    except PlantedError as error:
        sys.exit(f"planted_bugs.py: {error}")
    if missed:
        sys.exit(f"{missed} of {len(bugs)} planted bugs were missed")
    print(f"{len(bugs)} planted bugs, each caught by the test it names")


if __name__ == "__main__":
    main()
