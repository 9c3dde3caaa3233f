"""A record of file calls (disk_faults.cc), and what a disk may hold when the power goes at any place in it."""
import collections
import os

Entry = collections.namedtuple("Entry", "call result path arguments data")
O_CREAT, O_TRUNC, O_APPEND, O_DIRECTORY = os.O_CREAT, os.O_TRUNC, os.O_APPEND, os.O_DIRECTORY


def read_record(file):
    """The calls in order. Those on a descriptor have its path, and its number as the first argument."""
    text = file.read_bytes()
    paths = {}
    at = 0
    while at < len(text):
        end = text.index(b"\n", at)
        call, result, *arguments = text[at:end].decode().split(" ")
        at = end + 1
        data = b""
        if call == "write":
            data = text[at : at + max(0, int(result))]
            at += len(data)
        if call == "open":
            path = arguments.pop(0)
            if int(result) >= 0:
                paths[arguments[1]] = path
        elif call in ("write", "close", "fsync", "ftruncate"):
            path = paths[arguments[0]]
        else:
            path = arguments.pop(0)
        yield Entry(call, int(result), path, arguments, data)


class File:
    """`data` is what programs see; `synced` what is on the disk for sure; `pending` the changes since."""

    def __init__(self, data=b""):
        self.data = self.synced = bytes(data)
        self.pending = []  # (offset, bytes), or (size, None) for a truncation

    def change(self, offset, data):
        self.data = changed(self.data, offset, data)
        self.pending.append((offset, data))

    def sync(self):
        self.synced, self.pending = self.data, []

    def after_crash(self, policy):
        if not self.pending or policy.files == "dropped":
            return self.synced
        if policy.files == "kept":
            return self.data
        data = self.synced
        for offset, piece in self.pending:  # each change reached the disk or not, and a write perhaps in part
            if policy.rng.random() < 0.5:
                cut = piece if piece is None or policy.rng.random() < 0.5 else piece[: policy.rng.randrange(len(piece) + 1)]
                data = changed(data, offset, cut)
        return data


def changed(data, offset, piece):
    if piece is None:
        return data[:offset].ljust(offset, b"\0")
    return data[:offset].ljust(offset, b"\0") + piece + data[offset + len(piece) :]


class Folder:
    """Names of files and folders; `synced` and `pending` as in File."""

    def __init__(self):
        self.entries, self.synced = {}, {}
        self.pending = []  # {name: file, or None where it goes}; all of one change at once

    def change(self, **entries):
        self.entries = with_changes(self.entries, entries)
        self.pending.append(entries)

    def sync(self):
        self.synced, self.pending = dict(self.entries), []

    def after_crash(self, policy):
        if not self.pending or policy.entries == "dropped":
            return self.synced
        if policy.entries == "kept":
            return self.entries
        entries = self.synced
        for change in self.pending[: policy.rng.randrange(len(self.pending) + 1)]:
            entries = with_changes(entries, change)
        return entries


def with_changes(entries, changes):
    changed_entries = {**entries, **changes}
    return {name: file for name, file in changed_entries.items() if file is not None}


# What is lost of that which was not synced: changes of files, and of entries of folders. Each "dropped" (all of it),
# "kept" (none) or "random" (some, by `rng`).
Policy = collections.namedtuple("Policy", "files entries rng", defaults=(None,))


class Disk:
    """The folder `root`, everything in it synced, and then the calls of a record."""

    def __init__(self, root):
        self.root = str(root)
        self.open = {}  # descriptor -> [file or folder, offset or None (append)]
        known = {}
        self.top = self.load(root, known)

    def load(self, path, known):
        folder = Folder()
        for entry in os.scandir(path):
            if entry.is_dir():
                folder.entries[entry.name] = self.load(entry.path, known)
            else:
                with open(entry.path, "rb") as file:
                    folder.entries[entry.name] = known.setdefault(entry.inode(), File(file.read()))
        folder.sync()
        return folder

    def find(self, path):
        """(folder that holds it, its name); (top, None) for the root."""
        parts = os.path.relpath(path, self.root).split("/")
        folder = self.top
        if parts == ["."]:
            return folder, None
        for part in parts[:-1]:
            folder = folder.entries[part]
        return folder, parts[-1]

    def apply(self, entry):
        """One call, if it succeeded."""
        if entry.result < 0:
            return
        getattr(self, "do_" + entry.call)(entry)

    def do_open(self, entry):
        flags, number = int(entry.arguments[0]), entry.arguments[1]
        folder, name = self.find(entry.path)
        if name is None or flags & O_DIRECTORY:
            self.open[number] = [folder if name is None else folder.entries[name], 0]
            return
        if name not in folder.entries:
            folder.change(**{name: File()})
        file = folder.entries[name]
        if flags & O_TRUNC and file.data:
            file.change(0, None)
        self.open[number] = [file, None if flags & O_APPEND else 0]

    def do_write(self, entry):
        file, offset = self.open[entry.arguments[0]]
        file.change(len(file.data) if offset is None else offset, entry.data)
        if offset is not None:
            self.open[entry.arguments[0]][1] += len(entry.data)

    def do_ftruncate(self, entry):
        file = self.open[entry.arguments[0]][0]
        if int(entry.arguments[1]) != len(file.data):
            file.change(int(entry.arguments[1]), None)

    def do_fsync(self, entry):
        self.open[entry.arguments[0]][0].sync()

    def do_close(self, entry):
        del self.open[entry.arguments[0]]

    def do_rename(self, entry):
        folder, name = self.find(entry.path)
        target, new = self.find(entry.arguments[0])
        assert folder is target, "a rename from one folder to another"
        if folder.entries.get(new) is not folder.entries[name]:  # else both names stay
            folder.change(**{name: None, new: folder.entries[name]})

    def do_link(self, entry):
        folder, name = self.find(entry.path)
        target, new = self.find(entry.arguments[0])
        target.change(**{new: folder.entries[name]})

    def do_unlink(self, entry):
        folder, name = self.find(entry.path)
        folder.change(**{name: None})

    def do_mkdir(self, entry):
        folder, name = self.find(entry.path)
        folder.change(**{name: Folder()})

    def after_crash(self, policy):
        """[(path below the root, file, its bytes, or None for a folder)] for what the disk holds."""
        contents = {}

        def walk(folder, prefix):
            for name, thing in sorted(folder.after_crash(policy).items()):
                if isinstance(thing, Folder):
                    yield prefix + name, thing, None
                    yield from walk(thing, prefix + name + "/")
                else:
                    if thing not in contents:  # two names of one file have the same bytes
                        contents[thing] = thing.after_crash(policy)
                    yield prefix + name, thing, contents[thing]

        return list(walk(self.top, ""))


def put(state, root):
    """Makes the folder `root` what after_crash() says."""
    root.mkdir()
    first = {}
    for path, thing, data in state:
        if data is None:
            (root / path).mkdir()
        elif thing in first:
            os.link(first[thing], root / path)
        else:
            first[thing] = root / path
            (root / path).write_bytes(data)
