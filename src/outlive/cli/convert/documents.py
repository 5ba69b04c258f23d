"""Documents: of a Store in any of its formats, or of a State."""

from __future__ import annotations

import copy
import os
import time
import warnings
from typing import Any, NamedTuple

from ... import replace
from ...errors import ConflictError, CorruptError, DiskError, FormatError
from ...opening import open as open_store
from ...state.state import State
from ..target import Options
from .fitting import RULES, fitted
from .losses import Losses, differences
from .names import Ends
from .written import comments, document_of, doubts

_TRIES = 100  # to see a file at one moment, while a program writes it
_LOOKS, _PAUSE = 20, 0.01  # and seconds between them
_PICKLE = "pickle"


class Document(NamedTuple):
    """A value, and the text that it was read from."""

    value: Any
    text: bytes
    format: str  # of the text


def read(path: str, given: str, options: Options, losses: Losses) -> Document:
    """The document at `path`, as it is at one moment; entries that are damaged are noted.

    Raises what the faces raise.
    """
    format = "yaml" if given == "state" else given
    if given == "state":
        return Document(_of_state(path, losses), document_of(_bytes(path)), format)
    for _ in range(_TRIES):
        before = _bytes(path)
        value = open_store(path, format=format, trust=options.trust).value
        if before == _bytes(path):
            return Document(_ints(value) if format == "bson" else value, before, format)
    raise ConflictError(f"{path} is changed all the time; try again when its program rests")


def _ints(value: Any) -> Any:
    """A value with the ints of Python in the place of those that pymongo has for large ones."""
    if isinstance(value, dict):
        return {key: _ints(each) for key, each in value.items()}
    if isinstance(value, list):
        return [_ints(each) for each in value]
    return int(value) if type(value).__name__ == "Int64" else value


def _of_state(path: str, losses: Losses) -> Any:
    """The document of a State whose entries may be damaged."""
    for _ in range(_LOOKS):  # an entry that is being written is none that is damaged
        try:
            return read_state(path, is_strict=True)
        except CorruptError as error:
            damage = str(error).removeprefix(f"{path}: ").partition("; open it")[0]
            time.sleep(_PAUSE)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        value = read_state(path)
    losses.add(damage)
    return value


def _bytes(path: str) -> bytes:
    try:
        with open(path, "rb") as file:
            return file.read()
    except FileNotFoundError:
        return b""  # a State that has only its journal; of others the face says it
    except OSError as error:
        message = f"{path} cannot be read: {error.strerror}; check its permissions"
        raise DiskError(error.errno or 0, message, path, "read") from error


def read_state(path: str, *, is_strict: bool = False) -> Any:
    """The document of a State, plain, beside its program."""
    state = State(path, mode="r", strict=is_strict)
    try:
        return copy.deepcopy(dict(state))
    finally:
        state.close()


def write(document: Document, ends: Ends, name: str, losses: Losses) -> None:
    """Write the document to the file `name`, which is to be `ends.target`; note what is lost."""
    if ends.given == ends.wanted and ends.given != "state":
        if ends.wanted == _PICKLE:
            os.close(os.open(name, os.O_CREAT | os.O_EXCL, 0o600))
        replace(name, document.text)  # to the last byte
        return
    for doubt in doubts(document.text, document.format):
        losses.add(doubt)
    if ends.wanted == _PICKLE:
        _through_store(document.value, _PICKLE, name)
    else:
        try:
            value = fitted(document.value, RULES[ends.wanted], losses)
        except FormatError as error:
            raise FormatError(f"{ends.source}: {error}") from error
        losses.add_all(differences(value, _kept(value, document, ends.wanted, name)))
    with open(name, "rb") as file:
        left = comments(file.read(), "yaml" if ends.wanted == "state" else ends.wanted)
    gone = comments(document.text, document.format) - left
    for text in gone:
        losses.add(f"the comment {text:.60} would be gone")


def _kept(value: Any, document: Document, wanted: str, name: str) -> Any:
    """Write a value, in the text that it was read from if there are comments; as it is read."""
    through = _through_state if wanted == "state" else _through_store
    is_yaml = wanted in ("state", "yaml")
    if is_yaml and comments(document.text, document.format if is_yaml else ""):
        replace(name, document.text)
        try:
            return through(value, wanted, name)
        except CorruptError:  # a State refuses what a Store takes
            os.unlink(name)
    return through(value, wanted, name)


def _through_store(value: Any, format: str, name: str) -> Any:
    store = open_store(name, format=format, trust=True, sync="os")
    store.value = value
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of comments that are lost, which is noted here
        store.commit()
    if format == _PICKLE:
        return None
    kept = open_store(name, format=format).value
    return _ints(kept) if format == "bson" else kept


def _through_state(value: Any, _: str, name: str) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with State(name) as state:
            if any(differences(copy.deepcopy(dict(state)), value)):
                with state.transaction():
                    state.clear()
                    state.update(value)
    return read_state(name)
