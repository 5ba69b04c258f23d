"""What a state is, when the file, and the twin that a program left beside it, say different things.

An editor knows the file as it was when it was loaded. So a person's work is what differs between
the document that the program had, which is in the twin, and the one that is in the file now, and
whichever entries the twin does not know. It is merged with what the program did, by path.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Any, NamedTuple

from ..disk.twin import Text
from ..formats.document import load
from ..live import Key, plain
from .merge import changes, merge
from .replay import InvalidEntryError, Replayed, apply, apply_all, decoded, replay


class Found(NamedTuple):
    """A state, and what has to be done for the file to say it."""

    value: dict[Any, Any]
    file: Replayed  # what the file says
    is_file: bool  # whether that is all
    is_edited: bool  # whether a person's work is in it
    conflicts: list[tuple[Key, ...]]  # where the program's value stands, and a person's does not


def recover(data: bytes, twin: Text | None, path: str) -> Found:
    """What the file `data` and the twin mean together. Raises CorruptError for an unread file."""
    file = replay(data, path)
    alone = Found(file.value, file, is_file=True, is_edited=False, conflicts=[])
    if twin is None or twin.data == data or twin.is_replaced_by(file.document):
        return alone
    ours = replay(twin.data, path)
    if file.document == ours.document:
        if file.lines[: len(ours.lines)] == ours.lines:
            return alone  # the program was killed before its last entry was in the twin
        if ours.lines[: len(file.lines)] == file.lines:
            return Found(ours.value, file, is_file=False, is_edited=False, conflicts=[])
    return merged(file, ours.value, ours, twin.earlier)


def merged(
    file: Replayed, ours: dict[Any, Any], twin: Replayed, earlier: Iterable[bytes] = ()
) -> Found:
    """A person's file and the program's newest value `ours`, merged three ways.

    `twin` is what the program wrote: its document is what both began with, unless the person's
    editor held one of those that were in the file `earlier`. Then that is the base which the
    person changed least; where that alone decides what is an edit, it counts as a conflict.
    """
    theirs, conflicts = _theirs(file, twin)
    bases = {text: load(text, "") for text in (*earlier, twin.document)}
    edits = {text: changes(value, theirs) for text, value in bases.items()}
    base = min(reversed(edits), key=lambda text: len(edits[text]))
    if base != twin.document:
        meant = {(*edit.path, edit.key) for edit in edits[base]}
        seen = [(*edit.path, edit.key) for edit in edits[twin.document]]
        conflicts += [path for path in seen if path not in meant]
    result = merge(bases[base], ours, theirs)
    conflicts += [path for path in result.conflicts if path not in conflicts]
    return Found(result.value, file, is_file=False, is_edited=True, conflicts=conflicts)


def _theirs(file: Replayed, twin: Replayed) -> tuple[dict[Any, Any], list[tuple[Key, ...]]]:
    """The document that a person made, with the entries that they wrote.

    Also the paths of entries that do not fit it.
    """
    value = load(file.document, "")
    known = Counter(twin.lines)
    unclear: list[tuple[Key, ...]] = []
    for line in file.lines:
        if known[line]:
            known[line] -= 1
            continue
        parts, attempt = decoded(line), plain(value)
        try:
            apply_all(attempt, parts, apply)
            value = attempt
        except InvalidEntryError:
            unclear += [(*part.path, part.key) for part in parts]
    return value, unclear
