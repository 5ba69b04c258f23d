"""Which program is this? The same answer however it was started."""

from __future__ import annotations

import os
import sys

_known: str | None = None


def name() -> str:
    """The name of the running program, as in ``report-3f2a9c1e``: that of its file, and its place.

    The place, so that two programs that are both called ``main.py`` are two; it is the first 32
    bits of the SHA-256 of the real path. The file is the one that runs as ``__main__``, or the
    directory or archive that holds the ``__main__.py``: it is the same program as ``python dir``,
    ``python -m dir``, from wherever, through a symbolic link, and in the processes that
    multiprocessing starts. An interactive session, ``python -c`` and a program read from standard
    input are all called ``python``.
    """
    global _known  # noqa: PLW0603  # once said, it stays, even if a link on the way is turned
    if _known is None:
        path = _path()
        if path is None:
            return "python"  # not for ever: in a site hook, it is not known yet
        _known = _describe(path)
    return _known


def _describe(path: str) -> str:
    import hashlib

    path = os.path.normcase(os.path.realpath(path))
    stem = os.path.splitext(os.path.basename(path))[0]
    return f"{stem}-{hashlib.sha256(os.fsencode(path)).hexdigest()[:8]}"


def _path() -> str | None:
    if getattr(sys, "frozen", False):  # PyInstaller and its like: there is no other file
        return sys.executable
    file = getattr(sys.modules.get("__main__"), "__file__", None)
    if isinstance(file, str) and os.path.isabs(file):  # not "<stdin>"
        return _without_main(file)
    # While multiprocessing imports the main module in a new process, that is not yet `__main__`,
    # but it is the first argument.
    first = sys.argv[0] if getattr(sys, "argv", None) else ""
    if first == "-m":
        return _being_located()
    if first in {"", "-", "-c"}:
        return None
    return _without_main(os.path.join(_first_directory(), first))


def _without_main(file: str) -> str:
    directory, base = os.path.split(file)
    return directory if base in {"__main__.py", "__main__.pyc"} else file


def _first_directory() -> str:
    """Where the program was started.

    multiprocessing does not import the main module of a package in a new process: that has no
    main file, but knows what was typed, and where.
    """
    process = sys.modules.get("multiprocessing.process")
    first = getattr(process, "ORIGINAL_DIR", None)
    return first if isinstance(first, str) else os.getcwd()


def _being_located() -> str | None:
    """The module of ``python -m``, while Python imports the packages that it is in."""
    import importlib.util

    module = _argument_of_m()
    spec = importlib.util.find_spec(module) if module else None
    if spec is None:
        return None
    if spec.submodule_search_locations:
        return os.path.abspath(next(iter(spec.submodule_search_locations)))
    return os.path.abspath(spec.origin) if spec.origin else None


def _argument_of_m() -> str | None:
    words = iter(sys.orig_argv[1:])
    for word in words:
        if word == "--check-hash-based-pycs":
            next(words, None)
        if word.startswith("--"):
            continue
        for at, letter in enumerate(word):
            if letter == "m":
                return word[at + 1 :] or next(words, None)
            if letter in "WX":  # the rest is its argument, or the next word
                if not word[at + 1 :]:
                    next(words, None)
                break
    return None
