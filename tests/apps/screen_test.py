"""What a person sees: the bar on a terminal; and a stdout that can't be written, which must not end a run."""
import fcntl
import os
import pty
import re
import struct
import subprocess
import termios
import threading
import unittest

from programs import BIN, SMALL, ProgramTest, environment

COLUMNS = 100


class Terminal:
    """The lines that a terminal shows, and every line that was ever drawn; knows \\r, \\n and erase-to-end-of-line."""

    def __init__(self, text):
        self.lines, self.drawn, line, column = [], [], "", 0
        for token in re.findall(r"\x1b\[K|\r|\n|[^\x1b\r\n]+|\x1b", text):
            if token == "\x1b[K":
                line = line[:column]
            elif token in "\r\n":
                self.drawn.append(line)
                column = 0
                if token == "\n":
                    self.lines.append(line)
                    line = ""
            else:
                assert token != "\x1b", "an escape sequence that isn't erase-to-end-of-line"
                line = line[:column] + token + line[column + len(token) :]
                column += len(token)
        self.lines.append(line)


class Screen(ProgramTest):
    def on_terminal(self, *options):
        """A small run whose stdout is a terminal of COLUMNS columns: what that shows."""
        master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 40, COLUMNS, 0, 0))
        process = subprocess.Popen([BIN / "kindling-train", *SMALL, "--output-dir", "out", *options], stdout=slave,
                                   stderr=subprocess.PIPE, env=environment(), cwd=self.folder)
        os.close(slave)
        killer = threading.Timer(120, process.kill)
        killer.start()
        text = b""
        try:
            while chunk := os.read(master, 65536):
                text += chunk
        except OSError:  # the other side is closed
            pass
        os.close(master)
        stderr = process.communicate()[1]
        killer.cancel()
        self.assertEqual(process.returncode, 0, stderr)
        return Terminal(text.decode().replace("\r\n", "\n"))

    def test_a_bar_is_drawn_in_place_and_gone_at_the_end(self):
        terminal = self.on_terminal("--epochs", "2")
        bars = [line for line in terminal.drawn if re.match(r"epoch \d/2 \[#+\.*\] ", line)]
        self.assertTrue(any(line.startswith("epoch 1/2 [") for line in bars))
        full = [line for line in bars if " 6/6  loss " in line]
        self.assertEqual(len(full), 2, bars)
        for line in bars:
            self.assertLess(len(line), COLUMNS)
            self.assertRegex(line, r"loss \d+\.\d{4}  top-1 [ \d]\d\.\d\d %  \d+ img/s  left \d+:\d\d$")
        for line in full:
            self.assertNotIn(".", line[line.index("[") : line.index("]")])
        self.assertTrue(any(line.startswith("evaluating ") for line in terminal.drawn))
        shown = "\n".join(terminal.lines)
        self.assertNotIn("[#", shown)
        self.assertNotIn("evaluating", shown)
        self.assertEqual(len([line for line in terminal.lines if line.startswith("epoch ")]), 2, shown)
        self.assertEqual(terminal.lines[-2:], ["done: out", ""])

    def test_a_full_disk_behind_stdout_costs_only_what_was_printed(self):
        with open("/dev/full", "w") as full:
            self.assert_fails(self.train_into(full), 8, "stdout")
        self.assert_complete()

    def test_a_reader_that_goes_away_does_not_end_the_run(self):
        read_end, write_end = os.pipe()
        os.close(read_end)
        with os.fdopen(write_end, "w") as pipe:
            self.assert_fails(self.train_into(pipe), 8, "stdout")
        self.assert_complete()

    def test_closed_standard_files_do_not_become_files_of_the_run(self):
        done = subprocess.run(["sh", "-c", 'exec "$@" <&- >&- 2>&-', "sh", BIN / "kindling-train", *SMALL, "--epochs",
                               "2", "--output-dir", "out"], timeout=600, env=environment(), cwd=self.folder)
        self.assertEqual(done.returncode, 0)
        self.assert_complete()
        self.assertEqual((self.folder / "out/.lock").read_bytes(), b"")

    def train_into(self, stdout):
        return subprocess.run([BIN / "kindling-train", *SMALL, "--epochs", "2", "--output-dir", "out"], stdout=stdout,
                              stderr=subprocess.PIPE, text=True, timeout=600, env=environment(), cwd=self.folder)

    def assert_complete(self):
        self.assertEqual(len(self.rows("out/epochs.csv")), 2)
        self.assertEqual(len(self.rows("out/batches.csv")), 12)
        self.assertTrue((self.folder / "out/checkpoints/step-00000012.safetensors").exists())
        self.assertTrue((self.folder / "out/weights.safetensors").exists())


if __name__ == "__main__":
    unittest.main()
