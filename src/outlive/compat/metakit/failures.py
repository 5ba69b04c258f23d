"""outlive's errors, which are also what Mk4py raised: old ``except`` clauses go on to work."""

from __future__ import annotations

from ...errors import FormatError, ReadOnlyError


class WrongTypeError(FormatError, TypeError):
    """A value, or an argument, of a type that does not fit."""


class OutOfRangeError(FormatError, IndexError):
    """More values than columns, or a row that is not there."""


class TooLargeError(FormatError, OverflowError):
    """A number beyond what its column holds."""


class UnknownNameError(FormatError, KeyError):
    """A view that is not there."""

    __str__ = ValueError.__str__  # KeyError would show the message as a literal


class NotSetError(ReadOnlyError, TypeError):
    """A set of a row, or a view, that was computed."""


class NotKeptError(ReadOnlyError, OSError):
    """A commit of what is open for reading."""
