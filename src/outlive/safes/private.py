"""Private safes: each module its own, in a place that nobody has to choose.

The file of a module's safe is ``safe/<node>.<app>.<module>`` below the directory that the
environment variable OUTLIVE_HOME names, or else below the user's state directory
(``~/.local/state/outlive`` on Linux).

- *node* is the host's name, since a home directory may be shared by hosts, and a safe cannot.
  OUTLIVE_NODE overrides it: set it in a container, whose host has another name each time.
- *app* is the program, by the name and the place of its file: see `outlive.safes.program`. A
  program that is moved begins anew. OUTLIVE_APP overrides it: set it for a service that is
  installed in a new directory with each version, or where several run in one ``gunicorn``,
  ``celery`` or ``flask``, which are the program then.
- *module* is its ``__name__``, ``__main__`` for the file that was started, by whatever name.

What a file name cannot hold is written as ``%`` and two digits for each byte, and so are the dots
of the node and the app, so that no two safes ever meet in one file. A name that gets too long
ends in a digest.
"""

from __future__ import annotations

import errno
import os
import string
import sys
import threading
from functools import lru_cache
from types import FrameType
from typing import Any

from ..disk.directories import make_private
from ..disk.fs import OS, absolute
from ..errors import DiskError, FormatError
from . import program
from .safe import Safe

# On macOS and Windows, names that differ in capitals alone are one; and both may spell what is not
# ASCII in another way than was asked.
_CAPITALS = "" if sys.platform in {"darwin", "win32"} else string.ascii_uppercase
_PLAIN = frozenset(string.ascii_lowercase + string.digits + "_-" + _CAPITALS)
_LONGEST = 200  # bytes of a file name; systems take 255, and there are names beside it
_LOCK = "-lock"  # the end of the name of LMDB's lock, which stands beside the file of the safe

_safes: dict[str, Safe[Any, Any]] = {}
_lock = threading.RLock()


def safe(name: str | None = None) -> Safe[Any, Any]:
    """The calling module's own safe; no other module's call leads to it.

    It is found by the ``__name__`` of the code that calls; ``outlive.safe(__name__)`` says the same
    explicitly, and is for code that is called by a helper or a decorator. Each call returns the
    same `Safe` as long as that is open, in all threads; after `close`, a new one. A forked child
    goes on with it.

    The directories are made for this user alone (mode 0700), and the whole of them is durable
    before the first change is. Where the file is: `outlive.safes.private`, or ``safe().path``.

    Raises FormatError if the calling code has no ``__name__``, or for a name that is no text;
    DiskError if the directory cannot be made; and what `Safe` raises.

    >>> visits = outlive.safe()
    >>> visits["total"] = visits.get("total", 0) + 1
    """
    module = calling_module(sys._getframe().f_back) if name is None else _checked(name)
    return opened("safe", file_name(node(), app(), module))


def calling_module(frame: FrameType | None) -> str:
    """The name of the module whose code runs in a frame. Raises FormatError if it has none."""
    found = None if frame is None else frame.f_globals.get("__name__")
    if not isinstance(found, str) or not found:
        raise FormatError(
            "the code that asks for its private safe is in no module: it has no __name__; "
            "pass a name of your choice: outlive.safe('name')"
        )
    return _checked(found)


def _checked(name: str) -> str:
    if not isinstance(name, str) or not name:
        raise FormatError(
            f"{name!r} is no name for a private safe; pass a text, such as outlive.safe(__name__)"
        )
    # multiprocessing imports the main module by another name.
    return "__main__" if name == "__mp_main__" else name


def node() -> str:
    """The host: OUTLIVE_NODE, or its name."""
    import platform

    return os.environ.get("OUTLIVE_NODE") or platform.node() or "localhost"


def app() -> str:
    """The program: OUTLIVE_APP, or what runs."""
    return os.environ.get("OUTLIVE_APP") or program.name()


def home() -> str:
    """The directory that all private safes are below."""
    given = os.environ.get("OUTLIVE_HOME")
    if not given:
        return _state_directory()
    if not os.path.isabs(given):
        raise FormatError(
            f"OUTLIVE_HOME is {given!r}, which is another place in each directory; "
            "set it to an absolute path"
        )
    return absolute(given)


def _state_directory() -> str:
    import platformdirs

    try:
        found = str(platformdirs.user_state_path("outlive"))
    except RuntimeError:  # from version 4.10 on; those before return "~" as it is
        found = ""
    if not os.path.isabs(found):
        raise DiskError(
            errno.ENOENT,
            "private safes: this user has no home directory; set OUTLIVE_HOME to a directory "
            "for them",
            operation="find the state directory",
        )
    return found


@lru_cache(maxsize=256)
def file_name(node: str, app: str, module: str) -> str:
    """``node.app.module`` as a file name; no two triples have the same."""
    name = ".".join([_escaped(node), _escaped(app), _escaped(module, ".")])
    if name.endswith(_LOCK):
        name = name.removesuffix(_LOCK) + _LOCK.replace("-", "%2d")
    elif name.endswith("."):  # which Windows would leave out
        name = name[:-1] + "%2e"
    if len(name) > _LONGEST:
        import hashlib

        # "%%" is in no other name.
        digest = hashlib.sha256(name.encode()).hexdigest()
        name = f"{name[: _LONGEST - 2 - len(digest)]}%%{digest}"
    return name


def _escaped(part: str, more: str = "") -> str:
    return "".join(char if char in _PLAIN or char in more else _percent(char) for char in part)


def _percent(char: str) -> str:
    return "".join(f"%{byte:02x}" for byte in char.encode("utf-8", "surrogatepass"))


def opened(*below: str) -> Safe[Any, Any]:
    """The safe in this file below `home`: the one that is open in this process, or a new one."""
    path = os.path.join(home(), *below)
    with _lock:
        there = _safes.get(path)
        if there is None or there.closed:
            there = _safes[path] = _open(path)
        return there


def _open(path: str) -> Safe[Any, Any]:
    try:
        if not OS.exists(path):
            make_private(os.path.dirname(path))
        return Safe(path)
    except DiskError as error:
        advice = "or set OUTLIVE_HOME to another directory, where you may write"
        message = f"{error}; {advice}"
        raise type(error)(error.errno or 0, message, path, error.operation) from error


def _renew_lock() -> None:
    """In a forked child: the thread that held it may not be there."""
    global _lock  # noqa: PLW0603  # a lock of which only the parent has the owner
    _lock = threading.RLock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_renew_lock)
