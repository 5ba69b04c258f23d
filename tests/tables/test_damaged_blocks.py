"""A damaged file gives the right data or CorruptError; it does not end the program that reads it.

Arrow reads beyond its buffers where an offset in them is damaged, so each look at a damaged file
is in a process of its own kind: one for many files, which says which one it is at.
"""

from __future__ import annotations

import datetime
import random
import subprocess
import sys
from decimal import Decimal
from pathlib import Path

import pytest

from outlive.tables import Storage, patches

PAGE = 4096

READING = """
import sys
from pathlib import Path
from outlive.errors import CorruptError
from outlive.tables import Storage

def read(path):
    with Storage(path, mode="r") as storage:
        content = []
        for name in storage:
            table = storage.view(name)
            content.append((name, table.to_arrow().to_pylist()))
            content.append([tuple(row)[:4] for row in table[:3]])
            content.append([tuple(row)[:4] for row in table.sort(table.structure[1])[:3]])
        return repr(content)

whole = Path(sys.argv[1])
good = read(whole)
content = whole.read_bytes()
seen = {"right": 0, "refused": 0}
for number, line in enumerate(open(sys.argv[2])):
    print(line, end="", flush=True)  # the last line says at what the program has ended
    at, new = line.split()
    new = bytes.fromhex(new[1:])
    damaged = whole.with_name(f"damaged{number}.db")  # one that nobody had open
    damaged.write_bytes(content[: int(at)] + new + content[int(at) + len(new) :])
    try:
        assert read(damaged) == good, "it is other data"
    except CorruptError as error:
        assert damaged.name in str(error), error
        seen["refused"] += 1
    else:
        seen["right"] += 1
    damaged.unlink()
print("seen", *seen.values())
"""


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A storage that has blocks of every kind, a patch, and free pages."""
    path = tmp_path_factory.mktemp("damaged") / "a.db"
    start = datetime.datetime(2020, 1, 1)
    with Storage(path, sync="os") as storage:
        table = storage.getas("t[i:I,s:S,d:D,b:B,o:bool,e:Decimal,w:datetime,y:date,k[n:I,s:S]]")
        table.extend(
            {
                "i": 300 * n,
                "s": f"name {n}",
                "d": n / 7,
                "b": b"x" * (n % 5),
                "o": n % 2 == 0,
                "e": Decimal(n) / 4,
                "w": start + datetime.timedelta(seconds=n),
                "y": start.date() + datetime.timedelta(days=n),
                "k": [(n, f"k{n}")] * (n % 3),
            }
            for n in range(400)
        )
        long = storage.getas("u[a:I,b:S]")
        long.extend([(n, f"u{n}") for n in range(patches.FEW)])
        storage.commit()
        for row in (7, 8):
            long[row].b = "patched"
            storage.commit()
    return path


def look(path: Path, damages: list[tuple[int, bytes]]) -> tuple[int, int]:
    """How many of the damaged files were read as if whole, and how many were refused."""
    listed = path.with_name("damages")
    listed.write_text("".join(f"{at} x{new.hex()}\n" for at, new in damages))
    command = [sys.executable, "-X", "faulthandler", "-c", READING, str(path), str(listed)]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    last = ended.stdout[-200:].splitlines()
    assert ended.returncode == 0, (last, ended.stderr[-1500:])
    _, right, refused = last[-1].split()
    return int(right), int(refused)


def test_a_flipped_bit_is_noticed(path: Path) -> None:
    """Wherever it is, also in what the engine itself holds: pages, keys, lengths."""
    content, chance = path.read_bytes(), random.Random(6)
    places = sorted(chance.sample(range(len(content)), 220))
    damages = [(at, bytes([content[at] ^ 1 << chance.randrange(8)])) for at in places]
    right, refused = look(path, damages)
    assert refused > 20
    assert right > 20  # in what is free


def test_a_page_of_zeros_is_noticed(path: Path) -> None:
    """As a disk leaves it that lost a block: each page but the first two, one at a time."""
    content = path.read_bytes()
    pages = range(2 * PAGE, len(content), PAGE)
    damages = [(at, bytes(PAGE)) for at in pages if any(content[at : at + PAGE])]
    right, refused = look(path, damages)
    assert refused > 10
    assert right + refused == len(damages)
