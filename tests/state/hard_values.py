"""Values that are hard to write in YAML."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

from hypothesis import strategies as st

from outlive.formats.document import load

KOLKATA = timezone(timedelta(hours=5, minutes=30))
WORDS = """\
yes No ON off y N true False null ~ NULL Null none None = << <<: - -- --- --- ... ... - ? : a: a:b
a:b:c: :a a : b c #d #d d# a#b 1 -1 +1 0 01 08 0o7 0x1F 0b11 1_000 1e3 1.5 1. .5 1.0e+16 1e+16 .inf
-.inf .nan inf nan 1:20 1:20.5 12:30:45 2026-11-21 2026-11-21T07:42:00Z 2026-11-21T07:42:00+05:30
2026-02-30 v1.2 10.0.0.1 http://x/y?a=b&c=d /srv /-x / // ~/x ./x ../x .x *a &a !a !!str |a >a |- >+
@a `a %YAML %a "a 'a a" a' it's "it" [a] {a} [a {a ]a }a a[0] a{0} ,a a, a,b ;a a; C# *.py \\ a\\nb
\\x41 é über naïve 日本語 Ελλάδα हिन्दी العربية ١٢٣ ½ ²a _ _1 -a -a-b a- e3 E3 x: x:y x:/ 🐍 🐍a
a🐍 <a <<a >a =a =="""
HARD = WORDS.split()
HARD += [
    "",
    " ",
    "  ",
    "\t",
    "\n",
    "\n\n",
    " a",
    "a ",
    "a  b",
    "a\tb",
    "\ta",
    "a\t",
    "a: b",
    "a :b",
]
HARD += ["a #b", "a # b", "- a", "-\ta", "? a", ": a", "--- a", "... a", "a\n", "a\nb", "a\nb\n"]
HARD += [
    "a\nb\n\n",
    "\na\nb",
    " a\nb",
    "\ta\nb",
    "a\n b\n",
    "a\n\tb\n",
    "a\nb \n",
    "a \nb",
    "a\n\nb",
]
HARD += ["a\n \nb", "# a\n# b\n", "- a\n- b\n", "--- a\n--- b\n", "...\n...\n", "%YAML\n%TAG\n"]
HARD += [
    "a\r\nb",
    "a\rb",
    "a\r",
    "\r",
    "a\x85b\nc",
    "a\u2028b\nc",
    "a\u2029b",
    "\ufeffa",
    "a\ufeff\nb",
]
HARD += [
    "\x00",
    "\x07",
    "\x1b[0m",
    "\x7f",
    "\x80",
    "\x9f",
    "\xa0",
    "a\xa0",
    "\xad",
    "\ufffe",
    "\uffff",
]
HARD += ["a\u200bb", "e\u0301", "\U0001fffe", "\U0010ffff", "\ue000", "\ufffd", "a\n\U0001f40d\n"]
HARD += [
    "x" * 121,
    "x" * 1025,
    "x " * 600 + "x",
    "é" * 1024,
    "a\n" * 700,
    '"' * 130,
    "x" * 119 + ":",
]
NUMBERS = [
    0,
    -1,
    8080,
    10**18,
    2**63,
    -(2**64),
    10**639,
    10**640,
    10**5000,
    -(10**5000),
    0xFACE << 9000,
]
FLOATS = [0.0, -0.0, 1.0, 1.5, -2.5, 0.1, 1e16, -1e16, 1.5e16, 1e-7, 5e-324, 1.7976931348623157e308]
FLOATS += [1e22, 123456789.123456789, float("inf"), float("-inf")]
DAYS = [date(2026, 11, 21), date.min, date.max, date(999, 1, 2)]
MOMENTS = [
    datetime(2026, 11, 21),
    datetime(2026, 11, 21, 7, 42),
    datetime(2026, 11, 21, 7, 42, 0, 1),
    datetime(2026, 11, 21, 7, 42, 59, 500_000),
    datetime.min,
    datetime.max,
    datetime(33, 4, 5, tzinfo=UTC),
    datetime(2026, 11, 21, 7, 42, tzinfo=UTC),
    datetime(2026, 11, 21, 7, 42, 0, 123456, tzinfo=KOLKATA),
    datetime(2026, 11, 21, tzinfo=timezone(timedelta(minutes=-30))),
    datetime(2026, 11, 21, tzinfo=timezone(timedelta(hours=23, minutes=59))),
]
SECONDS = [timedelta(minutes=53, seconds=28), -timedelta(hours=4, seconds=2, microseconds=1)]
BYTES = [b"", b"hi", bytes(range(256)), b"x" * 1000]
OTHERS: list[Any] = [None, True, False, float("nan"), {}, [], [[]], [{}], {"a": {}}, {"a": []}]
SCALARS: list[Any] = [*HARD, *NUMBERS, *FLOATS, *DAYS, *MOMENTS, *BYTES, *OTHERS]

texts = st.text() | st.sampled_from(HARD) | st.text("ab -:#\n\t'\"é", max_size=12)
moments = st.datetimes() | st.datetimes(
    timezones=st.integers(-1439, 1439).map(lambda n: timezone(timedelta(minutes=n)))
)
numbers = st.integers() | st.sampled_from(NUMBERS[:7])
floats = st.floats(allow_nan=False)
keys = texts | numbers | floats | st.booleans() | st.none() | st.dates()
leaves = keys | st.just(float("nan")) | moments | st.binary()
values = st.recursive(
    leaves, lambda inner: st.lists(inner) | st.dictionaries(keys, inner), max_leaves=30
)
documents = st.dictionaries(keys, values)


def read(data: bytes) -> dict[Any, Any]:
    """What a text says."""
    return load(data, "x.state")


def nested(depth: int) -> dict[str, Any]:
    """Lists and dicts in each other, `depth` of them, the outermost a dict."""
    value: Any = 1
    for i in reversed(range(depth)):
        value = [value] if i % 3 == 1 else {"k": value}
    assert isinstance(value, dict)
    return value
