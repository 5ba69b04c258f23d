"""Standard input, output and errors: there in any case, and in UTF-8 where no person is."""

from __future__ import annotations

import os
import sys
from io import TextIOWrapper

_NAMES = ("stdin", "stdout", "stderr")
_ERRORS = "backslashreplace"


def prepare() -> None:
    """Open what is closed on the null device, before a file gets its number; set the encodings.

    What goes into a pipe or a file is UTF-8, whatever the locale says: JSON is read by programs.
    """
    for number, name in enumerate(_NAMES):
        if not _is_open(number):
            _open(number)
        if getattr(sys, name) is None:
            mode = "w" if number else "r"
            stream = open(number, mode, encoding="utf-8", errors=_ERRORS, closefd=False)  # noqa: SIM115  # for good
            setattr(sys, name, stream)
    for each in (sys.stdout, sys.stderr):
        if isinstance(each, TextIOWrapper):
            encoding = each.encoding if each.isatty() else "utf-8"
            if (each.encoding, each.errors) != (encoding, _ERRORS):
                each.reconfigure(encoding=encoding, errors=_ERRORS)


def _is_open(number: int) -> bool:
    try:
        os.fstat(number)
    except OSError:
        return False
    return True


def _open(number: int) -> None:
    fd = os.open(os.devnull, os.O_WRONLY if number else os.O_RDONLY)
    if fd != number:
        os.dup2(fd, number)
        os.close(fd)
    os.set_inheritable(number, True)  # an editor needs it


def arguments() -> list[str]:
    """The arguments of the program, as UTF-8 whatever the locale says. Raises UsageError."""
    given = []
    for each in sys.argv[1:]:
        try:
            given.append(each if each.isascii() else os.fsencode(each).decode())
        except UnicodeError as error:
            from click import UsageError

            raise UsageError(
                f"the argument {each!r:.200} is no UTF-8; write it so, and to a file whose name is "
                "none make a link"
            ) from error
    return given


def read() -> str:
    """All of standard input. Raises FormatError, DiskError."""
    try:
        data = sys.stdin.buffer.read()
    except OSError as error:
        from ..errors import DiskError

        message = f"standard input cannot be read: {error.strerror}; give a VALUE"
        raise DiskError(error.errno or 0, message, "standard input", "read") from error
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        from ..errors import FormatError

        raise FormatError(
            f"standard input is no UTF-8: the byte {data[error.start]:#x} after {error.start} "
            "others; convert it first, as with iconv -t UTF-8"
        ) from error
