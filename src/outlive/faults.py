"""`Fault`: what a check of a file found."""

from __future__ import annotations

from typing import NamedTuple


class Fault(NamedTuple):
    """One thing that is wrong with a file, and what helps.

    >>> str(Fault("a.json, line 3", "is no valid JSON", "put back version 1", True))
    'a.json, line 3: is no valid JSON; put back version 1'
    """

    where: str  # the file, and the place in it
    what: str  # what is wrong there
    remedy: str  # what a repair does, or what a person can do
    is_repairable: bool  # whether `repair` does it

    def __str__(self) -> str:
        return f"{self.where}: {self.what}; {self.remedy}"
