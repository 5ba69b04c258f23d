"""What is wanted beside what was measured, with a word on whether it was met."""

from __future__ import annotations

from .harness import Target


def at_least(what: str, wanted: float, measured: float) -> Target:
    """One that is met from `wanted` on."""
    return Target(what, f"≥ {wanted:.2f}, {_verdict(measured >= wanted)}", measured)


def at_most(what: str, wanted: float, measured: float) -> Target:
    """One that is met up to `wanted`."""
    return Target(what, f"≤ {wanted:.2f}, {_verdict(measured <= wanted)}", measured)


def compared(what: str, measured: float) -> Target:
    """What shows how far one could get at all, or how others do."""
    return Target(what, "for comparison", measured)


def _verdict(met: bool) -> str:
    return "met" if met else "missed"
