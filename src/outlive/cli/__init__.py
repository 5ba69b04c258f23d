"""The command `outlive`: look at state, change it, check it and mend it, from a shell."""

from __future__ import annotations

_INTERRUPTED = 130  # as in `main`, which is not loaded yet


def main() -> None:
    """Run the command with the arguments of the program; ends it with an exit code."""
    try:
        from . import streams

        streams.prepare()
        from .main import run

        run()
    except KeyboardInterrupt:  # before there was anything to interrupt
        raise SystemExit(_INTERRUPTED) from None
