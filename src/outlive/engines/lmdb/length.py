"""Was a file cut short? A page that is missing would kill the process that reads it."""

from __future__ import annotations

import os
from typing import Any

import lmdb
from lmdb import verify

from ...errors import CorruptError

# The public function says nothing of the later pages of a value that has several.
_VERIFIER: Any = verify._Verifier


def check_length(env: lmdb.Environment, path: str) -> None:
    """Raise CorruptError for a file that was cut short.

    A healthy file, too, can be shorter than LMDB counts: pages that were used and freed in one
    transaction are never written. So one that is short is looked through, which is slow and rare,
    and then made as long as it should be; one that may not be written is refused.
    """
    if _pages(path, env) > env.info()["last_pgno"]:
        return
    if not os.access(path, os.W_OK):
        raise _cut_short(path, "Have someone who may write it open it, or put a good copy there")
    with env.begin(write=True):  # nobody changes it meanwhile
        if _misses_some(path):
            raise _cut_short(path, "Put a good copy in its place")
        wanted = (env.info()["last_pgno"] + 1) * env.stat()["psize"]
        os.truncate(path, max(wanted, os.path.getsize(path)))


def _pages(path: str, env: lmdb.Environment) -> int:
    return os.path.getsize(path) // env.stat()["psize"]


def _misses_some(path: str) -> bool:
    with open(path, "rb") as file:
        size = file.seek(0, os.SEEK_END)
        verifier: Any = _VERIFIER(file, size)
        try:
            return bool(verifier.verify()) or any(verifier.live[size // verifier.psize :])
        except verify.VerifyError:
            return True


def _cut_short(path: str, advice: str) -> CorruptError:
    return CorruptError(f"{path} was cut short: pages are missing at its end. {advice}")
