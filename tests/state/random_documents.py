"""Documents at random, and small edits of them."""

from __future__ import annotations

from datetime import date
from random import Random
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st

SCALARS: list[Any] = [None, True, False, 0, 1, 2, 1.0, -0.0, 0.0, float("nan"), "", "a", b"a"]
SCALARS += [date(2026, 1, 1)]
KEYS: list[Any] = ["a", "b", "c", 1, 1.0, True, 0, None, date(2026, 1, 1)]

scalars = st.sampled_from(SCALARS)
keys = st.sampled_from(KEYS)
values = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=5) | st.dictionaries(keys, inner), max_leaves=20
)
documents = st.dictionaries(keys, values)
moods = st.integers(0, 10**6)
many = settings(deadline=None, max_examples=100)


def edited(value: Any, random: Random) -> Any:
    """The value with some changes, at any depth, as a program or a person would make them."""
    if isinstance(value, dict):
        kept = {key: edited(item, random) for key, item in value.items() if random.random() > 0.1}
        return kept | (
            {random.choice(KEYS): random.choice(SCALARS)} if random.random() < 0.2 else {}
        )
    if isinstance(value, list):
        items = [edited(item, random) for item in value if random.random() > 0.15]
        if random.random() < 0.3:
            items.insert(random.randint(0, len(items)), {"a": random.choice(SCALARS)})
        return items
    return random.choice(SCALARS) if random.random() < 0.15 else value
