"""Derived views against lists of dicts, under random changes, commits and rollbacks."""

from __future__ import annotations

import pytest
from hypothesis import settings

from .machine import Machine


class Long(Machine):
    """The same machine, for a run of its own."""


TestModel = Machine.TestCase
TestModel.settings = settings(max_examples=25, stateful_step_count=30, deadline=None)

TestModelForLong = pytest.mark.slow(Long.TestCase)
TestModelForLong.settings = settings(max_examples=1200, stateful_step_count=40, deadline=None)
