"""Change a TOML text only where its value changed; comments and order stay (by tomlkit)."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, TypeAlias, cast

import tomlkit

from .equality import common_tail, same

_Table: TypeAlias = dict[str, object]


def rewrite(text: str, old: object, new: object, loads: Callable[[str], object]) -> str:
    """`text`, which loads as `old`, changed so that it loads as `new`.

    Raises ValueError where tomlkit does not manage that.
    """
    document = tomlkit.parse(text)
    _change(document, cast(_Table, old), cast(_Table, new))  # as every TOML document is
    result = tomlkit.dumps(document) or "\n"
    if "\r\n" in text:
        result = re.sub(r"(?<!\r)\n", "\r\n", result)
    if not same(loads(result), new):
        raise ValueError("the change cannot be made without writing the whole file anew")
    return result


# tomlkit's containers are dicts and lists whose items are typed as Any.
def _change(there: Any, old: _Table, new: _Table) -> None:
    for key in old.keys() - new.keys():
        del there[key]
    for key, value in new.items():
        if key not in old:
            there[key] = value
        elif not same(old[key], value):
            _exchange(there, key, old[key], value)


def _exchange(there: Any, place: str | int, old: object, new: object) -> None:
    if isinstance(old, dict) and isinstance(new, dict) and new:
        _change(there[place], old, new)
    elif isinstance(old, list) and isinstance(new, list) and new:
        _change_list(there[place], old, new)
    else:
        there[place] = new


def _change_list(there: Any, old: list[object], new: list[object]) -> None:
    tail = common_tail(old, new)
    common = min(len(old), len(new)) - tail  # up to here items have partners at their index
    for index in range(common):
        if not same(old[index], new[index]):
            _exchange(there, index, old[index], new[index])
    for index in reversed(range(common, len(old) - tail)):
        del there[index]
    for index in range(common, len(new) - tail):
        there.insert(index, new[index])
