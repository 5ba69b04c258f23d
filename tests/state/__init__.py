"""Tests of `outlive.State`."""

import pytest

pytest.register_assert_rewrite("tests.state.children", "tests.state.editors", "tests.state.machine")
