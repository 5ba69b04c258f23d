"""What stands in the place of an engine that a safe may not write to, or may not use any more."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Never

from ..engines import Buffer, Engine, Range
from ..errors import ClosedError, ReadOnlyError


class ReadOnly:
    """The engine of a safe with ``mode="r"``."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self.name = engine.name
        self.limits = engine.limits
        self.get = engine.get
        self.snapshot = engine.snapshot
        self.check_trust = engine.check_trust
        self.close = engine.close

    def commit(
        self,
        writes: Mapping[bytes, Buffer | None],  # noqa: ARG002  # as the contract has it
        *,
        expect: Mapping[bytes, int] = {},  # noqa: ARG002  # likewise
        expect_ranges: Sequence[Range] = (),  # noqa: ARG002  # likewise
    ) -> Never:
        """Refuse."""
        refuse_write(self.name)

    def compact(self) -> Never:
        """Refuse."""
        refuse_write(self.name)


class Closed:
    """The engine of a safe that was closed."""

    def __init__(self, engine: Engine) -> None:
        self.name = engine.name
        self.limits = engine.limits

    def get(self, key: bytes) -> Never:  # noqa: ARG002  # as the contract has it
        """Refuse."""
        refuse_closed(self.name)

    def snapshot(self) -> Never:
        """Refuse."""
        refuse_closed(self.name)

    def commit(
        self,
        writes: Mapping[bytes, Buffer | None],  # noqa: ARG002  # as the contract has it
        *,
        expect: Mapping[bytes, int] = {},  # noqa: ARG002  # likewise
        expect_ranges: Sequence[Range] = (),  # noqa: ARG002  # likewise
    ) -> Never:
        """Refuse."""
        refuse_closed(self.name)

    def compact(self) -> Never:
        """Refuse."""
        refuse_closed(self.name)

    def check_trust(self) -> Never:
        """Refuse."""
        refuse_closed(self.name)

    def close(self) -> None:
        """Nothing: it was."""


def refuse_write(name: str) -> Never:
    """Raise ReadOnlyError."""
    raise ReadOnlyError(f"{name}: the safe was opened with mode='r', which only reads")


def refuse_closed(name: str) -> Never:
    """Raise ClosedError."""
    raise ClosedError(f"{name}: the safe was closed; open it again with Safe(…)")
