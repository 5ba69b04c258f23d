"""What can be done with a dict or a list, and with what; done to a live one and to a plain one."""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterator
from datetime import UTC, date, timedelta, timezone
from typing import Any, NamedTuple, TypeAlias

from hypothesis import strategies as st

PLAIN = """\
a:
- 1
- b:
  - x
  - w
- - 3
b:
  c:
    d: 1
long:
- 0
- 1
- 2
- 3
- - 4
- 5
- 6
- 7
- d: 8
- 9
"""
COMMENTED = """\
# What a person wrote.
a: 1  # one
b:    # the list
  - x
  # between
  - {deep: [1, 2]}   # in flow style

'quoted': "twice"
c: {d: {e: !!binary "aGk="}, 1: 2026-11-21}
long: [0, 1, 2, [3], 4, 5, {c: 6}, 7, 8, 9]
text: |
  several
  lines
"""

Container: TypeAlias = "dict[Any, Any] | list[Any]"

offsets = st.integers(-1439, 1439).map(lambda minutes: timezone(timedelta(minutes=minutes)))
zones = st.none() | st.just(UTC) | offsets.filter(lambda zone: zone.utcoffset(None) != timedelta())
text = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
scalars = (
    st.sampled_from(
        [None, True, 0, 1, "", "a", "items", 1.0, -0.0, float("nan"), 1e16, 5e-324, 10**400]
    )
    | st.integers()
    | st.floats()
    | text
    | st.binary(max_size=4)
    | st.dates()
    | st.datetimes(timezones=zones).map(lambda moment: moment.replace(fold=0))
)
keys: st.SearchStrategy[Any] = st.sampled_from(
    [
        "a",
        "b",
        "c",
        "d",
        "'",
        "items",
        "x y",
        "",
        "null",
        "\u2028",
        "k" * 130,
        1,
        1.0,
        True,
        0,
        2.5,
        -0.0,
        None,
        float("inf"),
        date(2026, 1, 1),
    ]
) | (text | st.integers() | st.floats(allow_nan=False) | st.dates())
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(keys, inner, max_size=4),
    max_leaves=8,
)
indices = st.integers(-6, 6)
ends = st.none() | indices
slices = st.builds(slice, ends, ends, st.sampled_from([None, None, 1, 2, 3, -1, -2, 0]))
unfit: st.SearchStrategy[Any] = st.sampled_from(
    [{1, 2}, object(), "\ud800", {float("nan"): 1}, {(1,): 2}, [{"a": 1j}], {b"": 1}]
)
DICT_STEPS: dict[str, tuple[st.SearchStrategy[Any], ...]] = {
    "set": (keys, values),
    "delete": (keys,),
    "attribute": (st.sampled_from(["a", "b", "name", "Ünder_9"]), values),
    "delete attribute": (st.sampled_from(["a", "b", "name"]),),
    "pop": (keys,),
    "pop default": (keys, values),
    "popitem": (),
    "clear": (),
    "update": (st.dictionaries(keys, values, max_size=3),),
    "merge": (st.dictionaries(keys, values, max_size=3),),
    "setdefault": (keys, values),
    "add to": (keys, st.lists(values, max_size=2) | st.integers() | text),
}
LIST_STEPS: dict[str, tuple[st.SearchStrategy[Any], ...]] = {
    "set": (indices, values),
    "set slice": (slices, st.lists(values, max_size=4)),
    "delete": (indices,),
    "delete slice": (slices,),
    "append": (values,),
    "insert": (indices, values),
    "extend": (st.lists(values, max_size=3),),
    "add": (st.lists(values, max_size=3),),
    "multiply": (st.integers(-1, 3),),
    "pop": (indices,),
    "pop last": (),
    "remove": (indices,),
    "clear": (),
    "reverse": (),
    "sort": (st.booleans(), st.booleans()),
    "arrange": (st.lists(indices, max_size=5),),
    "add to": (indices, st.lists(values, max_size=2) | st.integers() | text),
}


class Pair(NamedTuple):
    """A live container, and the plain one that it should be equal to."""

    live: Any
    plain: Container


def pairs(live: Any, plain: Container) -> Iterator[Pair]:
    """The containers of a document, the outermost first."""
    yield Pair(live, plain)
    for key, item in plain.items() if isinstance(plain, dict) else enumerate(plain):
        if isinstance(item, (dict, list)):
            yield from pairs(live[key], item)


def copied(value: Any) -> Any:
    """A plain copy in which no two places share a container."""
    if isinstance(value, dict):
        return {key: copied(item) for key, item in value.items()}
    return [copied(item) for item in value] if isinstance(value, list) else value


def do(target: Any, step: str, args: tuple[Any, ...], *, is_live: bool) -> Any:
    """Make one step with a live container or a plain one; the plain one gets copies."""
    given = args if is_live else tuple(map(copied, args))
    action = (_LIVE if is_live else _PLAIN).get(step) or _BOTH.get(step)
    return action(target, *given) if action else getattr(target, step)(*given)


def _delete_attribute(target: dict[Any, Any], name: str) -> None:
    if name not in target:
        raise AttributeError
    del target[name]


def _add(target: list[Any], value: list[Any]) -> None:
    target += value


def _merge(target: dict[Any, Any], value: dict[Any, Any]) -> None:
    target |= value


def _multiply(target: list[Any], times: int) -> None:
    target *= times


def _multiply_plain(target: list[Any], times: int) -> None:
    """Python would put the same containers several times into the list."""
    target[:] = [copied(item) if turn else item for turn in range(times) for item in target]


def _add_to(target: Any, key: Any, value: Any) -> None:
    target[key] += value


def _remove(target: list[Any], index: int) -> None:
    value = target[index] if target else 0
    if not _has_nan(value):
        target.remove(value)


def _sort(target: list[Any], by_text: bool, reverse: bool) -> None:
    target.sort(key=repr if by_text or _has_nan(target) else None, reverse=reverse)


def _sort_plain(target: list[Any], by_text: bool, reverse: bool) -> None:
    """A list that cannot be sorted is in some disorder afterwards; a live one is as before."""
    ordered = target.copy()
    _sort(ordered, by_text, reverse)
    target[:] = ordered


def _has_nan(value: object) -> bool:
    """Whether equality depends on which NaN is which."""
    return "nan" in repr(value)


def _arrange(target: list[Any], order: list[int]) -> None:
    target[:] = [target[index % len(target)] for index in order if target]


def _arrange_plain(target: list[Any], order: list[int]) -> None:
    """An item that comes twice is copied the second time."""
    places = [index % len(target) for index in order if target]
    target[:] = [
        copied(target[place]) if place in places[:number] else target[place]
        for number, place in enumerate(places)
    ]


_BOTH: dict[str, Callable[..., Any]] = {
    "set": operator.setitem,
    "set slice": operator.setitem,
    "delete": operator.delitem,
    "delete slice": operator.delitem,
    "pop default": lambda target, *args: target.pop(*args),
    "pop last": lambda target: target.pop(),
    "add": _add,
    "merge": _merge,
    "add to": _add_to,
    "remove": _remove,
}
_LIVE: dict[str, Callable[..., Any]] = {
    "attribute": setattr,
    "delete attribute": delattr,
    "multiply": _multiply,
    "sort": _sort,
    "arrange": _arrange,
}
_PLAIN: dict[str, Callable[..., Any]] = {
    "attribute": operator.setitem,
    "delete attribute": _delete_attribute,
    "multiply": _multiply_plain,
    "sort": _sort_plain,
    "arrange": _arrange_plain,
}
