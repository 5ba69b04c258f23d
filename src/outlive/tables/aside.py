"""An aside: a storage that takes every change of another one, whose file is only read.

Its header says on which commit of the main storage its changes are made. Merged, they are one
commit of the main storage, which has the token of the aside's last; so an aside that was merged
when the program was killed, and not yet emptied, is known for one.
"""

from __future__ import annotations

from ..engines import Engine
from ..errors import ConflictError, FormatError, ReadOnlyError
from . import manifest
from .manifest import DATA, HEADER, MANIFEST, Manifest
from .moment import Moment
from .overlay import Overlay


class Aside:
    """The engine of an aside storage, attached to the one of the main storage."""

    def __init__(self, main: Engine, other: Engine, *, is_writable: bool) -> None:
        self.name = other.name
        self.is_writable = is_writable
        self.engine = Overlay(main, other, MANIFEST, 0)
        self.check()

    def check(self) -> None:
        """Meet the main storage at its last commit. Raises ConflictError, FormatError."""
        main = self.main()
        self._check(main.token)
        self.engine.rev = main.rev

    def main(self) -> Manifest:
        """The manifest of the main storage, as it is now."""
        lower = self.engine.lower
        return manifest.read(Moment(lower.snapshot()), lower.name)

    def _check(self, token: str) -> None:
        moment = Moment(self.engine.upper.snapshot())
        base = self._base(moment)
        own = manifest.read(moment, self.name)
        if base is None and own.rev:
            raise FormatError(
                f"{self.name} has tables of its own; an aside is a storage without any"
            )
        if base == token:
            return
        if base is not None and own.rev and own.token != token:
            raise ConflictError(
                f"{self.name} has changes to another state of {self.engine.name}; put back the "
                "file that it belongs to, or delete it to begin anew"
            )
        if self.is_writable:
            self._empty(moment, token)
        elif own.rev:
            raise ReadOnlyError(
                f"{self.name} was merged into {self.engine.name}, but not emptied yet; open it "
                "with mode='rw' once"
            )

    def _base(self, moment: Moment) -> str | None:
        content = manifest.check_header(moment.get(HEADER), False, self.name)
        return None if content is None else content.get("aside_of")

    def _empty(self, moment: Moment, token: str | None) -> None:
        deletes = {key: None for key, _ in moment.scan(*DATA)}
        self.engine.upper.commit({**deletes, HEADER: manifest.header(token)})

    def merge(self) -> None:
        """Move all changes to the main storage. Raises ConflictError if others changed that."""
        moment = Moment(self.engine.upper.snapshot())
        own = manifest.read(moment, self.name)
        if not own.rev:
            return
        writes = {
            key: entry.value if len(entry.value) else None for key, entry in moment.scan(*DATA)
        }
        self.engine.rev = self.engine.lower.commit(writes, expect={MANIFEST: self.engine.rev})
        self._empty(moment, own.token)

    def forget(self) -> None:
        """Drop all changes."""
        if not self.is_writable:
            raise ReadOnlyError(f"{self.name} is open for reading; open it with mode='rw'")
        self._empty(Moment(self.engine.upper.snapshot()), None)
