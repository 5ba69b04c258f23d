"""A file system that remembers what was synced, fails where it is told to, and can lose power.

`FaultyFileSystem` works on real files in a real directory (the live image) and keeps a log of
what changed and what was synced. `crash_images` makes from a log what a disk may hold after a
power cut (the durable images), where file contents and directory entries are lost apart:

nothing    what was not synced is gone
prefix     what was written is there in its order up to some point, the last write torn
random     of what was not synced, each 512-byte block, size and directory entry is there or not

After redb's crash tests and Pillai et al., "All File Systems Are Not Created Equal" (OSDI 2014).
"""

from __future__ import annotations

import os
import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, NamedTuple

from outlive.disk.fs import FileSystem

BLOCK = 512
Model = Literal["nothing", "prefix", "random"]


class Event(NamedTuple):
    """One change, or one sync, in the order in which they were made."""

    kind: Literal["write", "truncate", "name", "fsync", "fsync directory", "note"]
    inode: int = 0
    path: str = ""
    new: int | None = None  # what `path` names from now on
    offset: int = 0
    data: bytes = b""
    size: int = 0


@dataclass
class Image:
    """What a disk holds: names and contents apart, so that two names may mean one file."""

    names: dict[str, int] = field(default_factory=dict)
    contents: dict[int, bytes] = field(default_factory=dict)

    def write_to(self, directory: Path) -> None:
        """Make `directory` hold this image, and nothing else."""
        directory.mkdir(exist_ok=True)
        for old in directory.iterdir():
            old.unlink()
        made: dict[int, Path] = {}
        for name, inode in self.names.items():
            path = directory / name
            if inode in made:
                path.hardlink_to(made[inode])
            else:
                path.write_bytes(self.contents.get(inode, b""))
                made[inode] = path

    def fingerprint(self) -> object:
        """Equal for images that a program cannot tell apart."""
        return frozenset((name, self.contents.get(i, b""), i) for name, i in self.names.items())


class FaultyFileSystem(FileSystem):
    """The real calls, on the files of one directory, logged; and a failure if one is asked for.

    `fail` is the number of the call that fails with `error`, or that writes just a part ("short").
    `ignore` names the syncs that do nothing, as if the code had left them out.
    """

    def __init__(
        self,
        directory: Path,
        *,
        fail: int = -1,
        error: int | Literal["short"] = 0,
        ignore: Literal["", "file", "directory"] = "",
    ) -> None:
        self.directory = str(directory)
        self.fail = fail
        self.error = error
        self.ignore = ignore
        self.calls: list[str] = []
        self.log: list[Event] = []
        self.open_files: dict[int, int] = {}  # descriptor -> inode, 0 for the directory
        self.before = Image()
        for entry in sorted(directory.iterdir()):
            inode = entry.stat().st_ino
            self.before.names[entry.name] = inode
            self.before.contents[inode] = entry.read_bytes()
        self.names = dict(self.before.names)

    def note(self, what: str) -> None:
        """Write into the log what the program knows at this point."""
        self.log.append(Event("note", path=what))

    def _call(self, name: str) -> None:
        self.calls.append(name)
        if len(self.calls) - 1 == self.fail and isinstance(self.error, int):
            raise OSError(self.error, os.strerror(self.error))

    def _inside(self, path: str) -> str:
        directory, name = os.path.split(path)
        assert directory == self.directory, f"{path} is outside of the directory under test"
        return name

    def open(self, path: str, flags: int, mode: int = 0o666) -> int:
        self._call("open")
        fd = super().open(path, flags, mode)
        if path == self.directory:
            self.open_files[fd] = 0
            return fd
        name = self._inside(path)
        if name not in self.names:
            # A number of our own: the real one may be that of a file that is gone by now.
            self.names[name] = 1 << 62 | len(self.log)
            self.log.append(Event("name", path=name, new=self.names[name]))
        self.open_files[fd] = self.names[name]
        if flags & os.O_TRUNC:
            self.log.append(Event("truncate", self.names[name], size=0))
        return fd

    def write(self, fd: int, data: bytes | memoryview) -> int:
        self._call("write")
        if len(self.calls) - 1 == self.fail:
            data = data[: len(data) // 2 or 1]
        written = super().write(fd, data)
        offset = os.lseek(fd, 0, os.SEEK_CUR) - written  # with O_APPEND not known before
        self.log.append(
            Event("write", self.open_files[fd], offset=offset, data=bytes(data[:written]))
        )
        return written

    def truncate(self, fd: int, size: int) -> None:
        self._call("truncate")
        super().truncate(fd, size)
        self.log.append(Event("truncate", self.open_files[fd], size=size))

    def fsync(self, fd: int) -> None:
        self._call("fsync")
        self._sync(fd)

    def fdatasync(self, fd: int) -> None:
        self._call("fdatasync")
        self._sync(fd)

    def _sync(self, fd: int) -> None:
        inode = self.open_files[fd]
        if self.ignore != ("file" if inode else "directory"):
            self.log.append(Event("fsync", inode) if inode else Event("fsync directory"))

    def rename(self, source: str, target: str) -> None:
        self._call("rename")
        super().rename(source, target)
        inode = self.names.pop(self._inside(source))
        self.names[self._inside(target)] = inode
        self.log.append(Event("name", path=self._inside(target), new=inode))
        self.log.append(Event("name", path=self._inside(source)))

    def link(self, source: str, target: str) -> None:
        self._call("link")
        super().link(source, target)
        self.names[self._inside(target)] = self.names[self._inside(source)]
        self.log.append(
            Event("name", path=self._inside(target), new=self.names[self._inside(target)])
        )

    def unlink(self, path: str) -> None:
        self._call("unlink")
        super().unlink(path)
        del self.names[self._inside(path)]
        self.log.append(Event("name", path=self._inside(path)))

    def close(self, fd: int) -> None:
        self.open_files.pop(fd, None)
        super().close(fd)  # closed all the same, as Linux does
        self._call("close")

    def read(self, fd: int, size: int) -> bytes:
        self._call("read")
        return super().read(fd, size)

    def seek(self, fd: int, offset: int, whence: int = os.SEEK_SET) -> int:
        self._call("seek")
        return super().seek(fd, offset, whence)

    def stat(self, path: str) -> os.stat_result:
        self._call("stat")
        return super().stat(path)

    def lstat(self, path: str) -> os.stat_result:
        self._call("lstat")
        return super().lstat(path)

    def fstat(self, fd: int) -> os.stat_result:
        self._call("fstat")
        return super().fstat(fd)

    def listdir(self, path: str) -> list[str]:
        self._call("listdir")
        return super().listdir(path)

    def try_lock(self, fd: int) -> bool:
        self._call("lock")
        return super().try_lock(fd)

    def chmod(self, fd: int, mode: int) -> None:
        self._call("chmod")
        super().chmod(fd, mode)

    def listxattr(self, fd: int) -> list[str]:
        self._call("listxattr")
        return super().listxattr(fd)


def crash_images(
    fs: FaultyFileSystem, cut: int, model: Model, seeds: range = range(20)
) -> Iterator[Image]:
    """What the disk may hold if the power goes after the first `cut` events of the log."""
    log = fs.log[:cut]
    if model == "nothing":
        yield _replay(fs.before, _synced(log))
    elif model == "prefix":
        yield from _prefixes(fs.before, log)
    else:
        for seed in seeds:
            yield _random(fs.before, log, random.Random(f"{cut} {seed}"))


def _is_synced(log: list[Event], index: int) -> bool:
    event = log[index]
    if event.kind == "name":
        return any(later.kind == "fsync directory" for later in log[index:])
    return any(later.kind == "fsync" and later.inode == event.inode for later in log[index:])


def _synced(log: list[Event]) -> list[Event]:
    return [event for index, event in enumerate(log) if _is_synced(log, index)]


def _replay(before: Image, events: list[Event]) -> Image:
    image = Image(dict(before.names), dict(before.contents))
    for event in events:
        content = image.contents.get(event.inode, b"")
        if event.kind == "name" and event.new is None:
            image.names.pop(event.path, None)
        elif event.kind == "name" and event.new is not None:
            image.names[event.path] = event.new
        elif event.kind == "truncate":
            image.contents[event.inode] = content[: event.size].ljust(event.size, b"\0")
        elif event.kind == "write":
            head = content[: event.offset].ljust(event.offset, b"\0")
            tail = content[event.offset + len(event.data) :]
            image.contents[event.inode] = head + event.data + tail
    return image


def _prefixes(before: Image, log: list[Event]) -> Iterator[Image]:
    changes = [i for i, event in enumerate(log) if event.kind in ("write", "truncate", "name")]
    least = max((i + 1 for i in changes if _is_synced(log, i)), default=0)
    for end in range(least, len(log) + 1):
        yield _replay(before, log[:end])
        if end < len(log) and log[end].kind == "write":
            torn = log[end]._replace(data=log[end].data[: len(log[end].data) // 2])
            yield _replay(before, [*log[:end], torn])


def _random(before: Image, log: list[Event], rng: random.Random) -> Image:
    image = _replay(before, _synced(log))
    loose = [event for i, event in enumerate(log) if not _is_synced(log, i)]
    for path in sorted({event.path for event in loose if event.kind == "name"}):
        states = [image.names.get(path)]
        states += [event.new for event in loose if event.kind == "name" and event.path == path]
        chosen = rng.choice(states)
        image.names.pop(path, None)
        if chosen is not None:
            image.names[path] = chosen
    for inode in sorted({event.inode for event in loose if event.kind in ("write", "truncate")}):
        image.contents[inode] = _random_content(image, inode, loose, rng)
    return image


def _random_content(image: Image, inode: int, loose: list[Event], rng: random.Random) -> bytes:
    states = [image.contents.get(inode, b"")]
    step = Image(contents=dict(image.contents))
    for event in loose:
        if event.inode == inode:
            step = _replay(step, [event])
            states.append(step.contents[inode])
    size = len(rng.choice(states))
    blocks = (rng.choice(states)[at : at + BLOCK] for at in range(0, size, BLOCK))
    return b"".join(block.ljust(BLOCK, b"\0") for block in blocks)[:size]
