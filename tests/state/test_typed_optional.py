"""Types that are unions, and strings where the type is none."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest

import outlive
from outlive import State


@dataclass
class Server(outlive.StateMethods):
    """One with a field that has no default."""

    host: str
    port: int = 80


@dataclass
class Site(outlive.StateMethods):
    """One in which a server may be missing."""

    main: Server | None = None
    others: list[Server | None] = field(default_factory=list)
    born: date | None = None
    seen: datetime | None = None
    raw: bytes = b""


WRONG: dict[str, Callable[[Any], object]] = {
    "delete a field": lambda s: s.main.pop("host"),
    "clear": lambda s: s.main.clear(),
    "no such field": lambda s: setattr(s.main, "zz", 3),
    "in a list": lambda s: s.others[0].pop("host"),
    "wrong type": lambda s: setattr(s.main, "port", "x"),
    "a str for a date": lambda s: setattr(s, "born", "2020-01-01"),
    "a str for a datetime": lambda s: setattr(s, "seen", "2020-01-01T00:00:00"),
    "a str for bytes": lambda s: setattr(s, "raw", "eA=="),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_does_not_fit_is_refused(tmp_path: Path, name: str) -> None:
    """Also where a value may be missing: the file can always be opened again."""
    with State(tmp_path / "a.state", type=Site) as site:
        state: Any = site
        state.main = Server("h")
        state.others.append(Server("i"))
        before = dict(state)
        with pytest.raises(outlive.FormatError, match=r"a\.state"):
            WRONG[name](state)
        assert state == before
        state.main.port, state.born = 81, date(2020, 1, 1)
    again: Any = State(tmp_path / "a.state", type=Site, mode="r")
    assert again.main == {"host": "h", "port": 81}
    assert again.born == date(2020, 1, 1)


def test_a_str_for_a_date_in_the_file(tmp_path: Path) -> None:
    """A person who quoted a date is told."""
    (tmp_path / "a.state").write_text('born: "2020-01-01"\n')
    with pytest.raises(outlive.FormatError, match="born"):
        State(tmp_path / "a.state", type=Site)


def test_defaults_of_a_typed_state(tmp_path: Path) -> None:
    """What has no default has to be given while there is no file; what is no field is refused."""
    path = tmp_path / "a.state"
    with pytest.raises(outlive.FormatError, match="There is no file yet"):
        State(path, type=Server)
    with pytest.raises(outlive.FormatError, match="zz"):
        State(path, type=Server, host="h", zz=1)
    assert not path.exists()
    with State(path, type=Server, host="h") as server:
        held: object = server  # which is a dict, whatever a type checker says
        assert held == {"host": "h", "port": 80}


def test_nested_fields_with_names_of_methods(tmp_path: Path) -> None:
    """They could not be reached, so the type is refused."""

    @dataclass
    class Inner:
        items: int = 0

    @dataclass
    class Outer:
        inner: Inner = field(default_factory=Inner)

    Outer.__annotations__["inner"] = Inner
    Inner.__annotations__["items"] = int
    with pytest.raises(outlive.FormatError, match=r"Inner\.items"):
        State(tmp_path / "a.state", type=Outer)
