"""What the tests of Mk4py's views share."""

from __future__ import annotations

from typing import Any

import pytest

from outlive.compat import metakit


@pytest.fixture
def db() -> Any:
    """A storage in memory."""
    return metakit.storage()


@pytest.fixture
def view(db: Any) -> Any:
    """Three rows of a text and a number."""
    vw = db.getas("v[s:S,i:I]")
    vw.extend([("a", 1), ("b", 2), ("c", 3)])
    return vw


def rows(view: Any) -> list[tuple[Any, ...]]:
    """What a view holds."""
    names = [prop.name for prop in view.structure()]
    return [tuple(getattr(row, name) for name in names) for row in view]


def texts(view: Any) -> str:
    """The column `s`."""
    return "".join(row.s for row in view)
