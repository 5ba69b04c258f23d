"""The argument that was not given: None is a key and a value like any other."""

from __future__ import annotations

from enum import Enum
from typing import Literal, TypeAlias


class Missing(Enum):
    """An Enum, because type checkers can tell its one member from all else."""

    MISSING = "MISSING"

    def __repr__(self) -> str:
        return "MISSING"


MISSING: Literal[Missing.MISSING] = Missing.MISSING
NotGiven: TypeAlias = Literal[Missing.MISSING]
