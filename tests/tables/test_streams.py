"""`save` writes all of it, wherever to, or says so; `load` takes what `save` wrote, or nothing."""

from __future__ import annotations

import datetime
import io
import os
import random
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from outlive.errors import DiskError, FormatError
from outlive.tables import Storage


@pytest.fixture
def storage() -> Storage:
    """Two tables in memory, with each way to store a value."""
    made = Storage()
    table = made.getas("t[i:I,s:S,b:B,k[n:I,s:S],e:Decimal,w:datetime,o:bool]")
    when = datetime.datetime(2000, 1, 1)
    table.extend(
        {"i": n, "s": f"n{n}", "b": b"z" * n, "k": [(n, "q")] * (n % 3), "e": n, "w": when}
        for n in range(40)
    )
    made.getas("u[a:I]").append(a=1)
    return made


def saved(storage: Storage) -> bytes:
    """What `save` writes."""
    file = io.BytesIO()
    storage.save(file)
    return file.getvalue()


class Little(io.RawIOBase):
    """A file that takes no more than so many bytes at a time, as a pipe or a socket."""

    def __init__(self, most: int, until: int = sys.maxsize) -> None:
        self.content = b""
        self._most = most
        self._until = until

    def writable(self) -> bool:
        """As files say it."""
        return True

    def write(self, data: Any) -> int:
        """Take some of it; nothing once it is full."""
        part = bytes(data)[: min(self._most, self._until - len(self.content))]
        self.content += part
        return len(part)


@pytest.mark.parametrize("most", [1, 7, 1000])
def test_a_file_that_takes_little_at_a_time_gets_it_all(storage: Storage, most: int) -> None:
    """What such a file has in the end is what any other would have."""
    file = Little(most)
    storage.save(file)  # type: ignore[arg-type]  # has `write`, and that is all that is asked
    assert file.content == saved(storage)
    other = Storage()
    other.load(io.BytesIO(file.content))
    assert other["t"] == storage["t"]


def test_a_file_that_takes_no_more_is_an_error(storage: Storage) -> None:
    """Nobody takes a stream that was cut short for a whole one."""
    for until in (0, 1, 2_000):
        with pytest.raises(DiskError, match="takes no more"):
            storage.save(Little(1_000, until))  # type: ignore[arg-type]  # as above


def test_a_pipe_that_does_not_wait_is_an_error(storage: Storage) -> None:
    """A raw file that would block says None, and has taken nothing."""
    storage["u"].extend({"a": range(300_000)})
    reading, writing = os.pipe()
    os.set_blocking(writing, False)
    pipe = open(writing, "wb", buffering=0)  # noqa: SIM115  # closed with the other end
    with open(reading, "rb"), pipe, pytest.raises(DiskError, match="takes no more"):
        storage.save(pipe)


class Silent:
    """A writer of somebody's own, which returns nothing, and has taken all."""

    def __init__(self) -> None:
        self.content = b""

    def write(self, data: bytes) -> None:
        """Take all."""
        self.content += data


def test_a_writer_that_returns_nothing_has_it_all(storage: Storage) -> None:
    """Only for a raw file does None mean that nothing was written."""
    file = Silent()
    storage.save(file)  # type: ignore[arg-type]  # as above
    assert file.content == saved(storage)


def test_what_is_no_file_of_bytes_is_refused(storage: Storage) -> None:
    """Neither a path nor nothing at all can be written or read."""
    for file in ("path", None, 5):
        with pytest.raises(FormatError, match="no write"):
            storage.save(file)  # type: ignore[arg-type]  # that is the test
        with pytest.raises(FormatError, match="no read"):
            storage.load(file)  # type: ignore[arg-type]  # that is the test


LOADING = """
import io, sys
from outlive.errors import FormatError
from outlive.tables import Storage

content = open(sys.argv[1], "rb").read()
storage = Storage()
storage.getas("keep[a:I]").append(a=5)
before = storage.view("keep").to_arrow()

def check(what, damaged):
    print(what, flush=True)  # so that the last line says what has ended the program
    try:
        storage.load(io.BytesIO(damaged))
    except FormatError:
        assert list(storage) == ["keep"] and storage.view("keep").to_arrow() == before
    else:
        raise SystemExit(f"{what}: it was taken")

for line in open(sys.argv[2]):
    at, end, new = line.split()
    check(line, content[: int(at)] + bytes.fromhex(new[1:]) + content[int(end) :])
storage.load(io.BytesIO(content))
assert len(storage.view("t")) == 40
"""


def test_no_damaged_stream_is_taken(storage: Storage, tmp_path: Path) -> None:
    """Flipped bits, lengths that lie, and cuts raise FormatError, and what was there stays."""
    content = saved(storage)
    chance = random.Random(3)
    damages: list[tuple[int, int, bytes]] = [
        (at, len(content), b"") for at in range(0, len(content), 61)
    ]
    damages += [
        (at, at + 1, bytes([content[at] ^ 1 << chance.randrange(8)]))
        for at in range(0, len(content), 13)
    ]
    for value in ("ffffff7f", "ffffffff", "00000040", "00000000"):
        for _ in range(40):
            at = chance.randrange(len(content) - 4)
            if content[at : at + 4] != bytes.fromhex(value):
                damages.append((at, at + 4, bytes.fromhex(value)))
    assert len(damages) > 400
    (tmp_path / "content").write_bytes(content)
    lines = (f"{at} {end} x{new.hex()}\n" for at, end, new in damages)
    (tmp_path / "damages").write_text("".join(lines))
    files = (str(tmp_path / each) for each in ("content", "damages"))
    command = [sys.executable, "-c", LOADING, *files]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, (ended.stdout[-100:], ended.stderr[-1000:])
