"""A State as the commands see it: one document, which a program may have open."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any, Self

from ..errors import FormatError
from ..state.state import State
from . import inside
from .kinds import Kind
from .target import Options
from .values import check_kept


class StateTarget:
    """A `Target`; it is open for writing as long as this is, which shuts out programs."""

    kind = Kind.STATE

    def __init__(self, path: str, write: bool, options: Options) -> None:
        self.path = path
        if write:
            self.state = State(path, timeout=options.timeout or 0.0)
        else:
            self.state = State(path, mode="r")

    def get(self, key: str | None = None) -> Any:
        """The document, or what the path leads to in it; plain."""
        with inside.named(self.path):
            steps = inside.parse(inside.WHOLE if key is None else key)
            return copy.deepcopy(inside.find(self.state, steps))

    def set(self, key: str, value: object, *, parents: bool = False) -> None:
        """Put a value where the path leads to; ``.`` is the whole document, a mapping."""
        steps = inside.parse(key)
        with inside.named(self.path), self.state.transaction():
            if steps:
                inside.assign(self.state, steps, value, parents=parents)
                check_kept(value, inside.find(self.state, steps), f"{self.path}, {key}")
            elif isinstance(value, dict):
                self.state.clear()
                self.state.update(value)
                check_kept(value, self.state, self.path)
            else:
                raise FormatError(f"{self.path}: a State holds a mapping; give an object, {{…}}")

    def delete(self, key: str) -> None:
        """Take away what the path leads to."""
        with inside.named(self.path):
            inside.remove(self.state, inside.parse(key))

    def append(self, key: str, value: object) -> None:
        """Add a value to the list that the path leads to."""
        steps = inside.parse(key)
        with inside.named(self.path), self.state.transaction():
            inside.extend(self.state, steps, value, self.path)
            check_kept(value, inside.find(self.state, steps)[-1], f"{self.path}, {key}")

    def items(self) -> Iterator[tuple[Any, Any]]:
        """The items of the document."""
        return inside.items(copy.deepcopy(self.state))

    def keys(self) -> Iterator[str]:
        """Paths of the first level."""
        return (inside.write([key]) for key in list(self.state))

    def close(self) -> None:
        """Vacuum, if it was opened for writing."""
        self.state.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
