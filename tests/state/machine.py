"""A machine of hypothesis that changes a state and a plain dict in the same way."""

from __future__ import annotations

import shutil
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, Literal

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

import outlive
from outlive.formats.equality import same

from ..files import names
from .stand_ins import new_directory, opened
from .steps import (
    COMMENTED,
    DICT_STEPS,
    LIST_STEPS,
    PLAIN,
    Container,
    Pair,
    copied,
    do,
    keys,
    pairs,
    unfit,
)

NAME = "model.state"


def open_state(directory: Path, mode: Literal["r", "rw"] = "rw") -> Any:
    """The state of the file in a directory."""
    return opened(directory / NAME, mode=mode, strict=True)


class Machine(RuleBasedStateMachine):
    """A state, and the plain dict that it should be equal to."""

    def __init__(self) -> None:
        super().__init__()
        self.directory = new_directory()
        self.live = self.scratch("live")
        self.blocks: list[tuple[AbstractContextManager[None], list[tuple[Container, Any]]]] = []
        self.kept: list[Pair] = []
        self.checked = b""
        self.on_disk: Any = None  # before the transaction
        self.is_commented = False

    def scratch(self, name: str) -> Path:
        """An empty directory."""
        shutil.rmtree(self.directory / name, ignore_errors=True)
        (self.directory / name).mkdir()
        return self.directory / name

    @initialize(written=st.sampled_from(["", PLAIN, COMMENTED]))
    def start(self, written: str) -> None:
        """Begin with no file, with one that a program wrote, or with one that a person wrote."""
        self.is_commented = written == COMMENTED
        if written:
            (self.live / NAME).write_text(written)
        self.state = open_state(self.live)
        self.model: dict[Any, Any] = copied(self.state)
        self.on_disk = copied(self.model)

    # -- changes

    def pair(self, draw: Any) -> Pair:
        """Any container, of which some came from a place where they no longer are."""
        found = [*pairs(self.state, self.model)]
        if self.kept and draw(st.booleans()):
            found = self.kept
        index: int = draw(st.integers(0, len(found) - 1))
        return found[index]

    def is_attached(self, pair: Pair) -> bool:
        """Whether it is part of the document still."""
        return any(plain is pair.plain for _, plain in pairs(self.state, self.model))

    @rule(data=st.data(), times=st.integers(1, 20))
    def change(self, data: st.DataObject, times: int) -> None:
        """Make several changes, here and there."""
        for _ in range(times):
            self.change_once(data)
            self.memory_is_equal()
            self.the_file_alone_is_equal()

    def change_once(self, data: st.DataObject) -> None:
        """Make any change of any container."""
        pair = self.pair(data.draw)
        steps = DICT_STEPS if isinstance(pair.plain, dict) else LIST_STEPS
        step = data.draw(st.sampled_from(sorted(steps)))
        self.make(pair, step, tuple(map(data.draw, steps[step])))

    def make(self, pair: Pair, step: str, args: tuple[Any, ...]) -> None:
        """Make a change on both sides: the results, or the errors, are the same."""
        if not self.is_attached(pair):
            self.make_detached(pair, step, args)
            return
        before = (self.live / NAME).read_bytes()
        try:
            expected = do(pair.plain, step, args, is_live=False)
        except (LookupError, ValueError, TypeError, AttributeError) as error:
            with pytest.raises(type(error)) as raised:
                do(pair.live, step, args, is_live=True)
            assert type(raised.value) is type(error)
            assert (self.live / NAME).read_bytes() == before
            return
        got = do(pair.live, step, args, is_live=True)
        if step == "setdefault":
            got = copied(got)  # it is live
        assert same(got, expected)

    def make_detached(self, pair: Pair, step: str, args: tuple[Any, ...]) -> None:
        """Try to change what is no longer part of the state: it is refused."""
        before = (self.live / NAME).read_bytes(), copied(self.state)
        after = copied(pair.live)
        try:
            do(after, step, args, is_live=False)
        except (LookupError, ValueError, TypeError, AttributeError):
            return
        if not same(after, copied(pair.live)):
            with pytest.raises((outlive.ReadOnlyError, outlive.ClosedError)):
                do(pair.live, step, args, is_live=True)
        assert same(before, ((self.live / NAME).read_bytes(), copied(self.state)))

    @rule(data=st.data(), key=keys)
    def put_own(self, data: st.DataObject, key: Any) -> None:
        """Put a part of the document somewhere else, too: that is a copy."""
        into, what = self.pair(data.draw), self.pair(data.draw)
        is_small = len(repr(self.model)) < 5_000
        if not (is_small and self.is_attached(into) and self.is_attached(what)):
            return
        if isinstance(into.plain, list):
            into.plain.append(copied(what.plain))
            into.live.append(what.live)
            return
        if into.plain.get(key) is not what.plain:
            into.plain[key] = copied(what.plain)
        into.live[key] = what.live

    @rule(data=st.data(), value=unfit, key=st.integers())
    def put_what_does_not_fit(self, data: st.DataObject, value: Any, key: int) -> None:
        """Try to put in what a state cannot hold: that leaves no trace."""
        pair = self.pair(data.draw)
        before = (self.live / NAME).read_bytes()
        steps: dict[str, tuple[Any, ...]]
        if isinstance(pair.plain, dict):
            steps = {"set": (key, value), "update": ({1: 2, key: value},)}
            steps |= {} if key in pair.plain else {"setdefault": (key, [value])}
        else:
            steps = {"append": (value,), "extend": ([1, value],), "insert": (0, {1: value})}
            steps |= {"set slice": (slice(0, 0), [1, value])}
        step = data.draw(st.sampled_from(sorted(steps)))
        with pytest.raises((outlive.FormatError, outlive.ReadOnlyError, outlive.ClosedError)):
            do(pair.live, step, steps[step], is_live=True)
        assert (self.live / NAME).read_bytes() == before

    @rule(data=st.data())
    def keep(self, data: st.DataObject) -> None:
        """Keep some handles, for when their places have moved or are gone."""
        found = [*pairs(self.state, self.model)][1:]
        if found:
            self.kept = [*self.kept, *data.draw(st.lists(st.sampled_from(found), max_size=6))][-20:]

    # -- transactions

    @precondition(lambda self: len(self.blocks) < 3)
    @rule()
    def begin(self) -> None:
        """Begin a transaction, maybe within another."""
        held = [(plain, plain.copy()) for _, plain in pairs(self.state, self.model)]
        block = self.state.transaction()
        block.__enter__()
        self.blocks.append((block, held))

    @precondition(lambda self: self.blocks)
    @rule(is_kept=st.booleans())
    def end(self, is_kept: bool) -> None:
        """End a transaction, well or with an error."""
        block, held = self.blocks.pop()
        if is_kept:
            block.__exit__(None, None, None)
            return
        error = KeyError("undo")
        assert not block.__exit__(KeyError, error, None)
        for plain, content in held:
            plain.clear()
            plain.update(content) if isinstance(plain, dict) else plain.extend(content)

    # -- the file

    @rule()
    def vacuum_soon(self) -> None:
        """Let the next change, or the end of the transaction, be followed by a vacuum."""
        self.state._live_root._limit = 0

    @precondition(lambda self: not self.blocks)
    @rule()
    def reopen(self) -> None:
        """Close the state, and open it again."""
        self.state.close()
        assert names(self.live) == [NAME]
        self.open_again()

    def open_again(self) -> None:
        """The handles that are kept from before are of a state that is closed."""
        self.state = open_state(self.live)
        self.check_from_disk(self.state)
        self.model = copied(self.state)

    @precondition(lambda self: not self.blocks)
    @rule(with_journal=st.booleans())
    def recover(self, with_journal: bool) -> None:
        """Go on from what a killed program leaves."""
        there = self.scratch("recovered")
        shutil.copy(self.live / NAME, there)
        journal = self.live / f".{NAME}.outlive-journal"
        if with_journal and journal.exists():
            shutil.copy(journal, there)
        self.state.close()
        self.live.rename(self.scratch("old") / "live")
        self.live = there.rename(self.directory / "live")
        self.open_again()

    @rule()
    def sync(self) -> None:
        """Make all durable, which changes nothing that can be seen here."""
        self.state.sync()

    @precondition(lambda self: not self.blocks)
    @rule()
    def refresh(self) -> None:
        """Find that nobody else changed the file."""
        assert not self.state.refresh()

    # -- what holds after each step

    @invariant()
    def memory_is_equal(self) -> None:
        """The state is equal to the model, with keys in the same order."""
        if not self.blocks:
            self.on_disk = copied(self.model)
        assert same(copied(self.state), self.model)
        assert repr(copied(self.state)) == repr(self.model)  # time zones, too

    @invariant()
    def kept_handles_are_equal(self) -> None:
        """So is what each kept handle stands for."""
        for pair in self.kept:
            if self.is_attached(pair):
                assert same(copied(pair.live), pair.plain)

    @invariant()
    def the_file_alone_is_equal(self) -> None:
        """A copy of the file says the same to a reader, to a writer, and after that."""
        data = (self.live / NAME).read_bytes()
        if data == self.checked:
            return
        self.checked = data
        copy = self.scratch("copy")
        (copy / NAME).write_bytes(data)
        for mode in ("r", "rw", "r"):
            state = open_state(copy, mode)
            self.check_from_disk(state)
            state.close()
            assert names(copy) == [NAME]

    def check_from_disk(self, state: Any) -> None:
        """In a text that a person wrote, a key that goes and comes again keeps its place."""
        assert same(copied(state), self.on_disk)
        if not self.is_commented:
            assert repr(copied(state)) == repr(self.on_disk)

    def teardown(self) -> None:
        """Close the state: the file says the same, and nothing is left beside it."""
        try:
            while self.blocks:
                self.blocks.pop()[0].__exit__(None, None, None)
            if hasattr(self, "state"):
                self.state.close()
                self.on_disk = copied(self.model)
                self.check_from_disk(open_state(self.live, "r"))
                assert names(self.live) == [NAME]
        finally:
            shutil.rmtree(self.directory)
