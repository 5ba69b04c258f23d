"""Change a TOML text only where its value changed; comments and order stay (by tomlkit)."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, TypeAlias, cast

import tomlkit

from .equality import aligned, same

_Table: TypeAlias = dict[str, object]


def rewrite(text: str, old: object, new: object, loads: Callable[[str], object]) -> str:
    """`text`, which loads as `old`, changed so that it loads as `new`.

    Raises ValueError where tomlkit does not manage that.
    """
    for whole in (False, True):
        document = tomlkit.parse(text)
        _Change(whole).table(document, cast(_Table, old), cast(_Table, new))  # as every document is
        result = tomlkit.dumps(document) or "\n"
        if "\r\n" in text:
            result = re.sub(r"(?<!\r)\n", "\r\n", result)
        if same(loads(result), new):
            return result
    raise ValueError("the change cannot be made without writing the whole file anew")


# tomlkit's containers are dicts and lists whose items are typed as Any.
class _Change:
    """Changes a document; with `whole`, a table that becomes empty is written anew."""

    def __init__(self, whole: bool) -> None:
        self.whole = whole

    def table(self, there: Any, old: _Table, new: _Table) -> None:
        for key in old.keys() - new.keys():
            del there[key]
        for key, value in new.items():
            if key not in old:
                there[key] = value
            elif not same(old[key], value):
                self.item(there, key, old[key], value)

    def item(self, there: Any, place: str | int, old: object, new: object) -> None:
        if isinstance(old, dict) and isinstance(new, dict) and (new or not self.whole):
            self.table(there[place], old, new)
        elif isinstance(old, list) and isinstance(new, list) and new:
            self.array(there[place], old, new)
        else:
            there[place] = new

    def array(self, there: Any, old: list[object], new: list[object]) -> None:
        partners, runs = aligned(old, new)
        for index, partner in enumerate(partners):
            if partner >= 0 and not same(old[index], new[partner]):
                self.item(there, index, old[index], new[partner])
        for index in reversed(range(len(old))):
            for before, begin, end in runs:
                if before == index + 1:
                    self.insert(there, before, new[begin:end])
            if partners[index] < 0:
                del there[index]
        for before, begin, end in runs:
            if before == 0:
                self.insert(there, 0, new[begin:end])

    def insert(self, there: Any, index: int, values: list[object]) -> None:
        for offset, value in enumerate(values):
            there.insert(index + offset, value)
