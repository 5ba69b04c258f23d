"""Asking tables of a million rows, of which the system has all in memory."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from ..harness import Contestant, Series, Work, WrongError
from . import content
from .databases import Duck, Sqlite
from .loads import ERROR, check_sums
from .peer import Tables
from .storage import Outlive, OutliveReading

LENGTHS = f"{Outlive.name}, len() of each live subview"

_KINDS: list[type[Tables]] = [Outlive, Sqlite, Duck]
_RANGE = content.COUNT // 100
_SLOW = 3  # rounds, of which SQLite takes part in one, where it takes long

Ask = Callable[[Any, int], Any]  # of a peer, and the turn


class Asking(Contestant):
    """One that answers a question, which differs from turn to turn where it can."""

    syncs = ""

    def __init__(
        self, peer: Tables, ask: Ask, check: Callable[[Any, int], bool], name: str = ""
    ) -> None:
        self.peer = peer
        self.name = name or peer.name
        self.ask = ask
        self.is_right = check

    def prepare(self, turn: int) -> None:
        """Choose the question."""
        self.turn = turn

    def run(self) -> Any:
        """Answer."""
        return self.ask(self.peer, self.turn)

    def check(self, turn: int) -> None:
        """Compare the answer with what it has to be."""
        if not self.is_right(self.ask(self.peer, turn), turn):
            raise WrongError(f"{self.name}: the answer is wrong")


class Opening(Contestant):
    """One that opens the same file each time, and sums two columns."""

    syncs = ""

    def __init__(self, peer: Tables, folder: Path) -> None:
        peer.close()
        self.kind = OutliveReading if isinstance(peer, Outlive) else type(peer)
        self.name = peer.name
        self.path = path(self.kind, folder)
        self.peer: Tables | None = None

    def prepare(self, turn: int) -> None:  # noqa: ARG002  # the file stays as it is
        """Close it."""
        if self.peer is not None:
            self.peer.close()

    def run(self) -> Any:
        """Open it, and sum."""
        self.peer = self.kind(self.path)
        return self.peer.sums()

    def check(self, turn: int) -> None:
        """Sum by other means."""
        self.prepare(turn)
        self.peer = self.kind(self.path)
        check_sums(self.peer, content.content(content.COUNT))
        self.peer.close()


def path(kind: type[Tables], folder: Path) -> Path:
    """Where a peer's file is."""
    return folder / f"tables{kind.suffix}"


def filled(folder: Path) -> list[Tables]:
    """Everyone, with the table `people` alone."""
    folder.mkdir()
    peers = [kind(path(kind, folder)) for kind in _KINDS]
    for peer in peers:
        _fill(peer, "people", content.content(content.COUNT))
        peer.close()
    os.sync()
    return [kind(path(kind, folder)) for kind in _KINDS]


def fill_others(peers: Sequence[Tables]) -> None:
    """Give everyone the tables to group and to join."""
    for peer in peers:
        _fill(peer, "grouped", content.grouped())
        _fill(peer, "few", content.content(content.JOINED))
        _fill(peer, "partners", content.partners())
    os.sync()


def _fill(peer: Tables, table: str, rows: Any) -> None:
    peer.make(table, rows)
    peer.add(table, peer.ready(rows))


def sizes(folder: Path) -> Work:
    """How large the files are that `filled` left."""
    kinds = [Series(kind.name, "", 1, [path(kind, folder).stat().st_size]) for kind in _KINDS]
    return Work(f"File of {content.COUNT:,} rows", kinds, unit="bytes")


def openings(peers: Sequence[Tables], folder: Path) -> list[Contestant]:
    """Everyone, who is closed from then on."""
    return [Opening(peer, folder) for peer in peers]


def _asking(
    peers: Sequence[Tables], ask: Ask, check: Callable[[Any, int], bool], every: int = 1
) -> list[Contestant]:
    found: list[Contestant] = [Asking(peer, ask, check) for peer in peers]
    for one, peer in zip(found, peers, strict=True):
        one.every = every if isinstance(peer, Sqlite) else 1
    return found


def numbers(peers: Sequence[Tables]) -> list[Contestant]:
    """A row by its number."""

    def is_right(answer: Any, turn: int) -> bool:
        return [row[0] for row in _tuples(answer)] == [_number(turn)]

    return _asking(peers, lambda peer, turn: peer.equal("i", _number(turn)), is_right)


def names(peers: Sequence[Tables]) -> list[Contestant]:
    """A row by its name."""

    def is_right(answer: Any, turn: int) -> bool:
        return [row[1] for row in _tuples(answer)] == [f"user {_number(turn)}"]

    return _asking(peers, lambda peer, turn: peer.equal("name", f"user {_number(turn)}"), is_right)


def ranges(peers: Sequence[Tables]) -> list[Contestant]:
    """A hundredth of the rows."""

    def low(turn: int) -> int:
        return _number(turn) % (content.COUNT - _RANGE)

    def is_right(answer: Any, turn: int) -> bool:
        found = sorted(row[0] for row in _tuples(answer))
        return found == list(range(low(turn), low(turn) + _RANGE))

    return _asking(
        peers, lambda peer, turn: peer.between(low(turn), low(turn) + _RANGE - 1), is_right
    )


def sorts(peers: Sequence[Tables]) -> list[Contestant]:
    """All rows in the order of their names."""

    def is_right(answer: Any, turn: int) -> bool:  # noqa: ARG001  # it is always the same
        found = _tuples(answer)
        return found == sorted(content.rows(content.COUNT), key=lambda row: row[1])

    return _asking(peers, lambda peer, turn: peer.sort(), is_right, _SLOW)  # noqa: ARG005


def counts(peers: Sequence[Tables]) -> list[Contestant]:
    """How large the groups are."""

    def is_right(answer: Any, turn: int) -> bool:  # noqa: ARG001  # likewise
        return sorted(_tuples(answer)) == _group_sizes()

    live = Asking(peers[0], lambda peer, turn: peer.lengths(), is_right, LENGTHS)  # noqa: ARG005
    return [*_asking(peers, lambda peer, turn: peer.counts(), is_right, _SLOW), live]  # noqa: ARG005


def groups(peers: Sequence[Tables]) -> list[Contestant]:
    """The rows of all groups."""

    def is_right(answer: Any, turn: int) -> bool:  # noqa: ARG001  # likewise
        if isinstance(answer, list):  # of all rows, in the order of the groups
            return len(answer) == content.COUNT
        return sorted((i, len(rows)) for i, rows in _tuples(answer)) == _group_sizes()

    return _asking(peers, lambda peer, turn: peer.groups(), is_right, _SLOW)  # noqa: ARG005


def joins(peers: Sequence[Tables]) -> list[Contestant]:
    """Rows that belong together."""
    there = dict(zip(*content.partners().to_pydict().values(), strict=True))
    wanted = sorted((*row, there[row[0]]) for row in content.rows(content.JOINED))

    def is_right(answer: Any, turn: int) -> bool:  # noqa: ARG001  # likewise
        return sorted(_tuples(answer)) == wanted

    return _asking(peers, lambda peer, turn: peer.join(), is_right, _SLOW)  # noqa: ARG005


def loops(peers: Sequence[Tables]) -> list[Contestant]:
    """All rows, one after the other."""
    wanted = sum(i + x for i, _, x in content.rows(content.COUNT))

    def is_right(answer: Any, turn: int) -> bool:  # noqa: ARG001  # likewise
        return bool(abs(answer - wanted) < ERROR)

    return _asking(peers, lambda peer, turn: peer.loop(), is_right)  # noqa: ARG005


def _number(turn: int) -> int:
    return turn * 7919 % content.COUNT


def _group_sizes() -> list[tuple[int, int]]:
    return [(i, content.COUNT // content.GROUPS) for i in range(content.GROUPS)]


def _tuples(answer: Any) -> list[Any]:
    return answer if isinstance(answer, list) else content.tuples(answer)
