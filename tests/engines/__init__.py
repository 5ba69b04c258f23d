"""Tests of the engines; `CheckEngine` in check_engine.py is what each of them has to pass."""

import pytest

pytest.register_assert_rewrite(
    "tests.engines.check_changes",
    "tests.engines.check_closing",
    "tests.engines.check_expect",
    "tests.engines.check_limits",
    "tests.engines.check_model",
    "tests.engines.check_ranges",
    "tests.engines.check_reading",
    "tests.engines.check_snapshots",
    "tests.engines.check_threads",
    "tests.engines.history",
    "tests.engines.looking",
)
