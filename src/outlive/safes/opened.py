"""Opening a safe: its engine, its header, and what the two say about the values."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal

from ..disk.fs import absolute
from ..disk.replacement import Sync
from ..engines import Engine, Entry, Snapshot
from ..errors import FormatError
from ..formats import FormatLike
from ..formats.named import NAMES
from . import header
from .values import PICKLE, codec

Mode = Literal["rw", "r"]


class Opened:
    """An engine that is a safe, or that will be one as soon as somebody writes to it."""

    def __init__(
        self,
        path: Any,
        *,
        type: Any,
        format: FormatLike | None,
        mode: Mode,
        sync: Sync,
        trust: bool,
    ) -> None:
        given = path if hasattr(path, "commit") and hasattr(path, "snapshot") else None
        self.path: str = absolute(path) if given is None else given.name
        if mode not in ("rw", "r"):
            raise FormatError(f"{self.path}: mode={mode!r} is neither 'rw' nor 'r'")
        self._trust = trust
        self._takes_any = format is None and type is None
        by_default = PICKLE if type is None else "msgpack"
        self.codec = codec(self.path, by_default if format is None else format, type)
        self.is_owner = given is None
        self.engine: Engine = given or self._file(mode, sync)
        try:
            self.begin = self._meet(mode)
            self.get = self.engine.get if self.begin == self.engine.snapshot else self._get
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Close the engine, if it is ours."""
        if self.is_owner:
            self.engine.close()

    def _file(self, mode: Mode, sync: Sync) -> Engine:
        from ..engines.lmdb import LMDBEngine  # which imports lmdb

        return LMDBEngine(self.path, mode=mode, sync=sync)

    def _meet(self, mode: Mode) -> Callable[[], Snapshot]:
        """Read the header, or write it; what begins a snapshot from now on."""
        while True:
            with self.engine.snapshot() as snapshot:
                name = header.read(snapshot, self.path)
            if name is not None:
                self._agree(name)
                return self.engine.snapshot
            if mode == "r":
                return self._begin
            self._check_trust()
            header.write(self.engine, self.codec.format)

    def _get(self, key: bytes) -> Entry | None:
        """An entry of such a safe as `_begin` is for."""
        with self.begin() as snapshot:
            entry = snapshot.get(key)
            return None if entry is None else Entry(bytes(entry.value), entry.rev)

    def _begin(self) -> Snapshot:
        """A snapshot of a safe that had no header when it was opened to be read."""
        snapshot = self.engine.snapshot()
        try:
            name = header.read(snapshot, self.path)
            if name is not None:
                self._agree(name)
                if self.begin == self._begin:  # it was not closed meanwhile
                    self.begin, self.get = self.engine.snapshot, self.engine.get
        except BaseException:
            snapshot.close()
            raise
        return snapshot

    def _agree(self, name: str) -> None:
        """Take the format of the header, or raise FormatError if another was asked for."""
        if name != self.codec.format:
            if not self._takes_any or name not in NAMES:
                raise self._mismatch(name)
            self.codec.become(codec(self.path, name, None))
        self._takes_any = False
        self._check_trust()

    def _check_trust(self) -> None:
        """Raise UntrustedError if reading a value might run what others wrote."""
        if self.codec.runs_code and not self._trust:
            self.engine.check_trust()

    def _mismatch(self, name: str) -> FormatError:
        how = f"format={name!r}" if name in NAMES else f"format= and what {name} is the name of"
        asked = "" if self._takes_any else f", not {self.codec.format}"
        return FormatError(
            f"{self.path}: the values in it are written as {name}{asked}; open it with {how}"
        )
