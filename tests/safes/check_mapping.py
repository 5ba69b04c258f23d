"""A machine of hypothesis that does the same to a safe and to a dict."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from outlive import ConflictError, Safe
from outlive.engines import Engine

# Keys of all orders, in the order that the tuple layer has them in.
KEYS: list[Any] = [
    None,
    b"",
    b"a",
    b"a\0",
    b"b",
    "",
    "a",
    "a\0",
    "ab",
    "b",
    "ä",
    (),
    (None,),
    (b"a",),
    ("a",),
    ("a", ("b",)),
    ("a", 1),
    ("ab",),
    (1, 2),
    -(2**70),
    -256,
    -1,
    0,
    1,
    255,
    256,
    2**70,
    -1.5,
    0.0,
    1.0,
    False,
    True,
]
PREFIXES: list[Any] = ["", "a", b"", b"a", (), ("a",), ("a", 1), (1,)]
MISSING = object()

numbers = st.integers(0, len(KEYS) - 1)  # keys go by their numbers: to a dict 1 and True are one
values = st.integers() | st.sampled_from([None, "x" * 5000, [1, [2]], {"a": (1,)}, b""])
contents = st.dictionaries(numbers, values, max_size=6)


class Part:
    """A part of the keys, as `keys` means it."""

    def __init__(self, prefix: Any, start: int | None, stop: int | None, reverse: bool) -> None:
        self.prefix, self.start, self.stop, self.reverse = prefix, start, stop, reverse

    def __repr__(self) -> str:
        return f"Part({self.prefix!r}, {self.start}, {self.stop}, {self.reverse})"

    def arguments(self) -> tuple[list[Any], dict[str, Any]]:
        """What to call `keys` with."""
        options: dict[str, Any] = {"reverse": self.reverse} if self.reverse else {}
        if self.start is not None:
            options["start"] = KEYS[self.start]
        if self.stop is not None:
            options["stop"] = KEYS[self.stop]
        return [] if self.prefix is MISSING else [self.prefix], options

    def of(self, model: Mapping[int, Any]) -> list[int]:
        """The numbers of those that are there."""
        end = len(KEYS) if self.stop is None else self.stop
        found = [n for n in sorted(model) if (self.start or 0) <= n < end and self._begins(KEYS[n])]
        return found[::-1] if self.reverse else found

    def _begins(self, key: Any) -> bool:
        if self.prefix is MISSING:
            return True
        return type(key) is type(self.prefix) and key[: len(self.prefix)] == self.prefix


parts = st.builds(
    Part,
    st.just(MISSING) | st.sampled_from(PREFIXES),
    st.none() | numbers,
    st.none() | numbers,
    st.booleans(),
)


def check(mapping: Any, model: Mapping[int, Any]) -> None:
    """All that there is, in every way to read it."""
    there = [(KEYS[n], model[n]) for n in sorted(model)]
    assert [typed(key) for key in mapping] == [typed(key) for key, _ in there]
    assert list(mapping.items()) == there
    assert list(mapping.values()) == [value for _, value in there]
    assert [typed(key) for key in reversed(mapping)] == [typed(key) for key, _ in there][::-1]
    assert len(mapping) == len(there)
    assert bool(mapping) == bool(there)


def typed(key: Any) -> Any:
    """A key that is equal to none of another type."""
    return type(key), key


def either(act: Callable[[], Any]) -> Any:
    """What it returns, or the class and key of what it raises."""
    try:
        return act()
    except KeyError as error:
        return KeyError, error.args


class Failed(Exception):  # noqa: N818  # a block that is broken off
    """What a block raises."""


class Machine(RuleBasedStateMachine):
    """A safe, and the dict that it should be equal to."""

    def __init__(self, make: Callable[[], Engine], reopen: Callable[[Engine], Engine]) -> None:
        super().__init__()
        self.engine, self.reopen = make(), reopen
        self.safe = Safe[Any, Any](self.engine)
        self.model: dict[int, Any] = {}
        self.held: list[tuple[Any, dict[int, Any], Iterator[Any], list[int]]] = []

    # -- one change

    @rule(number=numbers, value=values)
    def set(self, number: int, value: Any) -> None:
        """Assign."""
        self.safe[KEYS[number]] = value
        self.model[number] = value

    @rule(number=numbers, default=st.just(MISSING) | values)
    def pop(self, number: int, default: Any) -> None:
        """Take out, or delete."""
        given = [] if default is MISSING else [default]
        expected: Any = (KeyError, (KEYS[number],))
        if number in self.model or given:
            expected = self.model.pop(number, default)
        assert either(lambda: self.safe.pop(KEYS[number], *given)) == expected

    @rule(number=numbers)
    def delete(self, number: int) -> None:
        """Delete what may not be there."""
        key = KEYS[number]
        expected = None if number in self.model else (KeyError, (key,))
        self.model.pop(number, None)
        assert either(lambda: self.safe.__delitem__(key)) == expected

    @rule(last=st.sampled_from([None, True, False]))
    def popitem(self, last: bool | None) -> None:
        """Take out the last or the first."""
        options = {} if last is None else {"last": last}
        if not self.model:
            with pytest.raises(KeyError):
                self.safe.popitem(**options)
            return
        number = min(self.model) if last is False else max(self.model)
        key, value = self.safe.popitem(**options)
        assert (typed(key), value) == (typed(KEYS[number]), self.model.pop(number))

    @rule(number=numbers, value=values)
    def setdefault(self, number: int, value: Any) -> None:
        """What is there, or the default."""
        got = self.safe.setdefault(KEYS[number], value)
        assert got == self.model.setdefault(number, value)

    @rule(content=contents, how=st.sampled_from(["mapping", "pairs", "|="]))
    def update(self, content: dict[int, Any], how: str) -> None:
        """Change several."""
        pairs = [(KEYS[n], value) for n, value in content.items()]
        if how == "pairs" or len(dict(pairs)) != len(pairs):
            self.safe.update(pairs)
        elif how == "mapping":
            self.safe.update(dict(pairs))
        else:
            self.safe |= dict(pairs)
        self.model.update(content)

    @precondition(lambda self: len(self.model) > 8)
    @rule()
    def clear(self) -> None:
        """Delete all."""
        self.safe.clear()
        self.model.clear()

    @rule(number=numbers, default=st.just(MISSING) | values, fails=st.booleans())
    def modify(self, number: int, default: Any, fails: bool) -> None:
        """Put a list around it; or fail."""

        def change(value: Any) -> Any:
            if fails:
                raise Failed
            return [value] if len(repr(value)) < 100 else 0

        given = [] if default is MISSING else [default]
        there = self.model.get(number, default)
        if there is MISSING:
            assert either(lambda: self.safe.modify(KEYS[number], change))[0] is KeyError
        elif fails:
            with pytest.raises(Failed):
                self.safe.modify(KEYS[number], change, *given)
        else:
            self.model[number] = change(there)
            assert self.safe.modify(KEYS[number], change, *given) == self.model[number]

    @rule(number=numbers, meddles=st.booleans(), fails=st.booleans())
    def edit(self, number: int, meddles: bool, fails: bool) -> None:
        """Append to a list; someone else may write it meanwhile, or the block fail."""
        if not isinstance(self.model.get(number, []), list):
            return
        try:
            with self.safe.edit(KEYS[number], default=[]) as value:
                value.append(1)
                if meddles:
                    self.set(number, "theirs")
                if fails:
                    raise Failed
        except Failed:
            assert fails
        except ConflictError:
            assert meddles
        else:
            assert not meddles
            self.model[number] = [*self.model.get(number, []), 1]

    # -- several changes

    @rule(
        steps=st.lists(
            st.tuples(
                st.sampled_from(["set", "pop", "default", "first", "update", "clear", "modify"]),
                numbers,
                values,
                parts,
            ),
            min_size=1,
            max_size=5,
        ),
        ends=st.sampled_from(["kept", "transact", "fails", "conflict"]),
    )
    def transaction(self, steps: list[tuple[str, int, Any, Part]], ends: str) -> None:
        """Some changes together, which are seen in it; kept or not."""
        model = dict(self.model)

        def block(t: Any) -> None:
            model.clear()
            model.update(self.model)
            for what, number, value, part in steps:
                self.step(t, model, what, number, value)
                self.read_part(t, model, part)
                assert t.get(KEYS[number]) == model.get(number)
            check(t, model)
            if ends == "fails":
                raise Failed

        try:
            if ends == "transact":
                self.safe.transact(block)
            else:
                with self.safe.transaction() as t:
                    block(t)
                    if ends == "conflict":  # the block has read all keys
                        self.set(steps[0][1], "theirs")
        except Failed:
            assert ends == "fails"
        except ConflictError:
            assert ends == "conflict"
        else:
            assert ends != "fails"
            if ends == "conflict":  # it wrote nothing itself
                assert not {"set", "update", "modify"} & {what for what, *_ in steps}
            else:
                self.model = model

    def step(self, t: Any, model: dict[int, Any], what: str, number: int, value: Any) -> None:
        """One change within a transaction."""
        key = KEYS[number]
        match what:
            case "set":
                t[key] = model[number] = value
            case "pop":
                assert t.pop(key, MISSING) == model.pop(number, MISSING)
            case "default":
                assert t.setdefault(key, value) == model.setdefault(number, value)
            case "first" if model:
                first = min(model)
                assert t.popitem(last=False) == (KEYS[first], model.pop(first))
            case "update":
                t.update([(key, value), (KEYS[0], 0)])
                model.update({number: value, 0: 0} if number else {0: 0})
            case "clear" if len(model) > 5:
                t.clear()
                model.clear()
            case "modify":
                model[number] = str(model.get(number, value))[:9]
                t.modify(key, lambda old: str(old)[:9], value)

    # -- reading

    @rule(part=parts)
    def read(self, part: Part) -> None:
        """A part of the keys."""
        self.read_part(self.safe, self.model, part)

    def read_part(self, mapping: Any, model: Mapping[int, Any], part: Part) -> None:
        """It in every way."""
        positional, options = part.arguments()
        found = part.of(model)
        keys = [typed(KEYS[n]) for n in found]
        assert [typed(key) for key in mapping.keys(*positional, **options)] == keys
        assert [typed(key) for key in reversed(mapping.keys(*positional, **options))] == keys[::-1]
        assert list(mapping.values(*positional, **options)) == [model[n] for n in found]
        items = mapping.items(*positional, **options)
        assert list(items) == [(KEYS[n], model[n]) for n in found]
        assert len(items) == len(mapping.keys(*positional, **options)) == len(found)
        for n in found[:2]:
            assert (KEYS[n], model[n]) in items
            assert KEYS[n] in mapping.keys(*positional, **options)

    @rule(number=numbers, value=values)
    def look(self, number: int, value: Any) -> None:
        """One key, that may not be there."""
        key = KEYS[number]
        assert (key in self.safe) == (number in self.model)
        assert self.safe.get(key, value) == self.model.get(number, value)
        expected = self.model.get(number, (KeyError, (key,)))
        assert either(lambda: self.safe[key]) == expected
        assert ((key, value) in self.safe.items()) == (
            number in self.model and bool(self.model[number] == value)
        )

    @rule()
    def compare(self) -> None:
        """It is equal to what has the same items, and to nothing else."""
        same = {KEYS[n]: value for n, value in self.model.items()}
        if len(same) == len(self.model):
            assert self.safe == same
            assert self.safe != same | {"more": 1}

    # -- snapshots

    @precondition(lambda self: len(self.held) < 3)
    @rule(part=parts)
    def hold(self, part: Part) -> None:
        """A snapshot, and an iteration of it that goes on later."""
        then = self.safe.snapshot()
        positional, options = part.arguments()
        keys = iter(then.keys(*positional, **options))
        self.held.append((then, dict(self.model), keys, part.of(self.model)))

    @precondition(lambda self: self.held)
    @rule(data=st.data(), part=parts)
    def read_held(self, data: st.DataObject, part: Part) -> None:
        """A snapshot is what it was."""
        then, model, keys, left = data.draw(st.sampled_from(self.held))
        self.read_part(then, model, part)
        assert typed(next(keys, MISSING)) == typed(KEYS[left.pop(0)] if left else MISSING)

    @precondition(lambda self: self.held)
    @rule(data=st.data())
    def let_go(self, data: st.DataObject) -> None:
        """Close one."""
        self.held.pop(data.draw(st.integers(0, len(self.held) - 1)))[0].close()

    @rule(compacts=st.booleans())
    def reopen_it(self, compacts: bool) -> None:
        """Compact it, or close it and open it again."""
        if compacts:
            self.safe.compact()
            return
        for then, *_ in self.held:
            then.close()
        self.held.clear()
        self.safe.close()
        self.engine = self.reopen(self.engine)
        self.safe = Safe[Any, Any](self.engine)

    # -- what holds after each step

    @invariant()
    def all_is_as_it_should_be(self) -> None:
        """The safe and its snapshots."""
        check(self.safe, self.model)
        for then, model, _, _ in self.held:
            check(then, model)

    def teardown(self) -> None:
        """Close it."""
        for then, *_ in self.held:
            then.close()
        self.safe.close()
        self.engine.close()


def check_mapping(
    make: Callable[[], Engine], reopen: Callable[[Engine], Engine], *, examples: int
) -> None:
    """A `Safe` on any engine does what a dict does, in the order of its keys.

    `reopen` takes an engine that is in use, and returns one with the same content.
    """
    run_state_machine_as_test(
        lambda: Machine(make, reopen),  # type: ignore[arg-type]  # what makes one will do
        settings=settings(
            max_examples=examples,
            stateful_step_count=25,
            deadline=None,
            suppress_health_check=list(HealthCheck),
            database=None,
            derandomize=True,
        ),
    )
