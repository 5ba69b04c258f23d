"""Reading in four processes at once, with and without a fifth that writes all the time."""

from __future__ import annotations

import itertools
import multiprocessing
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection
from pathlib import Path

from ..harness import Contestant, WrongError
from . import items
from .databases import Lmdb, Sqlite
from .dicts import DiskCache, Lmdbm, Outlive
from .floors import Memory
from .peer import Peer, opened

READERS = 4

_COUNT = 10_000
# Reads of each process in one run: about as long for everyone. Left out are shelve and sqlitedict,
# which are not for several processes, and ZODB, whose FileStorage is for one.
_READS: dict[type[Peer], int] = {
    Outlive: 25_000,
    DiskCache: 5_000,
    Lmdbm: 40_000,
    Lmdb: 40_000,
    Sqlite: 10_000,
    Memory: 80_000,
}
# What writes beside it: the memory's readers show what any writer takes from any reader.
_WRITER: dict[type[Peer], type[Peer]] = {Memory: Lmdb}

_READY, _STOP = "ready", "stop"


def alone(kind: type[Peer]) -> str:
    """What it is called without a writer."""
    return f"{kind.name}, alone"


def beside(kind: type[Peer]) -> str:
    """What it is called with one."""
    writer = _WRITER.get(kind, kind)
    return f"{kind.name}, beside {'a writer' if writer is kind else writer.name}"


class Team:
    """The processes, each of which has opened the files of everyone."""

    def __init__(self, readers: list[Connection], writer: Connection) -> None:
        self.readers = readers
        self.writer = writer
        self.written = 0  # in the last run
        self.writing = False

    def read(self, kind: type[Peer], reads: int) -> None:
        """Let all readers read so often, and return when all have."""
        for reader in self.readers:
            reader.send((kind, reads))
        for reader in self.readers:
            _expect_ready(reader)

    def write(self, kind: type[Peer]) -> None:
        """Begin to write, and return when that has begun."""
        self.writer.send((kind, 0))
        _expect_ready(self.writer)
        self.writing = True

    def stop_writing(self) -> None:
        """End the writing."""
        if self.writing:
            self.writer.send(_STOP)
            self.written = self.writer.recv()
            self.writing = False


class Reading(Contestant):
    """One that is read by all readers."""

    syncs = ""

    def __init__(self, kind: type[Peer], team: Team) -> None:
        self.kind = kind
        self.team = team
        self.name = alone(kind)
        self.reads = _READS[kind]
        self.changes = READERS * self.reads

    def prepare(self, turn: int) -> None:  # noqa: ARG002  # nothing changes
        """Let nobody write."""
        self.team.stop_writing()

    def run(self) -> None:
        """Read."""
        self.team.read(self.kind, self.reads)

    def check(self, turn: int) -> None:
        """Nothing: a reader that failed has ended, and so has the run."""


class ReadingBeside(Reading):
    """Likewise, while another process sets one item after the other."""

    def __init__(self, kind: type[Peer], team: Team) -> None:
        super().__init__(kind, team)
        self.name = beside(kind)

    def prepare(self, turn: int) -> None:
        """Begin to write."""
        super().prepare(turn)
        self.team.write(_WRITER.get(self.kind, self.kind))

    def check(self, turn: int) -> None:
        """Look whether the writer does write."""
        self.prepare(turn)
        self.run()
        self.team.stop_writing()
        if not self.team.written:
            raise WrongError(f"{self.name}: nothing was written")


@contextmanager
def readings(folder: Path) -> Iterator[list[Contestant]]:
    """Everyone who can, with their files below `folder`, while the processes run."""
    for kind in _READS:
        opened(kind, folder / kind.__name__, items.objects(_COUNT)).close()
    context = multiprocessing.get_context("spawn")  # as after fork, not all peers work
    pairs = [context.Pipe() for _ in range(READERS + 1)]
    processes = [
        context.Process(target=_serve, args=(theirs, folder, seed), daemon=True)
        for seed, (_, theirs) in enumerate(pairs)
    ]
    for process, (_, theirs) in zip(processes, pairs, strict=True):
        process.start()
        theirs.close()  # so that a process that ends is noticed
    connections = [ours for ours, _ in pairs]
    for connection in connections:
        _expect_ready(connection)
    *readers, writer = connections
    team = Team(readers, writer)
    yield [one(kind, team) for kind in _READS for one in (Reading, ReadingBeside)]
    team.stop_writing()
    for connection in connections:
        connection.send(_STOP)
    for process in processes:
        process.join()


def _expect_ready(connection: Connection) -> None:
    if connection.recv() != _READY:
        raise WrongError("a process is out of step")


def _serve(connection: Connection, folder: Path, seed: int) -> None:
    """Read or write as told, until told to stop."""
    peers = {kind: kind(folder / kind.__name__) for kind in _READS}
    order = items.keys(_COUNT, seed)
    connection.send(_READY)
    while (told := connection.recv()) != _STOP:
        kind, reads = told
        if reads:
            peers[kind].read(itertools.islice(itertools.cycle(order), reads))
            connection.send(_READY)
        else:
            _write(connection, peers[kind])
    for peer in peers.values():
        peer.close()


def _write(connection: Connection, peer: Peer) -> None:
    """Set one item after the other until told to stop, and tell how many."""
    made = items.changes(_COUNT, _COUNT, turn=1)
    connection.send(_READY)
    for written in itertools.count():
        if connection.poll():
            connection.recv()
            connection.send(written)
            return
        peer.write(made[written % _COUNT :][:1])
