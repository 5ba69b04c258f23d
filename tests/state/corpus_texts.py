"""The longer texts of the corpus: each shows what one part of YAML can look like."""

from __future__ import annotations

COMMENTS = """\
# before all

# and more
a: 1  # after a value
# between
b:    # after a key
  # first in a block
  c: 2

  # last in a block
list:
  # before an item
  - x  # after an item
  # between items
  - y
  # after the last item
# at the level of keys
d: {e: 1, f: 2}  # after a flow
# at the end
#no blank
"""
ANCHORS = """\
base: &base  # the anchor
  host: localhost
  port: 80
dev: *base
names: &names [a, b]
again: *names
one: &one 1
uno: *one
"""
MERGED = """\
base: &base
  host: localhost
  port: 80
other: &other {port: 90, user: me}
dev:
  <<: *base
  port: 8080  # of its own
both:
  <<: [*base, *other]
  z: 1
"""
BLOCKS = """\
clip: |
  one
    two

  three
strip: |-
  one
keep: |+
  one

folded: >
  one
  two

  three
folded_strip: >-
  one
  two
folded_keep: >+
  one

indented: |2
    two blanks before
items:
- |
  in a list
- >-
  folded
  here
last: |
  the end
"""
FLOW = """\
empty: {}
none: []
map: {a: 1, b: [1, 2, {c: d}], "e f": 'g'}
many: [
  one,  # the first
  two,

  three  # the last
]
spread: {
  a: 1,
  b: 2,
}
url: [http://x/y, "a, b"]
"""
QUOTES = """\
'single': 'it''s'
"double": "a\\tb \\u263a \\x41"
plain: with spaces, and colon:inside#hash
'': empty key
"yes": 'no'
multi: "first
  second"
multi plain: first
  second
no: yes
"""
KEYS = """\
1: int
2.5: float
true: bool
null: none
2026-11-21: date
~: again
"""
TYPES = """\
int: 12
octal: 014
hex: 0xFF
big: 123456789012345678901234567890
under: 1_000
sexagesimal: 1:30
float: 1.50
exp: 1.0e+3
inf: .inf
null1:
null2: ~
null3: null
yes: yes
date: 2026-11-21
when: 2026-11-21T07:42:00Z
naive: 2026-11-21 07:42:00.5
data: !!binary aGk=
str: !!str 12
forced: !!int "12"
local: ! 12
"""
LISTS = """\
same_column:
- a
- b
deeper:
    - a
    -   b
    -
      c
nested:
- - 1
  - 2
- - 3
maps:
- name: x   # one
  n: 1
-   name: y
    n: 2

-
    name: z
"""
EXPLICIT = """\
? a
: 1
? b  # with a comment
:
  c: 2
d: 3
"""
DEEP_FLOW = "deep: " + "[" * 199 + "1" + "]" * 199 + "\n"
DEEP_BLOCK = "".join("  " * i + f"k{i}:  # level {i}\n" for i in range(199)) + "  " * 199 + "x: 1\n"
