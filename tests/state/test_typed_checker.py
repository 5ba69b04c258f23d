"""`State(path, type=…)`: what a type checker sees."""

from __future__ import annotations

from pathlib import Path

from ..test_types import mypy

PROGRAM = """
from dataclasses import dataclass, field
import outlive
from outlive import State

@dataclass
class Server:
    port: int = 80

@dataclass
class Progress(outlive.StateMethods):
    last_id: int = 0
    server: Server = field(default_factory=Server)
    tags: list[str] = field(default_factory=list)

@dataclass
class Bare:
    last_id: int = 0

progress = State("a", type=Progress, sync="full")
reveal_type(progress)
reveal_type(progress.last_id)
reveal_type(progress.server.port)
reveal_type(progress.tags)
reveal_type(State("b", type=Bare))
reveal_type(State("c", last_id=0))
reveal_type(State("c").last_id)
reveal_type(State("c")["last_id"])
progress.last_id += 1
progress.server = Server(port=81)
progress.tags.append("x")
with State("d", type=Progress) as inner:
    reveal_type(inner)
    with inner.transaction(), inner.lock:
        inner.server.port -= 1
    inner.sync()
    inner.close()
for change in State("e", mode="r", timeout=None).follow():
    reveal_type(change.value)
reveal_type(progress.refresh())
"""
REVEALED = [
    "program.Progress",
    "int",
    "int",
    "list[str]",
    "program.Bare",
    "outlive.state.state.State",
    "Any",
    "Any",
    "program.Progress",
    "object",
    "bool",
]
PLAIN = """
from outlive import State
state = State("a", counter=0, server={})
state.counter += 1
state.counter -= 5
state.server.tags = ["a"]
state.server.tags.append("b")
state.server |= {"port": 80}
state.server.port += 1
state.new = {"a": {}}
state.new.a.b = 1
state.rows = []
state.rows.append({"id": 1})
state.rows[0].id += 1
state.processed[2:5] = ["x"]
state.setdefault("list", {})["port"] = 8080
del state.counter
def show(values: dict[str, int]) -> None: ...
show(state)
with State("b") as other, other.transaction():
    other.balance -= 10
    other.server.paid += 10
"""
MISTAKES = """
from dataclasses import dataclass
from outlive import State
@dataclass
class Progress:
    last_id: int = 0
progress = State("a", type=Progress)
progress.last_id = "x"
progress.lost_id = 1
print(progress.lost_id)
State("a", mode="w")
State("a", sync="always")
State("a", type=5)
State(5)
"""


def test_a_type_checker_knows_the_fields(tmp_path: Path) -> None:
    """type= says what the attributes are, without an annotation in the program."""
    lines = mypy(tmp_path, PROGRAM)
    revealed = [line.split('"')[1] for line in lines if "Revealed type is" in line]
    assert [one.replace("builtins.", "") for one in revealed] == REVEALED
    assert lines[-1].startswith("Success"), lines


def test_a_plain_state_takes_everything(tmp_path: Path) -> None:
    """What can be written with a plain State is no error to a type checker."""
    assert mypy(tmp_path, PLAIN)[-1].startswith("Success"), mypy(tmp_path, PLAIN)


def test_a_type_checker_finds_mistakes(tmp_path: Path) -> None:
    """Wrong values, fields that do not exist and wrong options, before the program runs."""
    errors = [line for line in mypy(tmp_path, MISTAKES) if ": error:" in line]
    assert sorted({int(line.split(":")[1]) for line in errors}) == [*range(8, 15)]
