"""An aside file: what was changed in a Metakit file that stayed as it was."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, NoReturn

from ...errors import CorruptError, FormatError

if TYPE_CHECKING:
    from .reader import Column, MetakitFile, MetakitView

STRUCTURE = "_C[_O:I,_D[_K:I,_R:I,_B:B]]"


class Aside:
    """The changes in an aside file. Raises FormatError if `file` is not one."""

    def __init__(self, file: MetakitFile) -> None:
        if file.description and file.description != STRUCTURE:
            raise FormatError(
                f"{file.name} is no aside file: it holds {file.description[:60]!r}. Read it "
                "without aside=, or name the aside file"
            )
        self.name = file.name
        view = file.views.get("_C")
        self._origins: Column = view.column("_O") if view else ()
        self._changes: Sequence[MetakitView] = view.column("_D") if view else ()

    def root(self) -> bytes:
        """The root walk that takes the place of the main file's; empty if nothing was changed."""
        last = self._changes[-1] if len(self._changes) else ()
        return bytes(last.column("_B")[0]) if last else b""

    def content(
        self, id: int, size: int, most: int, original: Callable[[int, int], memoryview]
    ) -> bytes:
        """What the column `id` of `size` bytes holds.

        `original` gives up to so many bytes of the main file from a position on; `most` is how
        large a column can be.
        """
        if not 0 <= id < len(self._changes):
            self._fail(id, "there is no such column")
        changes, origin = self._changes_of(id, most), int(self._origins[id])
        removed = sum(-resize for _, resize, _ in changes if resize < 0)
        content = bytearray(original(origin, size + removed) if origin > 0 else b"")
        at = 0
        for keep, resize, new in changes:
            at += keep
            if keep < 0 or at > len(content):
                self._fail(id, "what is to be kept is not there")
            if resize < 0:
                del content[at : at - resize]
            elif len(content) + resize > 2 * most:
                self._fail(id, "it would grow beyond both files")
            else:
                content[at:at] = bytes(resize)
            content[at : at + len(new)] = new
            at += len(new)
        return bytes(content[:at])

    def _changes_of(self, id: int, most: int) -> list[tuple[int, int, bytes]]:
        """How far to move, how many bytes to insert or remove, and what to write; in turn."""
        view = self._changes[id]
        if len(view) > most:
            self._fail(id, "it has more changes than bytes")
        kept, resized, new = (view.column(name) for name in ("_K", "_R", "_B"))
        return list(zip(map(int, kept), map(int, resized), new, strict=True))

    def _fail(self, id: int, why: str) -> NoReturn:
        raise CorruptError(
            f"{self.name} is damaged, or belongs to another file: its column {id} cannot be "
            f"applied: {why}. Name the file that it was made with, or put a good copy in its place"
        )
