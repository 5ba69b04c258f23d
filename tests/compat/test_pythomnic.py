"""`from outlive.compat.pythomnic import pmnc_safe` passes for Pythomnic's module safe."""

from __future__ import annotations

import platform
import types
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

import outlive
from outlive import FormatError
from outlive.compat import pythomnic
from outlive.compat.pythomnic import pmnc_safe
from outlive.safes import private

from ..files import names, run_python

IMPORT = "from outlive.compat.pythomnic import pmnc_safe\n"


@pytest.fixture(autouse=True)
def directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Where the safes of a test are."""
    monkeypatch.setenv("OUTLIVE_HOME", str(tmp_path))
    monkeypatch.setenv("PMNC_CAGE", "shop")
    monkeypatch.setenv("PMNC_NODE", "node01")
    yield tmp_path / "pythomnic" / "safe"
    for safe in private._safes.values():
        safe.close()


def module(name: str, body: str) -> Any:
    """A module of that name, which nobody imported."""
    made = types.ModuleType(name)
    exec(IMPORT + body, vars(made))  # noqa: S102  # modules are what the test is about
    return made


def test_the_statements_of_the_documentation(directory: Path) -> None:
    """Its five statements do what it says, in the directory that it names."""
    key, value, default = "key", {"any": "value"}, object()
    pmnc_safe[key] = value
    assert pmnc_safe[key] == value
    assert pmnc_safe.get(key, default) == value
    del pmnc_safe[key]
    assert pmnc_safe.get(key, default) is default
    assert pmnc_safe.get(key) is None
    pmnc_safe["foo"] = {(None,): [1, "bar", Decimal("1.0")]}
    assert pmnc_safe["foo"] == {(None,): [1, "bar", Decimal("1.0")]}
    with pytest.raises(KeyError):
        pmnc_safe[key]
    with pytest.raises(KeyError):
        del pmnc_safe[key]
    assert names(directory) == [f"node01.shop.{__name__}"]
    assert "data.safe" in names(directory / f"node01.shop.{__name__}")


def test_each_module_has_its_own(directory: Path) -> None:
    """What one module keeps is not visible in another."""
    orders = module(
        "orders", "def keep(v): pmnc_safe['last'] = v\ndef last(): return pmnc_safe['last']"
    )
    bills = module("bills", "def last(): return pmnc_safe.get('last', 'none')")
    orders.keep(7)
    assert orders.last() == 7
    assert bills.last() == "none"
    assert names(directory) == ["node01.shop.bills", "node01.shop.orders"]


def test_the_name_as_an_attribute() -> None:
    """Without a ``from``, the name means the safe of the module that uses it."""
    body = "from outlive.compat import pythomnic\ndef own(): return pythomnic.pmnc_safe"
    orders, bills = module("orders", body), module("bills", body)
    orders.own()["last"] = 7
    assert orders.pmnc_safe["last"] == 7
    assert "last" not in bills.own()
    with pytest.raises(AttributeError, match="pmnc_unsafe"):
        pythomnic.pmnc_unsafe  # type: ignore[attr-defined]  # noqa: B018  # the case under test


def test_it_stays_the_module_s_wherever_it_goes() -> None:
    """Handed to other code, it is still the safe of the module that imported it."""
    pmnc_safe["key"] = 1
    with ThreadPoolExecutor(1) as pool:
        assert pool.submit(pmnc_safe.get, "key").result() == 1
    assert module("other", "def f(safe): return safe['key'], dict(safe)").f(pmnc_safe) == (
        1,
        {"key": 1},
    )


def test_it_behaves_as_a_dict() -> None:
    """All that a dict, and so a shelf, can do."""
    pmnc_safe.update({"a": 1, "b": 2}, c=3)
    pmnc_safe.update([("d", 4)])
    assert pmnc_safe == {"a": 1, "b": 2, "c": 3, "d": 4}
    assert list(pmnc_safe) == list(pmnc_safe.keys()) == ["a", "b", "c", "d"]
    assert list(pmnc_safe.values()) == [1, 2, 3, 4]
    assert dict(pmnc_safe.items()) == pmnc_safe
    assert ("b" in pmnc_safe, "x" in pmnc_safe, len(pmnc_safe)) == (True, False, 4)
    assert (pmnc_safe.pop("a"), pmnc_safe.pop("a", None)) == (1, None)
    with pytest.raises(KeyError):
        pmnc_safe.pop("a")
    assert pmnc_safe.setdefault("b", 9) == 2
    assert pmnc_safe.setdefault("e", 5) == 5
    assert pmnc_safe.popitem() == ("e", 5)
    pmnc_safe.clear()
    assert not pmnc_safe


def test_an_update_is_all_or_nothing() -> None:
    """Nothing of an update is kept if a part of it cannot be."""
    with pytest.raises(FormatError):
        pmnc_safe.update(a=1, b=lambda: None)
    assert not pmnc_safe


def test_it_is_kept() -> None:
    """Another process, with the same node and cage, finds it again."""
    program = IMPORT + "pmnc_safe['n'] = n = pmnc_safe.get('n', 0) + 1; print(n)"
    assert [run_python(program) for _ in range(2)] == ["1\n", "2\n"]


def test_nothing_is_opened_before_it_is_used(directory: Path) -> None:
    """An import alone makes no file, and needs no directory that can be written."""
    module("orders", "")
    assert not directory.exists()


def test_the_default_node_and_cage(directory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Unless the environment says so, the node is the host, and the cage is the program."""
    for name in ("PMNC_NODE", "OUTLIVE_NODE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.delenv("PMNC_CAGE")
    monkeypatch.setenv("OUTLIVE_APP", "program")
    pmnc_safe["key"] = 1
    assert names(directory) == [f"{platform.node().replace('.', '%2e')}.program.{__name__}"]


def test_it_is_no_private_safe(monkeypatch: pytest.MonkeyPatch) -> None:
    """A module may have both, be node and cage called as they may."""
    monkeypatch.setenv("OUTLIVE_NODE", "node01")
    monkeypatch.setenv("OUTLIVE_APP", "shop")
    pmnc_safe["key"] = 1
    outlive.safe()["key"] = 2
    assert (pmnc_safe["key"], outlive.safe()["key"]) == (1, 2)
