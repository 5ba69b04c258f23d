"""YAML and TOML that a person wrote: a commit changes what changed, and nothing else."""

from __future__ import annotations

import copy
import json
import random
import re
import warnings
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, time
from pathlib import Path
from typing import Any

import pytest
import yaml

import outlive
from outlive.formats.rewrite_yaml import CannotRewriteError, rewrite

Change = Callable[[Any], object]
LATER = datetime(2026, 12, 1, 8)
SHARED = [[1, 2]] * 2  # YAML writes the second as an alias of the first

YAML = """\
# The service
name: "web"      # shown in the title
port: 0x1F90

# Who may log in
users:
  - ann   # admin

  - {id: 2, name: 'bob'}
  - name: cat   # guest
    # since May
    id: 3

limits: {cpu: 2, mem: 512}   # per node
paths:
    data: '/srv/data'   # absolute

    # where logs go
    logs: /var/log
started: 2026-11-21 07:42:00   # UTC
debug: no   # or yes
note: |
  two
  lines

tags:
# the end
"""

TOML = """\
# The service
title = 'web'      # shown on top
port = 8_080

# Who may log in
users = [
  "ann",   # admin
  "bob",
  "cat",   # guest
]

[limits]   # per node
cpu = 2    # cores
"mem" = 0x200

[[run]]
time = 07:42:00   # first

[[run]]
time = 08:00:00

[paths.data]
dir = "/srv"
inline = {a = 1, b = 'x'}   # in
"""

ANCHORS = """\
base: &base   # shared
  cpu: 1
  mem: 2
web:
  <<: *base
  cpu: 4   # more
db: *base
log: &level info   # for all
err: *level
"""

# The text, what changes in its value, the lines that this concerns, and what they become.
CASES: list[tuple[str, Change, str, str]] = [
    (YAML, lambda v: v.update(port=8081), "port: 0x1F90", "port: 8081"),
    (YAML, lambda v: v.update(name="api"), 'name: "web"      #', "name: api      #"),
    (YAML, lambda v: v.update(name="a: b # c"), 'name: "web"   ', "name: 'a: b # c'   "),
    (YAML, lambda v: v.update(debug="yes"), "debug: no   #", "debug: 'yes'   #"),
    (YAML, lambda v: v.update(debug=None), "debug: no   #", "debug: null   #"),
    (YAML, lambda v: v.update(started=LATER), "11-21 07:42:00   #", "12-01 08:00:00   #"),
    (YAML, lambda v: v.update(note="one"), "note: |\n  two\n  lines\n", "note: one\n"),
    (YAML, lambda v: v.update(tags="x"), "tags:\n", "tags: x\n"),
    (YAML, lambda v: v.update(tags={"a": ["b"]}), "tags:\n", "tags:\n  a:\n  - b\n"),
    (YAML, lambda v: v.update(new=[1]), "tags:\n", "tags:\nnew:\n- 1\n"),
    (YAML, lambda v: v.pop("port"), "port: 0x1F90\n", ""),
    (YAML, lambda v: v.pop("limits"), "limits: {cpu: 2, mem: 512}   # per node\n", ""),
    (YAML, lambda v: v["limits"].update(cpu=4), "{cpu: 2, mem", "{cpu: 4, mem"),
    (YAML, lambda v: v["users"].append(["d"]), "    id: 3\n", "    id: 3\n  - - d\n"),
    (YAML, lambda v: v["users"].insert(0, "dan"), "  - ann", "  - dan\n  - ann"),
    (YAML, lambda v: v["users"].insert(2, {"x": [1]}), "  - name", "  - x:\n    - 1\n  - name"),
    (YAML, lambda v: v["users"].pop(0), "  - ann   # admin\n", ""),
    (YAML, lambda v: v["users"].pop(1), "  - {id: 2, name: 'bob'}\n", ""),
    (YAML, lambda v: v["users"][1].update(id="x"), "{id: 2, name: 'bob'}", "{id: x, name: 'bob'}"),
    (YAML, lambda v: v["users"][2].update(id=4), "id: 3\n", "id: 4\n"),
    (YAML, lambda v: v["users"][2].update(age=5), "id: 3\n", "id: 3\n    age: 5\n"),
    (YAML, lambda v: v["users"][2].pop("id"), "    id: 3\n", ""),
    (YAML, lambda v: v["paths"].update(data="/d"), "'/srv/data'   #", "/d   #"),
    (YAML, lambda v: v["paths"].update(t=1), "logs: /var/log\n", "logs: /var/log\n    t: 1\n"),
    (YAML, lambda v: v["paths"].pop("data"), "    data: '/srv/data'   # absolute\n", ""),
    (ANCHORS, lambda v: v.update(port=1), "err: *level\n", "err: *level\nport: 1\n"),
    (ANCHORS, lambda v: v["web"].update(cpu=8), "cpu: 4   #", "cpu: 8   #"),
    (ANCHORS, lambda v: v["web"].update(mem=8), "# more\n", "# more\n  mem: 8\n"),
    (ANCHORS, lambda v: v.update(db={"cpu": 9}), "db: *base\n", "db:\n  cpu: 9\n"),
    (ANCHORS, lambda v: v.update(err="warn"), "err: *level", "err: warn"),
    (ANCHORS, lambda v: v["base"].update(cpu=2), "cpu: 1", "cpu: 2"),
    (TOML, lambda v: v.update(port=9090), "port = 8_080", "port = 9090"),
    (TOML, lambda v: v.update(title="api"), "title = 'web'      #", 'title = "api"      #'),
    (TOML, lambda v: v.update(new=1), "]\n\n[limits]", "]\nnew = 1\n\n[limits]"),
    (TOML, lambda v: v.update(new={"a": 1}), "}   # in\n", "}   # in\n\n[new]\na = 1\n"),
    (TOML, lambda v: v.pop("port"), "port = 8_080\n", ""),
    (TOML, lambda v: v["limits"].update(cpu=4), "cpu = 2    #", "cpu = 4    #"),
    (TOML, lambda v: v["limits"].update(n=4), '"mem" = 0x200\n', '"mem" = 0x200\nn = 4\n'),
    (TOML, lambda v: v["limits"].pop("cpu"), "cpu = 2    # cores\n", ""),
    (TOML, lambda v: v["run"][1].update(time=time(9)), "08:00:00", "09:00:00"),
    (TOML, lambda v: v["run"].pop(0), "[[run]]\ntime = 07:42:00   # first\n\n", ""),
    (TOML, lambda v: v["paths"]["data"]["inline"].update(b="y"), "b = 'x'", 'b = "y"'),
    (TOML, lambda v: v["users"].__setitem__(1, "dan"), '"bob"', '"dan"'),
    (TOML, lambda v: v["users"].append("dan"), "  # guest\n", '  # guest\n  "dan",\n'),
    (TOML, lambda v: v["users"].insert(1, "dan"), '  "bob",\n', '  "dan",\n  "bob",\n'),
    (TOML, lambda v: v["users"].pop(0), '  "ann",   # admin\n', ""),
]


def put(path: Path, text: str) -> Path:
    """A file with exactly this text."""
    path.write_bytes(text.encode())
    return path


def changed(path: Path, text: str, change: Change) -> str:
    """What a file of this text is after a change through a store, that reads back as made."""
    store = outlive.open(put(path, text))
    change(store.value)
    store.commit()
    assert outlive.open(path).value == store.value
    return path.read_bytes().decode()


def variants(text: str, old: str, new: str) -> Iterator[tuple[str, str]]:
    """A text before and after, as editors save it: with LF, CRLF, a byte order mark."""
    assert text.count(old) == 1
    after = text.replace(old, new)
    yield text, after
    yield text.replace("\n", "\r\n"), after.replace("\n", "\r\n")
    yield f"\ufeff{text}", f"\ufeff{after}"


@pytest.mark.parametrize("kind", range(3), ids=["lf", "crlf", "bom"])
@pytest.mark.parametrize(
    ("text", "change", "old", "new"), CASES, ids=[new or f"no {old}" for *_, old, new in CASES]
)
def test_all_but_the_change_is_kept(
    tmp_path: Path, text: str, change: Change, old: str, new: str, kind: int
) -> None:
    """Comments, order, quotes, blank lines, anchors and line ends stay; only the change differs."""
    path = tmp_path / ("c.toml" if text is TOML else "c.yaml")
    before, after = list(variants(text, old, new))[kind]
    assert changed(path, before, change) == after


@pytest.mark.parametrize(
    ("name", "before", "change", "after"),
    [
        ("yaml", "a: 1 # x\nb: 2", lambda v: v.update(c=3), "a: 1 # x\nb: 2\nc: 3\n"),
        ("yaml", "a: 1 # x\nb: 2", lambda v: v.update(b=3), "a: 1 # x\nb: 3"),
        ("yaml", "a:\t1\t# x\n", lambda v: v.update(a=2), "a:\t2\t# x\n"),
        ("yaml", "a: 😀 # x\nb: 1 # y\n", lambda v: v.update(b=2), "a: 😀 # x\nb: 2 # y\n"),
        ("yaml", "# t\n- a # 1\n- b\n", lambda v: v.insert(1, 5), "# t\n- a # 1\n- 5\n- b\n"),
        ("yaml", "# t\n- a # 1\n- b # 2\n", lambda v: v.pop(0), "# t\n- b # 2\n"),
        ("yaml", "- - 1 # x\n  - 2\n- 3\n", lambda v: v[0].pop(), "- - 1 # x\n- 3\n"),
        ("yaml", "l:\n- a # x\nm: 1\n", lambda v: v["l"].append([1]), "l:\n- a # x\n- - 1\nm: 1\n"),
        ("yaml", "---\n# c\na: 1\n...\n", lambda v: v.update(b=2), "---\n# c\na: 1\nb: 2\n...\n"),
        ("yaml", "a: >-\n  b\n  c\n\nd: 1\n", lambda v: v.update(d=2), "a: >-\n  b\n  c\n\nd: 2\n"),
        (
            "yaml",
            "l: {\n  c: 2,   # x\n}\n",
            lambda v: v["l"].update(c=3),
            "l: {\n  c: 3,   # x\n}\n",
        ),
        ("toml", "a = 1 # x\nb = 2", lambda v: v.update(c=3), "a = 1 # x\nb = 2\nc = 3\n"),
        ("toml", "a=1\n", lambda v: v.pop("a"), "\n"),
        ("toml", "# nothing yet\n", lambda v: v.update(c=3), "# nothing yet\nc = 3\n"),
        ("toml", "a.b = 1 # x\na.c = 2\n", lambda v: v["a"].update(b=3), "a.b = 3 # x\na.c = 2\n"),
    ],
)
def test_small_files(tmp_path: Path, name: str, before: str, change: Change, after: str) -> None:
    """Lists at the top, a last line without its end, tabs, document marks, folded text."""
    assert changed(tmp_path / f"c.{name}", before, change) == after


@pytest.mark.parametrize(
    ("before", "after"), [("# none yet\n", "# none yet\n7\n"), ("5 # y\n", "7 # y\n")]
)
def test_the_whole_value_may_be_another(tmp_path: Path, before: str, after: str) -> None:
    """A comment survives that stands alone in the file, or behind its only value."""
    store = outlive.open(put(tmp_path / "c.yaml", before))
    store.value = 7
    store.commit()
    assert (tmp_path / "c.yaml").read_text() == after


@pytest.mark.parametrize("eol", ["\n", "\r\n"])
@pytest.mark.parametrize("key", ["name", "note", "new"])
def test_text_of_several_lines(tmp_path: Path, key: str, eol: str) -> None:
    """A long text may replace any value, with the line ends of the file; other lines stay."""
    before = YAML.replace("\n", eol)
    after = changed(tmp_path / "c.yaml", before, lambda v: v.update({key: "one\n\ntwo\n"}))
    assert after.count("\n") == after.count(eol)
    rest = iter(after.splitlines())
    kept = [line for line in before.splitlines() if not line.startswith((key, "  two", "  lines"))]
    assert [line for line in kept if line not in rest] == []


@pytest.mark.parametrize(
    ("name", "text", "change"),
    [
        ("yaml", "l: {\n  c: 2,   # x\n  m: 5   # y\n}\n", lambda v: v["l"].update(n=3)),
        ("yaml", "l: [\n  a,   # x\n  b    # y\n]\n", lambda v: v["l"].append("c")),
        ("yaml", "l: {c: 2, m: 5}   # x\n# y\n", lambda v: v["l"].update(n=3)),
        ("yaml", "# y\nl: [a, b]   # x\n", lambda v: v["l"].pop()),
        ("yaml", "- n: 1\n  # x\n  m: 2   # y\n", lambda v: v[0].pop("n")),
        ("yaml", "a: 1   # x\n# y\nb: 2\n", lambda v: v.update(a={"c": [1, {}]})),
        ("yaml", "# x\na:\n  q: 1\nb:\n  q: 1 # y\n", lambda v: [v[k].update(s=SHARED) for k in v]),
        ("toml", "# x\n[servers.web]\nport = 1\n[b] # y\n", lambda v: v["servers"].pop("web")),
        ("toml", "[[r]]\nn = 1\n[[r]]\n# x\nn = 2 # y\n", lambda v: v["r"].pop(0)),
    ],
)
def test_comments_survive_a_new_layout(
    tmp_path: Path, name: str, text: str, change: Change
) -> None:
    """Where entries have to be written in another way, all comments are still there."""
    after = changed(tmp_path / f"c.{name}", text, change)
    assert ("# x" in after, "# y" in after) == (True, True)


UNUSUAL = [
    ("yaml", "%YAML 1.1\n---\n# c\na: 1\n...\n"),
    ("yaml", "a: 1"),
    ("yaml", "# only a comment\n"),
    ("yaml", "{a: 1,\n b: 2}  # c\n"),
    ("yaml", 'a: 0x1F\nb: 1_000\nc: +1\nd: 017\ne: 1:30\nf: ~\ng: "\\u00e9"\nh: .NaN\n'),
    ("yaml", "a: 1\na: 2   # counts\n"),
    ("yaml", "s: !!set {a, b}\nb: !!binary aGk=\nt: 2001-12-14t21:59:43.10-05:00\n"),
    ("yaml", "o: !!omap [a: 1, b: 2]\n"),
    ("toml", "a.b = 1\n[c]\n# x\n[a.d]\ny = 0b11 # z\n"),
    ("toml", "a = '''\nx'''\nb = [ # c\n]\nc = +1_0.0\nd = nan\n"),
]


@pytest.mark.parametrize(
    ("name", "text"), [("yaml", YAML), ("yaml", ANCHORS), ("toml", TOML), *UNUSUAL]
)
def test_a_commit_without_a_change(tmp_path: Path, name: str, text: str) -> None:
    """A program that reads only, or sets what is there already, leaves a file byte for byte."""
    for variant, _ in variants(text, text, ""):
        path = put(tmp_path / f"c.{name}", variant)
        with outlive.open(path) as store:
            store.value = copy.deepcopy(store.value)
        assert path.read_bytes().decode() == variant


@pytest.mark.parametrize(
    ("name", "kwargs"),
    [
        ("yaml", {}),
        ("yaml", {"indent": 4, "default_flow_style": True}),
        ("yaml", {"sort_keys": True, "explicit_start": True}),
        ("toml", {"sort_keys": True}),
    ],
)
def test_a_file_that_nobody_edited(tmp_path: Path, name: str, kwargs: dict[str, Any]) -> None:
    """As long as only the store writes, the file looks as a new one of the same value would."""
    path, fresh = tmp_path / f"c.{name}", tmp_path / f"fresh.{name}"
    outlive.open(path, {"b": 1, "a": [1, 2]}, dump_kwargs=kwargs).commit()
    store = outlive.open(path, dump_kwargs=kwargs)
    for key in ("x", "c"):
        store.value[key] = {"y": [key], "w": 1.5}
        store.commit()
    outlive.open(fresh, store.value, dump_kwargs=kwargs).commit()
    assert path.read_text() == fresh.read_text()


WORDS = "yes on n 0o17 017 0x1F 1e20 1.5 .inf 1_000 1:30 2026-11-21 ~ null << = - ? & * ! | > % @"
OTHERS = ["- x", "# x", "a: b", "", " x", "x\t", "a\nb", "é\u2028", 1e20, 0.1, float("inf"), -0.0]
DATES = [LATER, LATER.replace(tzinfo=UTC), LATER.date()]


@pytest.mark.parametrize("word", [*WORDS.split(), *OTHERS, *DATES, True, None, 10**20, b"x"])
def test_words_that_yaml_takes_for_something_else(tmp_path: Path, word: Any) -> None:
    """A new string, number or date comes back as it is, of its type, as value, key and item."""
    text = "# c\na: 1\nl: [1, 2]\nm: {k: 1}\nb:\n- 1   # x\n"
    store = outlive.open(put(tmp_path / "c.yaml", text))
    value = store.value
    value["a"] = value["l"][0] = value["m"]["k"] = value["b"][0] = word
    value["n"] = {word: [word]}
    store.commit()
    assert repr(outlive.open(store.path).value) == repr(value)


@pytest.mark.parametrize(
    ("text", "change"),
    [
        (ANCHORS, lambda v: v["base"].update(mem=3)),
        (ANCHORS, lambda v: v["web"].pop("mem")),
        (ANCHORS, lambda v: v["web"].pop("cpu")),
        (ANCHORS, lambda v: v.pop("base")),
        (ANCHORS, lambda v: v.update(log="warn")),
        ("? a\n: 1 # x\n? b\n: 2\n", lambda v: v.update(c=3)),
        ("- 'a\n\n  b\n\n  '\n- 1\n", lambda v: v.insert(0, v.pop())),
    ],
)
def test_a_change_that_may_cost_the_comments(tmp_path: Path, text: str, change: Change) -> None:
    """It is made in full; if the comments had to go, a warning says where they are kept."""
    store = outlive.open(put(tmp_path / "c.yaml", text))
    change(store.value)
    wanted = copy.deepcopy(store.value)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        store.commit()
    assert outlive.open(store.path).value == wanted == store.value
    assert len(caught) == (tmp_path / "c.yaml.version-1").exists()
    if caught:
        assert "c.yaml.version-1" in str(caught[0].message)
        assert (tmp_path / "c.yaml.version-1").read_text() == text


# -- at random

Random = random.Random
LEAVES = [
    1,
    2.5,
    True,
    None,
    "s",
    "yes",
    "a: b",
    "# no",
    "it's",
    "é",
    "",
    " x",
    "0o17",
    "multi\nl\n",
]


def anything(rng: Random, depth: int = 0) -> Any:
    """A value, up to four levels deep."""
    kind = rng.random()
    if depth < 3 and kind < 0.3:
        return {rng.choice(["a", "b", "c d", 3, "no"]): anything(rng, depth + 1) for _ in range(3)}
    if depth < 3 and kind < 0.5:
        return [anything(rng, depth + 1) for _ in range(rng.randrange(4))]
    return rng.choice(LEAVES)


def hand(rng: Random, value: Any, pad: str = "") -> list[str]:
    """Lines in block style, spaced, quoted and commented as a person may do."""
    lines: list[str] = []
    inner = pad + rng.choice(["  ", "    "])
    for key, item in value.items() if isinstance(value, dict) else enumerate(value):
        head = pad + (f"{json.dumps(key)}:" if isinstance(value, dict) else "-")
        lines += rng.choice([[], [], [], [""], [f"{pad}# about it"]])
        comment = rng.choice(["", "", "   # why"])
        if isinstance(item, dict | list) and item and rng.random() < 0.7:
            lines += [head + comment, *hand(rng, item, inner)]
        else:
            quoted = isinstance(item, str) and "\n" not in item and rng.random() < 0.5
            text = "'" + item.replace("'", "''") + "'" if quoted else json.dumps(item)
            lines.append(f"{head} {text}{comment}")
    return lines


def alter(rng: Random, value: Any) -> Any:
    """`value` with a few things changed, added and removed, at any depth."""
    if not isinstance(value, dict | list) or rng.random() < 0.1:
        return anything(rng)
    for _ in range(rng.randrange(3)):
        places = list(value) if isinstance(value, dict) else list(range(len(value)))
        kind = rng.random()
        if places and kind < 0.3:
            value.pop(rng.choice(places))
        elif places and kind < 0.7:
            place = rng.choice(places)
            value[place] = alter(rng, value[place])
        elif isinstance(value, dict):
            value[rng.choice(["new", "yes", 7])] = anything(rng)
        else:
            value.insert(rng.randrange(len(value) + 1), anything(rng))
    return value


def canonical(value: object) -> object:
    """`value` with its types spelled out, and without the order of keys."""
    if isinstance(value, dict):
        return sorted((repr(key), repr(canonical(item))) for key, item in value.items())
    return [canonical(item) for item in value] if isinstance(value, list) else repr(value)


def texts(count: int) -> Iterator[tuple[Random, str]]:
    """Documents that look written by hand, each with the randomness to change it."""
    for seed in range(count):
        rng = Random(seed)
        lines = hand(rng, {"top": anything(rng), "list": [anything(rng)], "end": anything(rng)})
        eol = rng.choice(["\n", "\n", "\r\n"])
        yield rng, eol.join(lines) + rng.choice(["", eol, f"{eol}# end{eol}"])


def test_random_changes_of_random_files() -> None:
    """Whatever a person wrote and a program changes, the new text means the new value."""
    refused = 0
    for rng, text in texts(1000):
        old = yaml.safe_load(text)
        new = alter(rng, copy.deepcopy(old))
        try:
            result = rewrite(text, old, new, yaml.safe_load)
        except CannotRewriteError:
            refused += 1
        else:
            assert canonical(yaml.safe_load(result)) == canonical(new), text
    assert refused < 10


def test_a_random_scalar_changes_one_line() -> None:
    """A new number, wherever it is, changes its own line alone, up to the comment on it."""
    for rng, text in texts(500):
        old = yaml.safe_load(text)
        new = copy.deepcopy(old)
        there: Any = new
        while True:
            place = rng.choice(list(there) if isinstance(there, dict) else range(len(there)))
            if not isinstance(there[place], dict | list) or not there[place]:
                break
            there = there[place]
        there[place] = 4711
        lines = rewrite(text, old, new, yaml.safe_load).split("\n")
        pairs = zip(text.split("\n"), lines, strict=True)
        [(before, after)] = [pair for pair in pairs if pair[0] != pair[1]]
        assert "4711" in after
        assert after.partition("   # why")[1] == before.partition("   # why")[1]


@pytest.mark.parametrize("name", ["c.yaml", "c.toml"])
def test_comments_stay_with_their_items(tmp_path: Path, name: str) -> None:
    """Whatever items go and come, those that stay keep the comments on their lines."""
    items = ["ann", "bob", "cyd", "dan", "eve"]
    lines = "".join(f"  '{item}',   # {item.upper()}\n" for item in items)
    path = put(tmp_path / name, f"l: [\n{lines}]\n" if "yaml" in name else f"l = [\n{lines}]\n")
    store = outlive.open(path)
    for change in (
        lambda v: (v.pop(0), v.append("fay")),
        lambda v: (v.pop(0), v.pop(1)),
        lambda v: v.insert(1, "gil"),
    ):
        change(store.value["l"])
        store.commit()
    assert store.value == {"l": ["cyd", "gil", "eve", "fay"]}
    text = path.read_text()
    for item in ("cyd", "eve"):
        assert re.search(rf"{item}.*# {item.upper()}$", text, re.MULTILINE), text


def test_block_items_keep_their_comments(tmp_path: Path) -> None:
    """The same for a list of mappings in block style."""
    lines = [f"- n: {n}   # {n.upper()}\n  x: 1\n" for n in "abcd"]
    path = put(tmp_path / "c.yaml", "".join(lines))
    store = outlive.open(path)
    store.value.pop(0)
    store.value.pop(1)
    store.value.append({"n": "e", "x": 4})
    store.commit()
    assert path.read_text() == lines[1] + lines[3] + "- n: e\n  x: 4\n"


def test_the_comment_of_a_literal_block_stays(tmp_path: Path) -> None:
    """Also if a plain word takes the block's place."""
    path = put(tmp_path / "c.yaml", "t: |   # why\n  one\n  two\nb: 1\n")
    store = outlive.open(path)
    store.value["t"] = "new"
    store.commit()
    assert path.read_text() == "t: new  # why\nb: 1\n"
