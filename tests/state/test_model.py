"""A state does what plain dicts and lists do, and its file says so after each step."""

from __future__ import annotations

from pathlib import Path
from random import Random

import pytest
from hypothesis import HealthCheck, Phase, settings

from .machine import Machine, open_state
from .steps import copied, do


def settings_of(examples: int, *phases: Phase) -> settings:
    """Settings for a number of examples."""
    slow = [HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large]
    return settings(
        max_examples=examples,
        stateful_step_count=30,
        deadline=None,
        phases=phases or tuple(Phase),
        suppress_health_check=slow,
    )


class TestModel(Machine.TestCase):  # type: ignore[misc, valid-type]  # hypothesis makes the class
    """A state and its file are equal to the model at every step."""

    # To make a failing example small takes minutes; the slow run does it.
    settings = settings_of(35, Phase.explicit, Phase.reuse, Phase.generate)


def test_slices_of_a_longer_list(place: Path) -> None:
    """Each change of a slice is right in the file, where it stands as several changes of items."""
    moods, state = Random(1), open_state(place)
    state.list = []
    for _ in range(500):
        if len(state.list) < 8:
            state.list = [*range(12), [12], {"a": 13}]
        model = copied(state.list)
        start, stop = (moods.choice([None, *range(-15, 16)]) for _ in "ab")
        step = moods.choice([None, 1, 1, 2, 3, -1, -2, -5])
        index = slice(start, stop, step)
        values = [moods.random() for _ in range(moods.choice([0, 1, 2, 3, len(model[index])]))]
        what, args = moods.choice([("delete slice", (index,)), ("set slice", (index, values))])
        try:
            do(model, what, args, is_live=False)
        except ValueError:
            with pytest.raises(ValueError, match="slice"):
                do(state.list, what, args, is_live=True)
        else:
            do(state.list, what, args, is_live=True)
        assert state.list == model == open_state(place, "r").list
    state.close()


@pytest.mark.slow
class TestModelForLong(Machine.TestCase):  # type: ignore[misc, valid-type]  # likewise
    """The same, much longer."""

    settings = settings_of(5000)
