"""The help of each command, usage errors, completion, and how quickly it starts."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import click
import pytest

from outlive.cli.main import COMMANDS
from outlive.cli.main import outlive as group

from .running import COMMAND, done, environment, failed, run


def test_the_group() -> None:
    """Without a command, and with --help, all commands and exit codes are listed."""
    text = done("--help").out
    for name, (_, short) in COMMANDS.items():
        assert f"  {name}" in text
        assert short.partition(" ")[0] in text
    assert "130" in text
    assert run().code == 2


@pytest.mark.parametrize("name", list(COMMANDS))
def test_each_command_has_an_example(name: str) -> None:
    """--help shows how it is called, and an example that its own options allow."""
    text = done(name, "--help").out
    assert f"Usage: outlive {name}" in text
    assert "Example" in text
    assert f"      outlive {name} " in text or f"    outlive {name} " in text
    command = group.get_command(click.Context(group), name)
    assert command is not None
    for each in command.params:
        if isinstance(each, click.Option):
            assert each.help, f"{name} {each.opts} says nothing"


def test_python_m_outlive() -> None:
    """`python -m outlive` is the command."""
    ended = subprocess.run(
        [sys.executable, "-m", "outlive", "--version"], capture_output=True, check=True, text=True
    )
    assert ended.stdout == done("--version").out


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (["nope"], "No such command"),
        (["get"], "Missing argument 'PATH'"),
        (["get", "--nope", "x"], "No such option"),
        (["set", "x", "a", "1", "2"], "unexpected extra argument"),
        (["set", "-t", "xml", "x", "a", "1"], "'xml' is not one of"),
        (["restore", "x", "one"], "not a valid integer"),
    ],
)
def test_usage_errors(arguments: list[str], why: str) -> None:
    """A command that was not understood ends with 2, in one line that says where there is help."""
    said = failed(2, *arguments)
    assert why in said
    assert "--help says how" in said


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_scripts(shell: str) -> None:
    """Each shell gets its script."""
    text = done("--completion", shell).out
    assert "_OUTLIVE_COMPLETE" in text
    assert f"{shell}_complete" in text


def completed(*words: str) -> list[str]:
    """What bash would offer for the last word."""
    env = environment(
        _OUTLIVE_COMPLETE="bash_complete",
        COMP_WORDS=" ".join(["outlive", *words]),
        COMP_CWORD=str(len(words)),
    )
    ended = subprocess.run([COMMAND], capture_output=True, check=True, text=True, env=env)
    return [line.partition(",")[2] for line in ended.stdout.splitlines() if line]


def test_completion(state: Path, storage: Path, safe: Path, tmp_path: Path) -> None:
    """Commands, options, and the keys and tables of the file that is there."""
    assert completed("co") == ["compact", "convert"]
    assert "--json" in completed("show", "--j")
    assert completed("get", str(state), "q") == ["queue"]
    assert completed("get", str(storage), "p") == ["people"]
    assert completed("get", str(safe), "") == ["a.b", "first", '["user", 1]']
    assert completed("get", str(tmp_path / "nope"), "") == []


def test_completion_in_bash(state: Path) -> None:
    """The script works in a bash, from the name of the command on."""
    script = (
        'eval "$(outlive --completion bash)"; COMP_WORDS=(outlive get "$1" la); COMP_CWORD=3; '
        '_outlive_completion outlive; echo "${COMPREPLY[@]}"'
    )
    path = f"{Path(COMMAND).parent}:{os.environ['PATH']}"
    ended = subprocess.run(
        ["bash", "-c", script, "bash", str(state)],
        capture_output=True,
        check=True,
        text=True,
        env=environment(PATH=path),
    )
    assert ended.stdout == "last\n"


def test_get_loads_what_it_needs(store: Path, safe: Path) -> None:
    """A small file is read without rich, other faces, or other formats: it starts quickly."""
    program = (
        "import sys, outlive.cli\n"
        "sys.argv[:] = ['outlive', *sys.argv[1:]]\n"
        "try:\n    outlive.cli.main()\n"
        "except SystemExit:\n    print(sorted(sys.modules), file=sys.stderr)\n"
    )
    for path, key, late in [
        (store, "n", {"rich", "yaml", "msgspec", "lmdb", "pickle", "outlive.safes", "sqlite3"}),
        (safe, "a.b", {"rich", "yaml", "outlive.state.state", "outlive.tables", "sqlite3"}),
    ]:
        ended = subprocess.run(
            [sys.executable, "-c", program, "get", str(path), key],
            capture_output=True,
            check=True,
            text=True,
        )
        loaded = set(eval(ended.stderr))  # noqa: S307  # a list that the program printed
        assert not loaded & late
