"""What changed between two texts, as a unified diff."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from difflib import SequenceMatcher

from . import output

_CONTEXT = 3  # lines
_MOST = 25_000_000  # pairs of lines that are compared: about a second
_STYLES = {"-": "red", "+": "green", "@": "cyan"}
_HEAD = 2  # the lines with the names

_Code = tuple[str, int, int, int, int]


def unified(before: str, after: str, name: str) -> Iterator[str]:
    """The lines of the diff, as ``diff -u`` has them; none if the texts are the same.

    >>> print(*unified("a: 1\\nb: 2\\n", "a: 1\\nb: 3\\n", "x.yaml"), sep="\\n")
    --- x.yaml
    +++ x.yaml
    @@ -1,2 +1,2 @@
     a: 1
    -b: 2
    +b: 3
    """
    old, new = _lines(before), _lines(after)
    if old == new:
        return
    yield f"--- {name}"
    yield f"+++ {name}"
    for group in _groups(old, new):
        yield from _hunk(group, old, new)


def _lines(text: str) -> list[str]:
    lines = text.split("\n")
    if lines[-1]:
        lines[-1] += "\n\\ No newline at end of file"
    else:
        lines.pop()
    return lines


def _groups(old: Sequence[str], new: Sequence[str]) -> Iterator[list[_Code]]:
    """What differs, with the lines around it; where both begin and end alike is not looked at."""
    most = min(len(old), len(new))
    first = next((at for at in range(most) if old[at] != new[at]), most)
    last = next((at for at in range(most - first) if old[-1 - at] != new[-1 - at]), most - first)
    start, rest = max(first - _CONTEXT, 0), max(last - _CONTEXT, 0)
    old, new = old[start : len(old) - rest], new[start : len(new) - rest]
    if len(old) * len(new) > _MOST:
        groups: Iterable[list[_Code]] = [_as_one(old, new, first - start, last - rest)]
    else:
        matcher = SequenceMatcher(None, old, new, autojunk=False)
        groups = matcher.get_grouped_opcodes(_CONTEXT)
    for group in groups:
        yield [(tag, *(at + start for at in places)) for tag, *places in group]  # type: ignore[misc]  # four of them


def _as_one(old: Sequence[str], new: Sequence[str], head: int, tail: int) -> list[_Code]:
    """All that lies between as one change: to find the lines that stayed would take too long."""
    a, b = len(old) - tail, len(new) - tail
    return [
        ("equal", 0, head, 0, head),
        ("replace", head, a, head, b),
        ("equal", a, len(old), b, len(new)),
    ]


def _hunk(group: list[_Code], old: Sequence[str], new: Sequence[str]) -> Iterator[str]:
    first, last = group[0], group[-1]
    yield f"@@ -{_range(first[1], last[2])} +{_range(first[3], last[4])} @@"
    for tag, a, b, c, d in group:
        if tag == "equal":
            yield from (f" {line}" for line in old[a:b])
        else:
            yield from (f"-{line}" for line in old[a:b])
            yield from (f"+{line}" for line in new[c:d])


def _range(start: int, stop: int) -> str:
    length = stop - start
    if length == 1:
        return str(start + 1)
    return f"{start + 1 if length else start},{length}"


def show(before: str, after: str, name: str) -> None:
    """Print the diff; in colour on a terminal, unless NO_COLOR is set."""
    lines = unified(before, after, name)
    if not output.is_terminal():
        for each in lines:
            output.line(each)
        return
    from rich.text import Text

    console = output.console()
    for number, each in enumerate(lines):
        style = "bold" if number < _HEAD else _STYLES.get(each[0], "")
        console.print(Text(output.visible(each), style=style), soft_wrap=True)
