"""Warnings that point at the line of the program, however deep in here they come from."""

from __future__ import annotations

import sys
import warnings

_PACKAGE = __name__.partition(".")[0]


def warn(message: str, category: type[Warning]) -> None:
    """Warn at the innermost line that is not ours."""
    frame, level = sys._getframe(1), 1
    while frame.f_back is not None and _is_ours(str(frame.f_globals.get("__name__"))):
        frame, level = frame.f_back, level + 1
    warnings.warn(message, category, stacklevel=level + 1)


def _is_ours(module: str) -> bool:
    # A transaction is left through contextlib.
    return module == "contextlib" or module.partition(".")[0] == _PACKAGE
