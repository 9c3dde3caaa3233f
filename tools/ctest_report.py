#!/usr/bin/env python3
"""Sums up a ctest run from its JUnit file: counts, why tests were skipped, and which device tests did not run.

    ctest_report.py BUILD_FOLDER JUNIT_FILE

A device test carries the ctest label `device`: it is compiled everywhere and skips itself where there is no device.
"""

import json
import re
import subprocess
import sys
import xml.etree.ElementTree
from collections import Counter


def labelled(build, label):
    """Names of the tests of a build that carry a label."""
    listing = subprocess.run(["ctest", "--test-dir", build, "--show-only=json-v1"], capture_output=True, check=True)
    for test in json.loads(listing.stdout)["tests"]:
        for entry in test.get("properties", []):
            if entry["name"] == "LABELS" and label in entry["value"]:
                yield test["name"]


def skip_reason(output):
    """What a skipped test printed: the line after GoogleTest's `file:line: Skipped`, or a check's `skipped: ...`."""
    match = re.search(r"^(?:.*: Skipped\n|skipped: )(.+)$", output or "", re.MULTILINE)
    return match[1].strip() if match else "no reason given"


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    build, junit = sys.argv[1:]
    status, reasons, slowest = {}, Counter(), []
    for case in xml.etree.ElementTree.parse(junit).getroot().iter("testcase"):
        name = case.get("name")
        slowest.append((float(case.get("time", 0)), name))
        skipped = case.find("skipped") is not None or case.get("status") in ("notrun", "disabled")
        failed = case.find("failure") is not None or case.get("status") == "fail"
        status[name] = "failed" if failed else "skipped" if skipped else "passed"
        if status[name] == "skipped":
            reasons[skip_reason(case.findtext("system-out"))] += 1

    count = Counter(status.values())
    print(f"{len(status)} tests: {count['passed']} passed, {count['failed']} failed, {count['skipped']} skipped")
    for reason, times in reasons.most_common():
        print(f"  skipped {times}: {reason}")
    for name in sorted(name for name, result in status.items() if result == "failed"):
        print(f"  failed: {name}")
    device = list(labelled(build, "device"))
    idle = [name for name in device if status.get(name) != "passed" and status.get(name) != "failed"]
    print(f"device tests: {len(device)} compiled, {len(idle)} of them not run")
    print("slowest: " + ", ".join(f"{name} {seconds:.1f} s" for seconds, name in sorted(slowest)[-3:][::-1]))


if __name__ == "__main__":
    main()
