"""Open a Metakit file, with the aside file that belongs to it."""

from __future__ import annotations

import codecs
import os
from errno import ENOENT
from typing import NamedTuple, TypeAlias

from ...disk import atomic
from ...disk.fs import absolute
from ...errors import DiskError, FormatError
from . import marks
from .aside import Aside
from .marks import Root
from .numbers import number_at, numbers_in
from .reader import MetakitFile, MetakitView
from .source import ROOT, Source
from .structure import Field, parse
from .walk import rows_of

Content: TypeAlias = str | os.PathLike[str] | bytes | bytearray | memoryview


def read(file: Content, aside: Content | None = None, *, encoding: str = "utf-8") -> MetakitFile:
    """What a file of Metakit 2.x holds: the file at a path, or the bytes of one.

    `aside` is the aside file to apply, if the program used one; `encoding` is what it wrote in its
    strings. A data set that stands behind another file in the same file is found, as with Metakit.
    An empty file is an empty storage. Both files are read here, and never changed.

    Raises CorruptError if the file is no file of Metakit's or is damaged (columns are decoded, and
    checked, when they are asked for); FormatError if it is from before release 2, the aside file is
    none, the encoding is unknown, or NumPy is not installed; DiskError if it cannot be read.

    >>> old = bytes.fromhex(
    ...     "4a4c1a000000003b416e6e00426f62004480828888819080808e70656f706c65"
    ...     "5b6e616d653a535d818791800000000000002b8000001300000018"
    ... )
    >>> {name: len(view) for name, view in read(old).views.items()}
    {'people': 2}
    """
    _check(encoding)
    name, data = _content(file, "<bytes>")
    if aside is None:
        return _open(name, data, encoding)
    other, changes = _content(aside, "<aside bytes>")
    applied = Aside(_open(other, changes, "utf-8"))
    return _open(name, data, encoding, _Changes(applied, len(changes), _is_little(changes, other)))


class _Changes(NamedTuple):
    """An aside file, and what the main file has to know of it."""

    aside: Aside
    size: int
    is_little: bool


def _check(encoding: str) -> None:
    try:
        import numpy as np  # noqa: F401  # only whether it is there
    except ImportError as error:
        raise FormatError(
            "to read Metakit's files NumPy is needed: python -m pip install 'outlive[tables]'"
        ) from error
    try:
        b"a".decode(encoding)
        codecs.lookup(encoding)
    except (LookupError, UnicodeError, TypeError) as error:
        raise FormatError(
            f"encoding={encoding!r} is unknown; pass one that Python knows"
        ) from error


def _content(file: Content, name: str) -> tuple[str, memoryview]:
    if isinstance(file, bytes | bytearray | memoryview):
        return name, memoryview(bytes(file))  # a copy of what could change
    path = absolute(file)
    content = atomic.read(path)
    if content is None:
        raise DiskError(ENOENT, f"{path}: there is no such file; check its name", path, "read")
    return path, memoryview(content.data)


def _is_little(data: memoryview, name: str) -> bool:
    root = marks.find(data, name)
    return root is None or root.is_little


def _open(
    name: str, data: memoryview, encoding: str, changes: _Changes | None = None
) -> MetakitFile:
    root = marks.find(data, name)
    walk = memoryview(changes.aside.root() if changes else b"")
    if root is None and not walk:
        return MetakitFile(name, (), "", {})
    if root is None:  # a storage without views, whose first ones are in the aside file
        root = Root(0, 0, 0, changes is None or changes.is_little)
    start = root.base + root.position
    source = Source(
        data[root.base :],
        name,
        is_little=root.is_little,
        encoding=encoding,
        aside=changes.aside if changes else None,
        most=len(data) + (changes.size if changes else 0),
    )
    return _file(source, walk or data[start : start + root.length])


def _file(source: Source, walk: memoryview) -> MetakitFile:
    """The file whose views the root walk names."""
    where = "where its views stand"
    try:
        text, rest = _start(walk)
        numbers = numbers_in(rest) if rest else None
    except ValueError as error:
        source.fail(where, error)
    description = _decoded(text, source)
    structure = parse(description, source.name)
    if numbers is None:
        if structure:
            source.fail(where, "they end before they begin")
        return MetakitFile(source.name, (), description, {})
    try:
        total = rows_of([0, 1, *numbers.tolist()], 1, structure).total
        source.claim(ROOT, (ROOT, 0), total)
    except ValueError as error:
        source.fail(where, error)
    root = MetakitView(source, structure, "the root", 1, numbers, 0, ROOT)
    return MetakitFile(source.name, structure, description, _views(root, structure), source.most)


def _start(walk: memoryview) -> tuple[bytes, memoryview]:
    """The structure text of a root walk, and the numbers behind it. ValueError if it is none."""
    reserved, at = number_at(walk, 0)
    length, at = number_at(walk, at)
    text = bytes(walk[at : at + max(length, 0)])
    rows, at = number_at(walk, at + len(text))
    if reserved != 0 or rows != 1 or length != len(text):
        raise ValueError("they do not begin as they have to")
    return text, walk[at:]


def _decoded(text: bytes, source: Source) -> str:
    try:
        return text.decode(source.encoding)
    except UnicodeError as error:
        raise FormatError(
            f"{source.name}: the names of its columns are not {source.encoding}. Pass encoding= to "
            "say what the program wrote, such as 'latin-1'; or the file is damaged: put a good "
            "copy in its place"
        ) from error


def _views(root: MetakitView, structure: tuple[Field, ...]) -> dict[str, MetakitView]:
    views = {}
    for field in structure:
        (view,) = root.column(field.name)
        view.path = f"view {field.name}"
        views[field.name] = view
    return views
