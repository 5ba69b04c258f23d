"""pyarrow, NumPy and xxhash, imported when they are first used: most programs have no tables.

The first two have no complete types, so all are Any.
"""

from __future__ import annotations

import importlib
from typing import Any

from ..errors import FormatError


class _Late:
    """A module that is imported at the first look into it; what was seen is an attribute then."""

    def __init__(self, module: str) -> None:
        self.__module = module

    def __getattr__(self, name: str) -> Any:
        try:
            value = getattr(importlib.import_module(self.__module), name)
        except ImportError as error:
            raise FormatError(
                f"tables need {self.__module.partition('.')[0]}, which is not installed: "
                "python -m pip install 'outlive[tables]'"
            ) from error
        setattr(self, name, value)
        return value


pa: Any = _Late("pyarrow")
pc: Any = _Late("pyarrow.compute")
ipc: Any = _Late("pyarrow.ipc")
np: Any = _Late("numpy")
xxhash: Any = _Late("xxhash")


def require() -> None:
    """Import them now: at the end of the program, when a storage may commit, it is too late.

    Raises FormatError, with the command that installs them.
    """
    _ = pa.Array, pc.min_max, ipc.read_record_batch, np.ndarray, xxhash.xxh3_64_digest
    importlib.import_module("concurrent.futures.thread")  # which pyarrow imports when it needs it
