"""What is in a safe that may be damaged: what can be read, and what is wrong with the rest."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from ..disk import trust
from ..disk.fs import OS, translated
from ..engines import Buffer, Entry, MemoryEngine
from ..engines.examining import Examined, Progress
from ..errors import CorruptError, FormatError, UntrustedError
from ..faults import Fault
from ..formats import FormatLike, apart
from ..formats.apart import Trouble
from ..formats.keys import unpack
from ..formats.named import NAMES
from . import header
from .values import PICKLE, Codec, _reason, codec, format_name

SHOWN = 20  # faults of one kind that are told one by one
_REMEDY = "a repair leaves it out, and keeps its bytes"
_GUESSED = ("json", "msgpack")  # beside pickle, which tells itself by its first byte and its last
_PICKLE_BEGINS, _PICKLE_ENDS = b"\x80", b"."


class Content:
    """A look through all entries of `examined`: `bad` says why a packed key has no good value.

    `kept` is for values that cannot be read here, and are no damage. `format` is that of the
    header, else the one that all values have; None where neither says.
    """

    def __init__(
        self,
        examined: Examined,
        *,
        may_run: Callable[[], None],
        format: FormatLike | None = None,
        progress: Progress | None = None,
    ) -> None:
        self.examined = examined
        self.bad: dict[bytes, str] = {}
        self.kept: dict[bytes, str] = {}
        self.entries = 0  # those that are good
        self.header_fault = ""
        self.untrusted = ""
        self._progress = progress
        self.format = self._format(format)
        found = self._codec(format)
        self.runs_code = found is None or found.runs_code
        self._look(found, may_run)

    # -- which format

    def _format(self, given: FormatLike | None) -> str | None:
        try:
            found = header.read(_Heads(self.examined.heads), self.examined.path)  # type: ignore[arg-type]  # of a snapshot, it uses only these
            if found is not None:
                return found
            self.header_fault = "it is not there, so this might also be a Storage"
        except CorruptError as error:
            self.header_fault = str(error.__cause__ or error)
        return format_name(given) if given is not None else self._guessed()

    def _guessed(self) -> str | None:
        possible = {PICKLE, *_GUESSED}
        codecs = {name: codec(self.examined.path, name, None) for name in _GUESSED}
        is_empty = True
        for packed, entry in self.examined.scan():
            if entry is None or not len(entry.value) or packed >= header.DATA_END:
                continue
            is_empty, data = False, bytes(entry.value)
            if not (data.startswith(_PICKLE_BEGINS) and data.endswith(_PICKLE_ENDS)):
                possible.discard(PICKLE)
            for name in _GUESSED:
                if name in possible and _why_not(codecs[name], b"", data):
                    possible.discard(name)
        return possible.pop() if len(possible) == 1 and not is_empty else None

    def _codec(self, given: FormatLike | None) -> Codec | None:
        path = self.examined.path
        if given is not None:
            found = codec(path, given, None)
            if found.format == self.format:
                return found
            raise FormatError(
                f"{path}: the values in it are written as {self.format}, not {found.format}; leave "
                "format= away"
            )
        return codec(path, self.format, None) if self.format in NAMES else None

    # -- the entries

    def _look(self, found: Codec | None, may_run: Callable[[], None]) -> None:
        if found is None:
            self.untrusted = (
                f"are written as {self.format}, and were not looked into; pass format="
                if self.format is not None
                else "are of an unknown format, and were not looked into; pass format="
            )
        elif found.runs_code:
            try:
                may_run()
            except UntrustedError as error:
                why = str(error).removeprefix(f"{self.examined.path}: ")
                self.untrusted = f"are pickles, and were not looked into: {why}"
        data = self._data()
        if found is None or self.untrusted:
            for _ in data:
                continue
        elif found.runs_code:
            for packed, trouble in apart.tried(data, _attempt(found)):
                self._note(packed, trouble)
        else:
            for packed, value in data:
                why_not = _why_not(found, packed, value)
                if why_not is not None:
                    self._note(packed, why_not)

    def _note(self, packed: bytes, trouble: Trouble) -> None:
        (self.bad if trouble.is_damage else self.kept)[packed] = trouble.why
        self.entries -= trouble.is_damage

    def _data(self) -> Iterator[tuple[bytes, bytes]]:
        """Keys and values, those of the safe that the engine could read."""
        total = max(self.examined.expected, 1)
        for number, (packed, entry) in enumerate(self.examined.scan()):
            if self._progress is not None and not number % 256:
                self._progress(min(number, total), total)
            if packed >= header.DATA_END:
                continue
            if entry is None:
                self.bad[packed] = "its pages cannot be read"
                continue
            try:
                unpack(packed)
            except CorruptError as error:
                self.bad[packed] = f"the key is none: {error}"
                continue
            self.entries += 1
            yield packed, bytes(entry.value)
        if self._progress is not None:
            self._progress(total, total)

    # -- what to say of it

    def faults(self) -> list[Fault]:
        """All that is wrong, of the content and below."""
        path, odd = self.examined.path, self.examined.odd
        found = list(self.examined.faults)
        if self.header_fault:
            found.append(self._of_header())
        found += _told(path, self.bad, "cannot be read", _REMEDY, is_repairable=True)
        others = {key: why for key, why in odd.items() if key not in self.bad}
        found += _told(path, others, "is odd", "a repair mends that", is_repairable=True)
        remedy = "see that it can be loaded here (PYTHONPATH)"
        found += _told(path, self.kept, "cannot be loaded here", remedy, is_repairable=False)
        if self.untrusted:
            what, _, remedy = self.untrusted.rpartition("; ")
            found.append(Fault(path, f"the values {what}", remedy, is_repairable=False))
        return found

    def _of_header(self) -> Fault:
        what = f"the header of the safe cannot be read: {self.header_fault}"
        if self.format is None:
            remedy = "pass the format= that its values have"
            return Fault(self.examined.path, what, remedy, is_repairable=False)
        remedy = f"a repair writes it anew, with format={self.format!r}, which all values have"
        return Fault(self.examined.path, what, remedy, is_repairable=True)

    def good(self) -> Iterator[tuple[bytes, Buffer, int]]:
        """What a repair keeps: the header, and the entries that are not bad; rev 0 is a new one."""
        assert self.format is not None  # noqa: S101  # else nothing is repaired
        if self.header_fault:
            yield (*_new_header(self.format), 0)
        for packed, entry in self.examined.scan():
            is_data = packed < header.DATA_END
            if entry is not None and (packed not in self.bad if is_data else not self.header_fault):
                yield packed, entry.value, entry.rev

    def holes(self) -> list[str]:
        """Between which keys some are missing."""
        return [
            f"after {_bound(hole.after)} and before {_bound(hole.before)}"
            for hole in self.examined.holes
        ]

    def lost(self) -> Iterator[tuple[bytes, bytes | None, str]]:
        """The bad entries: key, the bytes of the value as far as they can be read, and why."""
        values = {
            packed: bytes(entry.value)
            for packed, entry in self.examined.scan()
            if packed in self.bad and entry is not None
        }
        for packed, why in self.bad.items():
            yield packed, values.get(packed), why


class _Heads:
    """What a snapshot would have of a header."""

    def __init__(self, heads: dict[bytes, bytes]) -> None:
        self._heads = heads

    def get(self, key: bytes) -> Entry | None:
        """What is under `key`."""
        value = self._heads.get(key)
        return None if value is None else Entry(value, 1)

    def scan(self) -> Iterator[tuple[bytes, Entry]]:
        """Those that are no header of a safe."""
        for key, value in self._heads.items():
            yield key, Entry(value, 1)


def format_of(examined: Examined) -> str | None:
    """The format that the header says; None if it cannot be read."""
    try:
        return header.read(_Heads(examined.heads), examined.path)  # type: ignore[arg-type]  # likewise
    except CorruptError:
        return None


def _new_header(format: str) -> tuple[bytes, bytes]:
    engine = MemoryEngine()
    header.write(engine, format)
    with engine.snapshot() as snapshot:
        ((key, entry),) = snapshot.scan()
    return key, bytes(entry.value)


def trusted(path: str, is_trusted: bool) -> Callable[[], None]:
    """What raises UntrustedError if others could have written the file at `path`."""

    def may_run() -> None:
        if not is_trusted:
            with translated(path, "stat"):
                status = OS.stat(path)
            trust.check(path, status, OS)

    return may_run


def _bound(packed: bytes | None) -> str:
    if packed is None or packed >= header.DATA_END:
        return "the end" if packed else "the first key"
    return f"the key {shown(packed)}"


def shown(packed: bytes) -> str:
    """A key as a person reads it."""
    try:
        return f"{unpack(packed)!r:.99}"
    except CorruptError:
        return f"the bytes {packed!r:.99}"


def _attempt(found: Codec) -> Callable[[bytes, bytes], Trouble | None]:
    def attempt(packed: bytes, data: bytes) -> Trouble | None:
        return _why_not(found, packed, data)

    return attempt


def _why_not(found: Codec, packed: bytes, data: bytes) -> Trouble | None:
    """Why a value cannot be read; None if it can."""
    try:
        found.loads(data)
    except MemoryError:
        raise
    except Exception as error:  # noqa: BLE001  # whatever a class raises when it is loaded
        is_damage = not isinstance(found.cannot_read(packed, error), FormatError)
        return Trouble(is_damage, f"as {found.format}: {_reason(error)}")
    return None


def _told(
    path: str, why: dict[bytes, str], what: str, remedy: str, *, is_repairable: bool
) -> Iterator[Fault]:
    for packed in list(why)[:SHOWN]:
        where = f"{path}, key {shown(packed)}"
        yield Fault(where, f"{what}: {why[packed]}", remedy, is_repairable)
    if len(why) > SHOWN:
        more = f"{len(why) - SHOWN} more keys: each {what}"
        yield Fault(path, more, remedy, is_repairable)
