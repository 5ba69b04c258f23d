"""Damaged files: what is whole counts, what is not is kept, and nothing is dropped in silence."""

from __future__ import annotations

import json
import random
import re
import stat
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any
from zlib import crc32

import pytest
import yaml

import outlive
from outlive import ConflictWarning, CorruptError, OutliveError, RecoveryWarning, State
from outlive.disk.fs import FileSystem
from outlive.formats.equality import same
from outlive.formats.yaml_text import Loader
from outlive.live import plain
from outlive.state.state import attach

from ..files import names_beside

DOCUMENT = """\
# by hand
a: 1   # one
list: [x]
deep:
  er: {}
"""
CHANGES: list[Callable[[Any], object]] = [
    lambda state: state.__setitem__("a", 2),
    lambda state: state["list"].append("é\n---\n"),
    lambda state: state["deep"]["er"].__setitem__("new", {"b": [1, None, True]}),
    lambda state: state.update(c=1, d=2),
    lambda state: state["list"].__delitem__(0),
    lambda state: state["deep"].__setitem__("when", 1.5e300),
]
NAME, LOST = "damaged.state", "damaged.state.lost"
TWIN = f".{NAME}.outlive-journal"


def states() -> list[Any]:
    """The state after none, one, two … of the changes."""
    found = [yaml.safe_load(DOCUMENT)]
    for change in CHANGES:
        value = plain(found[-1])
        change(value)
        found.append(value)
    return found


STATES = states()


class Unsynced(FileSystem):
    """The real calls without the wait for the disk, which is not what is tested here."""

    def fsync(self, fd: int) -> None:
        """Nothing."""

    def fdatasync(self, fd: int) -> None:
        """Nothing."""


def opened(path: Path, **options: Any) -> State:
    """The state of a file."""
    state = State.__new__(State, "")
    attach(state, str(path), {}, fs=Unsynced(), **options)
    return state


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A file that does not exist yet, in a directory of its own."""
    return tmp_path / NAME


@pytest.fixture
def data(tmp_path: Path) -> bytes:
    """What a program that is killed after all changes leaves in the file."""
    path = tmp_path / "whole" / "whole.state"
    path.parent.mkdir()
    path.write_text(DOCUMENT)
    with opened(path) as state:
        for change in CHANGES:
            change(state)
        return path.read_bytes()


def starts(data: bytes) -> list[int]:
    """Where the entries begin, with the line break before them; and the end."""
    return [found.start() for found in re.finditer(rb"\n--- #[0-9a-f]{8}\n", data)] + [len(data)]


def check_loss(path: Path, data: bytes, count: int, lost: bytes) -> None:
    """The first `count` changes count, `lost` is in NAME.lost; the rest of the file is well."""
    path.write_bytes(data)
    line = data[: len(data) - len(lost)].count(b"\n") + 1
    line += len(lost) - len(lost.lstrip(b"\r\n"))
    message = rf"{NAME}: {len(lost)} bytes from line {line} on.*{LOST}"
    with pytest.warns(RecoveryWarning, match=message) as caught:
        state = opened(path)
    assert len(caught) == 1
    assert same(plain(state), STATES[count])
    assert path.with_name(LOST).read_bytes() == lost
    state.close()
    assert same(yaml.safe_load(path.read_text()), STATES[count])
    assert "# by hand\na: " in path.read_text()
    assert "   # one\n" in path.read_text()
    with opened(path) as state:
        assert same(plain(state), STATES[count])
    assert names_beside(path) == [NAME, LOST, "whole"]
    path.with_name(LOST).unlink()


def test_the_whole_file_means_all_changes(path: Path, data: bytes) -> None:
    """Undamaged, nothing is lost and nothing is said."""
    path.write_bytes(data)
    with opened(path) as state:
        assert same(plain(state), STATES[-1])
    assert len(starts(data)) == len(CHANGES) + 1


def test_the_last_entry_is_torn_anywhere(path: Path, data: bytes) -> None:
    """Cut off at every byte: all entries before it count, and what is left of it is kept."""
    places = starts(data)
    for end in range(places[0] + 1, len(data)):
        count = max(i for i, place in enumerate(places) if place <= end)
        torn = data[places[count] : end]
        if not torn.strip(b"\n- "):  # there is nothing that could be lost
            path.write_bytes(data[:end])
            with warnings.catch_warnings(action="ignore"), opened(path) as state:
                assert same(plain(state), STATES[count])
            path.with_name(LOST).unlink(missing_ok=True)
        elif end + 1 == places[count + 1]:
            path.write_bytes(data[:end])
            with opened(path) as state:
                assert same(plain(state), STATES[count + 1]), "but for its line break it is whole"
        else:
            path.write_bytes(data[:end])
            with pytest.warns(RecoveryWarning, match=rf"{len(torn.lstrip())}|{len(torn)} bytes"):
                state = opened(path)
            assert same(plain(state), STATES[count]), torn
            assert torn.endswith(path.with_name(LOST).read_bytes())
            assert path.with_name(LOST).read_bytes().strip() == torn.strip()
            state.close()
            assert same(yaml.safe_load(path.read_text()), STATES[count])
            path.with_name(LOST).unlink()


@pytest.mark.parametrize("number", range(len(CHANGES)))
def test_a_wrong_checksum(path: Path, data: bytes, number: int) -> None:
    """The entries before count; the entry and all after it are kept."""
    place = starts(data)[number]
    for at in (place + 6, place + 13, place + 16, starts(data)[number + 1] - 2):
        damaged = bytearray(data)
        damaged[at] ^= 1
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            path.write_bytes(damaged)
            state = opened(path)
        assert [warning.category for warning in caught] == [RecoveryWarning]
        line = damaged[:place].count(b"\n") + 2
        assert re.search(rf"from line {line} on", str(caught[0].message))
        assert same(plain(state), STATES[number])
        assert path.with_name(LOST).read_bytes().strip() == bytes(damaged[place:]).strip()
        state.close()
        path.with_name(LOST).unlink()


def test_an_entry_edited_by_hand_counts_without_its_checksum(path: Path, data: bytes) -> None:
    """With the old checksum it is lost; who takes that away may write what they like."""
    line = b'["set",[],"a",2]'
    edited = data.replace(line, b'["set",[],"a",7]')
    path.write_bytes(edited)
    with pytest.warns(RecoveryWarning):
        state = opened(path)
    assert same(plain(state), STATES[0])
    state.close()
    path.with_name(LOST).unlink()
    path.write_bytes(re.sub(rb"--- #[0-9a-f]{8}\n(?=.*7\])", b"---\n", edited))
    with opened(path) as state:
        assert same(plain(state), STATES[-1] | {"a": 7})
    assert not path.with_name(LOST).exists()


GARBAGE = [b"\0" * 4096, b"\xff\xfe garbage", b"\n--- #12", b"--- #1234567", b"\x1b[0m" * 9]
GARBAGE += [b"plain words\n", b"key: value\n", b"\n--- #00000000\n", b"\n--- #00000000\n[]\n"]


@pytest.mark.parametrize("garbage", GARBAGE)
def test_garbage_behind_the_last_entry(path: Path, data: bytes, garbage: bytes) -> None:
    """Whatever a power cut or a stray program leaves there, it is kept and no change is lost."""
    path.write_bytes(data + garbage)
    with pytest.warns(RecoveryWarning, match=r"\d+ bytes from line \d+ on"):
        state = opened(path)
    assert same(plain(state), STATES[-1])
    assert path.with_name(LOST).read_bytes().strip(b"\n") == garbage.strip(b"\n")
    state.close()
    with opened(path) as state:
        assert same(plain(state), STATES[-1])


@pytest.mark.parametrize("zeros", [1, 511, 5000])
@pytest.mark.parametrize("count", [0, 2])
def test_zeros_that_a_power_cut_leaves(path: Path, data: bytes, zeros: int, count: int) -> None:
    """Space that was never written is no part of the document, nor of an entry."""
    path.write_bytes(data[: starts(data)[count]] + bytes(zeros))
    with pytest.warns(RecoveryWarning, match=rf"{zeros} bytes"):
        state = opened(path)
    assert same(plain(state), STATES[count])
    state.close()
    assert path.with_name(LOST).read_bytes() == bytes(zeros)


def entry(text: str) -> bytes:
    """An entry as a program writes it."""
    line = text.encode()
    return b"\n--- #%08x\n%b\n" % (crc32(line), line)


UNFIT = [
    '["set",["nowhere"],"a",1]',
    '["set",["a"],"b",1]',
    '["set",["list"],5,1]',
    '["set",["list"],"x",1]',
    '["set",["list"],true,1]',
    '["set",["list",9],"x",1]',
    '["delete",[],"nothing"]',
    '["delete",["list"],1]',
    '["insert",["deep"],0,1]',
    '["insert",["list"],"0",1]',
    '["insert",[],0,1]',
    '["append",["list"],1]',
    '["set",[],"a"]',
    '["set",[],"a",1,2]',
    '["set","list",0,1]',
    '["delete",[]]',
    '["set",[],["a"],1]',
    '["set",[],{"a":1},1]',
    '["batch"]',
    '["batch",["set",[],"a",1]]',
    '["batch",[["batch",[["set",[],"a",7]]]]]',
    '["batch",[["set",[],"a",7],["delete",[],"nothing"]]]',
    '["batch",[["set",[],"a",7],["delete",["list"],0],["set",["list"],0,1]]]',
    '["set",[],"a",!!python/object:os.x {}]',
    '["set",[],"a",!!set {x}]',
    '["set",[],"a",[1]',
    "[]",
    "null",
    "words",
    "42",
    '"set"',
]


DEEP = {f"deep {n}": f'["set",[],"a",{"[" * n}{"]" * n}]' for n in (600, 2000, 100_000)}


@pytest.mark.parametrize("name", [*UNFIT, *DEEP])
def test_an_entry_that_does_not_fit(path: Path, data: bytes, name: str) -> None:
    """It and what follows is kept, nothing of it is done; strict=True refuses, with the line."""
    more = entry(DEEP.get(name, name)) + entry('["set",[],"after",1]')
    path.write_bytes(data + more)
    line = data.count(b"\n") + 2
    with pytest.raises(CorruptError, match=rf"{NAME}.* from line {line} on"):
        opened(path, strict=True)
    assert path.read_bytes() == data + more
    assert names_beside(path) == [NAME, "whole"]
    with pytest.warns(RecoveryWarning, match=rf"from line {line} on"):
        state = opened(path)
    assert same(plain(state), STATES[-1])
    assert path.with_name(LOST).read_bytes().strip() == more.strip()
    state.close()


def test_strict_takes_an_undamaged_file(path: Path, data: bytes) -> None:
    """Entries alone are no damage."""
    path.write_bytes(data)
    with opened(path, strict=True) as state:
        assert same(plain(state), STATES[-1])


@pytest.mark.parametrize("strict", [False, True])
def test_reading_changes_nothing(path: Path, data: bytes, strict: bool) -> None:
    """mode="r" warns, or refuses, and neither writes nor makes anything."""
    damaged = data.replace(b'"a",2]', b'"a",3]')
    path.write_bytes(damaged)
    status = path.stat()
    if strict:
        with pytest.raises(CorruptError, match=r"from line \d+ on"):
            opened(path, mode="r", strict=True)
    else:
        with pytest.warns(RecoveryWarning, match=rf"{NAME}.*from line \d+ on"):
            state = opened(path, mode="r")
        assert same(plain(state), STATES[0])
        state.close()
    assert path.read_bytes() == damaged
    assert path.stat().st_mtime_ns == status.st_mtime_ns
    assert names_beside(path) == [NAME, "whole"]


def test_what_is_lost_accumulates(path: Path, data: bytes) -> None:
    """NAME.lost is never overwritten, also not what a person put there."""
    lost = path.with_name(LOST)
    lost.write_bytes(b"a person's\n")
    expected = b"a person's\n"
    for number in (4, 2, 1):
        place = starts(data)[number]
        damaged = data[: place + 15] + b"!" + data[place + 15 :]
        path.write_bytes(damaged)
        with pytest.warns(RecoveryWarning):
            opened(path).close()
        expected += damaged[place:]
        found = lost.read_bytes()
        assert found.split() == expected.split()
        expected = found


def test_what_is_lost_is_as_private_as_the_state(path: Path, data: bytes) -> None:
    """Nobody may read NAME.lost who could not read the state."""
    path.write_bytes(data + b"secret")
    path.chmod(0o600)
    with pytest.warns(RecoveryWarning):
        opened(path).close()
    assert stat.S_IMODE(path.with_name(LOST).stat().st_mode) == 0o600
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_an_opening_that_is_refused_keeps_nothing(path: Path, data: bytes) -> None:
    """Defaults that are no values: the damage is for the next opening to report."""
    path.write_bytes(data + b"rest")
    with pytest.raises(outlive.FormatError), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        State(path, wrong=object())
    assert path.read_bytes() == data + b"rest"
    assert NAME in names_beside(path)
    with pytest.warns(RecoveryWarning):
        opened(path).close()


BY_HAND = [
    '\n---\n["set", [], "a", 3]\n',
    "\n---\n- set\n- []\n- a\n- 3\n",
    "\n--- # a comment\n# another\n- set\n- []  # here\n- a\n\n- 3\n# the end\n",
    "\n---\n[set, [],\n  a,  # over lines\n  3]\n",
    "\n--- [set, [], a, 3]\n",
    "\n---\n[batch, [[set, [], a, 3]]]\n",
    "\r\n---\r\n- set\r\n- []\r\n- a\r\n- 3\r\n",
    '\n---\n\n["set",[],"a",3]',
    '\n---\n["set", [], "a", 9]\n...\n---\n["set", [], "a", 3]\n...\n',
    "---\n- set\n- []\n- a\n- 3\n",
]


@pytest.mark.parametrize("text", BY_HAND)
def test_entries_as_people_write_them(path: Path, data: bytes, text: str) -> None:
    """Without a checksum, in any style, with comments, before and after those of a program."""
    path.write_bytes(data + text.encode() + entry('["set",[],"after",1]'))
    with opened(path) as state:
        assert same(plain(state), STATES[-1] | {"a": 3, "after": 1})
    assert not path.with_name(LOST).exists()
    assert same(yaml.safe_load(path.read_text()), STATES[-1] | {"a": 3, "after": 1})


@pytest.mark.parametrize("rest", [", [1]]", "--", " x", "]", "\n# c\nx: [", "\tx  "])
@pytest.mark.parametrize("end", ["", "\n", "\n\n\n", "  \r\n"])
def test_text_behind_an_entry_without_checksum(path: Path, rest: str, end: str) -> None:
    """The entry counts, since its statement had returned, and the text is kept to the last byte."""
    more = rest + end + '\n---\n["set", [], "after", 1]'
    path.write_bytes(original() + more.encode())
    with pytest.warns(RecoveryWarning):
        state = opened(path)
    assert state.x == "y"
    assert "after" not in state
    assert path.with_name(LOST).read_bytes().strip() == more.encode().strip()
    state.close()


def test_a_damaged_document_is_left_alone(path: Path, data: bytes) -> None:
    """CorruptError, with line and column, however it is opened; nothing is made beside it."""
    damaged = data.replace(b"list: [x]", b"list: [x")
    path.write_bytes(damaged)
    for options in ({}, {"strict": True}, {"mode": "r"}):
        with pytest.raises(CorruptError, match=rf"{NAME}, line [34], column \d+"):
            opened(path, **options)
        assert path.read_bytes() == damaged
        assert names_beside(path) == [NAME, "whole"]
    path.write_bytes(data)
    with opened(path) as state:
        assert same(plain(state), STATES[-1])


def test_a_damaged_twin_does_no_harm(path: Path, data: bytes) -> None:
    """It counts only if it is whole; the file alone is enough."""
    twin = path.with_name(TWIN)
    for rest in (b"", b"garbage", b"\0" * 100, b"# What outlive wrote: 3 bytes\nabc", data):
        path.write_bytes(data)
        twin.write_bytes(rest)
        with opened(path) as state:
            assert same(plain(state), STATES[-1])
            state.more = 1
        assert names_beside(path) == [NAME, "whole"]


# -- fuzz


ORIGINAL = """\
a: 1
deep:
  er: {}
list:
- x
text: one two
...
"""
ORIGINAL_ENTRIES = [
    '["set", [], "a", 2]',
    '["insert", ["list"], 1, "é"]',
    '["set", ["deep", "er"], "new", {"b": [1, null, true]}]',
    '["delete", ["list"], 0]',
    '["set", [], "x", "y"]',
]


def original() -> bytes:
    """What PersistedState leaves when it is killed."""
    return (ORIGINAL + "".join("\n---\n" + line for line in ORIGINAL_ENTRIES)).encode()


def damaged(data: bytes, rng: random.Random) -> bytes:
    """The bytes with one to three things done to them."""
    result = bytearray(data)
    for _ in range(rng.choice([1, 1, 1, 2, 3])):
        size = rng.choice([1, 1, 1, 2, 5, 20, 100])
        at = rng.randrange(len(result) + 1)
        part = result[at : at + size]
        kind = rng.randrange(9)
        if kind == 0 and part:
            result[at] ^= 1 << rng.randrange(8)
        elif kind == 1:
            del result[at:]
        elif kind == 2:
            del result[at : at + size]
        elif kind == 3:
            result[at:at] = part
        elif kind == 4:
            result[at:at] = rng.randbytes(size)
        elif kind == 5:
            result[at : at + size] = bytes(len(part))
        elif kind == 6:
            result[at:at] = rng.choice([b"\n", b"\r", b"\n---\n", b"---", b"#", b" ", b'"', b"]"])
        elif kind == 7:
            result[rng.randrange(len(result) + 1) :] = part
        else:
            lines = bytes(result).split(b"\n")
            lines.insert(rng.randrange(len(lines)), lines.pop(rng.randrange(len(lines))))
            result = bytearray(b"\n".join(lines))
    return bytes(result)


class NotUnderstoodError(Exception):
    """The interpreter does not know what a text means."""


def interpreted(data: bytes, skipped: list[bytes]) -> Any:
    """What a state file means, by the words of the design and nothing of outlive.

    PersistedState wrote the entry of a statement that then raised: those go to `skipped`.
    """
    chunks: list[list[bytes]] = [[]]
    for line in data.split(b"\n"):
        if line.rstrip(b"\r") == b"---" or line.startswith((b"--- ", b"---\t")):
            chunks.append([])
        chunks[-1].append(line)
    if len(chunks) > 1 and _means(chunks[0]) is None and not _is_entry(chunks[1]):
        chunks.pop(0)
    value = _means(chunks[0])
    if not isinstance(value, dict):
        if value is not None:
            raise NotUnderstoodError
        value = {}
    for chunk in chunks[1:]:
        for change in _changes(chunk):
            try:
                value = _made(value, change)
            except NotUnderstoodError:
                if _checked(chunk):
                    raise
                skipped += chunk
    return value


def _is_entry(chunk: list[bytes]) -> bool:
    return _checked(chunk) or isinstance(_means(chunk), list)


def _checked(chunk: list[bytes]) -> bool:
    return re.fullmatch(rb"--- #[0-9a-f]{8}\r?", chunk[0]) is not None


def _means(chunk: list[bytes]) -> Any:
    try:
        documents = list(yaml.load_all(b"\n".join(chunk), Loader))
        if len(documents) > 1:
            raise NotUnderstoodError
        return documents[0] if documents else None
    except (yaml.YAMLError, ValueError) as error:
        raise NotUnderstoodError from error


def _changes(chunk: list[bytes]) -> list[Any]:
    if _checked(chunk):
        line, rest = b"".join(chunk[1:2]).rstrip(b"\r"), b"".join(chunk[2:])
        if crc32(line) != int(chunk[0][5:13], 16) or rest.strip():
            raise NotUnderstoodError
        chunk = [line]
    if re.match(rb"---[^\r]*[ \t]#\S", chunk[0]):  # what is left of a checksum
        raise NotUnderstoodError
    try:
        raw = json.loads((chunk[-1] if len(chunk) == 1 else b"\n".join(chunk[1:])).strip())
    except ValueError:
        raw = _means(chunk)
    if raw is None:
        return []
    if isinstance(raw, list) and raw and raw[0] == "batch":
        return [("batch", raw[1])]
    return [raw]


def _made(value: Any, change: Any) -> Any:
    parts = change[1] if isinstance(change, tuple) else [change]
    result = json_copy(value)
    for part in parts:
        try:
            if len(part) == {"set": 3, "insert": 3, "delete": 2}.get(part[0]):
                part.insert(1, [])  # as PersistedState 23.4 wrote it
            kind, path, key, *more = part
            place = result
            for step in path:
                place = place[step]
            if kind == "set" and len(more) == 1:
                place[key] = more[0]
            elif kind == "insert" and len(more) == 1:
                place.insert(key, more[0])
            elif kind == "delete" and not more:
                del place[key]
            else:
                raise NotUnderstoodError
        except (LookupError, TypeError, ValueError, AttributeError) as error:
            raise NotUnderstoodError from error
    return result


def json_copy(value: Any) -> Any:
    """A deep copy."""
    if isinstance(value, dict):
        return {key: json_copy(item) for key, item in value.items()}
    return [json_copy(item) for item in value] if isinstance(value, list) else value


def check(path: Path, data: bytes) -> str:
    """Open a file of any bytes; what came of it."""
    path.write_bytes(data)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            state = opened(path)
        except OutliveError:
            assert path.read_bytes() == data, "an error leaves the file as it is"
            assert names_beside(path) == [NAME], "and nothing beside it"
            return "refused"
        value = plain(state)
        state.close()
        again = opened(path)
        assert same(plain(again), value), "what was opened is what is there the next time"
        again.close()
    kinds = {warning.category for warning in caught}
    assert kinds <= {RecoveryWarning, ConflictWarning, UserWarning}
    lost = path.with_name(LOST)
    rest = lost.read_bytes() if lost.exists() else b""
    assert bool(rest) == (RecoveryWarning in kinds), "a loss is told, and only that"
    check_nothing_vanished(path, data, value, rest)
    return "lost" if rest else "read"


def check_nothing_vanished(path: Path, data: bytes, value: Any, lost: bytes) -> None:
    """The file without what is in NAME.lost means the value.

    So whatever is neither in the value nor in a comment is in NAME.lost, which holds entries that
    were passed over and the end of the file.
    """
    found = [_kept(data, lost, size, value) for size in _ends(data, lost)]
    kept = next((part for part in found if part is not None), None)
    if kept is None:
        assert not lost
        assert _is_in_vacuum(data, value), "the value is not what the rest of the file means"
        return
    after = path.read_bytes()
    if after != data and not list(path.parent.glob("*.version-*")):
        for comment in re.findall(rb"^#.*$", kept.partition(b"\n---")[0], re.MULTILINE):
            assert comment in after


def _is_in_vacuum(data: bytes, value: Any) -> bool:
    """Whether PersistedState could have left the file while it appended the plain document."""
    plain_document = yaml.safe_dump(value, allow_unicode=True, sort_keys=True).encode()
    if plain_document in data:
        return True
    sizes = range(1, len(plain_document))
    begun = [size for size in sizes if data.endswith(plain_document[:size])]
    return any(_kept(data, b"", size, value) is not None for size in begun)


def _kept(data: bytes, lost: bytes, size: int, value: Any) -> bytes | None:
    """The file without `size` bytes at its end, if it then means the value."""
    kept, skipped = data[: len(data) - size], list[bytes]()
    try:
        is_right = same(interpreted(kept, skipped), value)
    except NotUnderstoodError:
        return None
    passed_over = lost[: max(0, len(lost) - size)]
    return kept if is_right and b"\n".join(skipped).split() == passed_over.split() else None


def _ends(one: bytes, two: bytes) -> list[int]:
    """The sizes that the end which both have in common may have, the largest first."""
    size = 0
    while size < min(len(one), len(two)) and one[-1 - size] == two[-1 - size]:
        size += 1
    return list(range(size, -1, -1))


def fuzz(directory: Path, data: bytes, seed: int, count: int) -> dict[str, int]:
    """Damage a file in many ways; how often what came of it."""
    rng, results = random.Random(seed), {"refused": 0, "lost": 0, "read": 0}
    for number in range(count):
        place = directory / "fuzz"
        place.mkdir(exist_ok=True)
        text = damaged(data, rng)
        try:
            results[check(place / NAME, text)] += 1
        except Exception as error:
            raise AssertionError(f"case {number}: {text!r}") from error
        for name in names_beside(place / NAME):
            (place / name).unlink()
    return results


@pytest.mark.parametrize("style", ["ours", "original"])
def test_a_damaged_file_is_a_state_or_our_error(tmp_path: Path, data: bytes, style: str) -> None:
    """Bytes flipped, cut, repeated, put in: no byte is lost in silence."""
    results = fuzz(tmp_path, data if style == "ours" else original(), 1, 150)
    assert min(results.values()) > 5


def killed(directory: Path) -> dict[str, bytes]:
    """The file and the twin that a killed program leaves: the editor's save came in between."""
    path = directory / "killed" / NAME
    path.parent.mkdir()
    path.write_text(DOCUMENT)
    with opened(path) as state:
        for number, change in enumerate(CHANGES):
            change(state)
            if number == 3:
                path.write_text(path.read_text().replace("er: {}", "er: {by: hand}"))
        return {name: (path.parent / name).read_bytes() for name in (NAME, TWIN)}


def fuzz_with_twin(directory: Path, which: str, seed: int, count: int) -> None:
    """Damage one of the two files; what comes is a state, the same each time, or our error."""
    files = killed(directory)
    rng = random.Random(seed)
    for number in range(count):
        place = directory / "fuzz"
        place.mkdir(exist_ok=True)
        texts = files | {which: damaged(files[which], rng)}
        for name, text in texts.items():
            (place / name).write_bytes(text)
        with warnings.catch_warnings(action="ignore"):
            try:
                state = opened(place / NAME)
            except OutliveError:
                for name, text in texts.items():
                    assert (place / name).read_bytes() == text, number
            except Exception as error:
                raise AssertionError(f"case {number}: {texts[which]!r}") from error
            else:
                value = plain(state)
                state.close()
                if which == TWIN:
                    assert value["deep"]["er"]["by"] == "hand"
                    assert value["deep"]["when"] == 1.5e300
                with opened(place / NAME) as again:
                    assert same(plain(again), value), number
        for name in names_beside(place / NAME):
            (place / name).unlink()


@pytest.mark.parametrize("which", [NAME, TWIN])
def test_a_damaged_file_and_its_twin(tmp_path: Path, which: str) -> None:
    """Whichever is damaged, the other is a help and no harm."""
    fuzz_with_twin(tmp_path, which, 1, 100)


@pytest.mark.slow
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("style", ["ours", "original"])
def test_20000_damaged_files(tmp_path: Path, data: bytes, style: str) -> None:
    """The same, many times."""
    fuzz(tmp_path, data if style == "ours" else original(), 2, 10_000)


@pytest.mark.slow
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("which", [NAME, TWIN])
def test_3000_damaged_files_and_their_twins(tmp_path: Path, which: str) -> None:
    """The same, many times."""
    fuzz_with_twin(tmp_path, which, 2, 3000)
