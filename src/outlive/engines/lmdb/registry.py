"""The LMDB files that this process has open: shared by its engines, left alone by its children.

LMDB may not be used, nor even closed carelessly, in a child of the process that opened it: both
would write to the same table of readers. So a fork waits until no thread is in LMDB; the child
forgets the transactions that it inherited, without ending them, closes the file or abandons it, and
each engine opens it anew when it is used.
"""

from __future__ import annotations

import atexit
import os
import threading
import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol, TypeVar

from ...disk.claim import Claim
from .environment import Environment, Identity
from .gate import Gate

C = TypeVar("C", bound=Claim)


class _Engine(Protocol):
    """What opens an environment anew when it has to."""

    reopening: threading.Lock


environments: dict[Identity, Environment] = {}
# Those that were closed as well, as long as an engine or a snapshot knows them: a thread that is
# still busy with closing one, and has its gate shut, is not there in a child to open it again.
_known: weakref.WeakSet[Environment] = weakref.WeakSet()
engines: weakref.WeakSet[_Engine] = weakref.WeakSet()
claims: set[Claim] = set()  # the files that are being opened; the lock is the parent's alone
_forking: list[Environment] = []
# What opens a file and notes it in `environments` passes here: a child must know of all.
opening = Gate()


@contextmanager
def claiming(claim: C) -> Iterator[C]:
    """A block that owns a claim; at its end the claim is closed, and in a forked child at once."""
    claims.add(claim)
    try:
        yield claim
    finally:
        with opening.passing():  # or a child might keep a lock that the claim has just let go of
            claim.close()
            claims.discard(claim)


def note(environment: Environment) -> None:
    """A file that was opened; called within `opening`."""
    _known.add(environment)
    environments[environment.identity] = environment


def forget(environment: Environment) -> None:
    """A file that was closed."""
    if environments.get(environment.identity) is environment:
        del environments[environment.identity]


def used_by(engine: object) -> list[Environment]:
    """The environments that an engine or one of its snapshots keeps open."""
    return [each for each in list(environments.values()) if each.is_used_by(engine)]


def _before_fork() -> None:
    opening.close()
    _forking[:] = _known
    for environment in _forking:
        environment.gate.close()


def _in_parent() -> None:
    for environment in _forking:
        environment.gate.open()
    _forking.clear()
    opening.open()


def _in_child() -> None:
    environments.clear()
    for claim in claims:
        claim.close()
    claims.clear()
    for engine in engines:
        engine.reopening = threading.Lock()  # which another thread may have held in the parent
    for environment in _forking:
        environment.inherit()
        environment.gate.open()
    _forking.clear()
    opening.inside.clear()
    opening.open()


def _at_exit() -> None:
    """Keep other threads out for ever, as Python frees it all after this.

    LMDB would wait, when it is freed, for a thread that is in it and never comes back. This thread
    goes on: it still runs what was registered for the end of the program, and destructors.
    """
    opening.close()
    for environment in list(environments.values()):
        environment.gate.close()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(before=_before_fork, after_in_parent=_in_parent, after_in_child=_in_child)
atexit.register(_at_exit)
