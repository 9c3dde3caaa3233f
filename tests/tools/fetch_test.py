#!/usr/bin/env python3
"""tools/fetch_cifar10.sh against a server on 127.0.0.1 that behaves well, lies, cuts and hangs."""

import hashlib
import io
import subprocess
import tarfile
import tempfile
import threading
import time
import unittest
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

SCRIPT = Path(__file__).resolve().parents[2] / "tools" / "fetch_cifar10.sh"
CONTENT = {f"data_batch_{i}.bin": bytes([i]) * 1000 for i in range(1, 6)}


def make_archive(folder):
    memory = io.BytesIO()
    with tarfile.open(fileobj=memory, mode="w:gz") as tar:
        for name, content in CONTENT.items():
            entry = tarfile.TarInfo(f"{folder}/{name}")
            entry.size = len(content)
            tar.addfile(entry, io.BytesIO(content))
    return memory.getvalue()


ARCHIVE = make_archive("cifar-10-batches-bin")
OTHER_ARCHIVE = make_archive("something-else")


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        if self.path == "/silent":  # accepts, reads the request, answers nothing
            self.server.released.wait()
            return
        if self.path == "/missing":
            self.send_error(404)
            return
        body = OTHER_ARCHIVE if self.path == "/other" else ARCHIVE
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.path == "/cut":  # promises all, sends half, closes
            self.wfile.write(body[: len(body) // 2])
        elif self.path == "/stalled":  # sends half, then nothing, and stays
            self.wfile.write(body[: len(body) // 2])
            self.wfile.flush()
            self.server.released.wait()
        else:
            self.wfile.write(body)

    def log_message(self, *args):
        pass


class FetchTest(unittest.TestCase):
    def setUp(self):
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.server.released = threading.Event()
        thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        self.addCleanup(thread.join)
        self.addCleanup(self.server.server_close)
        self.addCleanup(self.server.shutdown)
        self.addCleanup(self.server.released.set)
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name) / "data"

    def fetch(self, page, archive=ARCHIVE, timeout=5):
        url = f"http://127.0.0.1:{self.server.server_port}/{page}"
        md5 = hashlib.md5(archive).hexdigest()
        command = [SCRIPT, "--url", url, "--md5", md5, "--timeout", str(timeout), self.folder]
        return subprocess.run(command, capture_output=True, text=True, timeout=60)

    def assert_failed(self, result, status, words):
        self.assertEqual(result.returncode, status, result.stderr)
        self.assertEqual(len(result.stderr.splitlines()), 1, result.stderr)
        self.assertIn(words, result.stderr)
        self.assertEqual(list(self.folder.iterdir()), [], "something was left behind")

    def test_good_archive_is_unpacked_and_nothing_else_stays(self):
        result = self.fetch("good")
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertEqual([path.name for path in self.folder.iterdir()], ["cifar-10-batches-bin"])
        for name, content in CONTENT.items():
            self.assertEqual((self.folder / "cifar-10-batches-bin" / name).read_bytes(), content)

    def test_second_fetch_needs_no_server(self):
        self.assertEqual(self.fetch("good").returncode, 0)
        result = self.fetch("missing")
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertIn("already", result.stdout)

    def test_wrong_md5_names_both_sums(self):
        result = self.fetch("good", archive=b"another file")
        self.assert_failed(result, 3, hashlib.md5(b"another file").hexdigest())
        self.assertIn(hashlib.md5(ARCHIVE).hexdigest(), result.stderr)

    def test_archive_of_something_else(self):
        self.assert_failed(self.fetch("other", archive=OTHER_ARCHIVE), 3, "holds no cifar-10-batches-bin")

    def test_cut_transfer(self):
        self.assert_failed(self.fetch("cut"), 4, "transfer closed")

    def test_missing_page(self):
        self.assert_failed(self.fetch("missing"), 4, "404")

    def test_server_that_answers_nothing(self):
        start = time.monotonic()
        self.assert_failed(self.fetch("silent", timeout=1), 4, "/silent")
        self.assertLess(time.monotonic() - start, 20)

    def test_server_that_stops_in_the_middle(self):
        start = time.monotonic()
        self.assert_failed(self.fetch("stalled", timeout=1), 4, "/stalled")
        self.assertLess(time.monotonic() - start, 20)

    def test_nobody_listens(self):
        port = self.server.server_port
        self.server.released.set()
        self.server.shutdown()
        self.server.server_close()
        command = [SCRIPT, "--url", f"http://127.0.0.1:{port}/good", self.folder]
        self.assert_failed(subprocess.run(command, capture_output=True, text=True, timeout=60), 4, "onnect")

    def test_folder_that_cannot_be_made(self):
        self.folder.write_text("a file, not a folder")
        result = self.fetch("good")
        self.assertEqual(result.returncode, 8, result.stderr)
        self.assertEqual(len(result.stderr.splitlines()), 1, result.stderr)

    def test_usage(self):
        for arguments, words in ([], "which folder"), (["--md6", "x", "."], "--md6"), (["--timeout", "soon", "."], "soon"):
            result = subprocess.run([SCRIPT, *arguments], capture_output=True, text=True, timeout=60)
            self.assertEqual(result.returncode, 2)
            self.assertIn(words, result.stderr)


if __name__ == "__main__":
    unittest.main()
