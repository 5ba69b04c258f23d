"""Standard streams that are closed, full or in another encoding; arguments; files that are none."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest

import outlive

from .running import COMMAND, LONG, done, environment, failed

LATIN = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}


def shell(line: str, path: Path, **env: str) -> subprocess.CompletedProcess[bytes]:
    """Run a line of a shell, in which $0 is the command and $1 the path."""
    return subprocess.run(
        ["/bin/sh", "-c", line, COMMAND, str(path)],
        capture_output=True,
        check=False,
        timeout=LONG,
        env=environment(**env),
    )


@pytest.fixture
def words(tmp_path: Path) -> Path:
    """A State with letters that not every encoding has."""
    path = tmp_path / "w\u00f6rter.state"
    path.write_text("\u00fc: \u00e9\U0001f600\n")
    return path


def test_what_goes_into_a_pipe_is_utf_8(words: Path) -> None:
    """JSON parses and a text is what is kept, also where the locale is not in UTF-8."""
    assert shell('"$0" get "$1" \u00fc', words, **LATIN).stdout.decode() == "\u00e9\U0001f600\n"
    found = shell('"$0" get --json "$1"', words, PYTHONIOENCODING="latin-1").stdout
    assert json.loads(found) == {"\u00fc": "\u00e9\U0001f600"}


def test_what_comes_in_is_utf_8(words: Path) -> None:
    """Keys and values are kept as they were typed or piped in, whatever the locale."""
    line = 'printf \'"\u00fc"\' | "$0" set "$1" \u00f6 - && "$0" set "$1" \u00e4 \'"\u00df"\''
    assert shell(line, words, **LATIN).returncode == 0
    assert dict(outlive.State(words, mode="r")) == {
        "\u00fc": "\u00e9\U0001f600",
        "\u00f6": "\u00fc",
        "\u00e4": "\u00df",
    }


def test_what_is_no_utf_8(words: Path) -> None:
    """Bytes that are none are refused, in plain words, and nothing is changed."""
    before = words.read_bytes()
    assert "no UTF-8" in failed(4, "set", words, "a", "-", stdin=b'"\xfc"')
    argument = subprocess.run(
        [os.fsencode(COMMAND), b"set", os.fsencode(words), b"a", b'"\xfc"'],
        capture_output=True,
        check=False,
        timeout=LONG,
    )
    assert (argument.returncode, b"no UTF-8" in argument.stderr) == (2, True)
    assert words.read_bytes() == before


def test_closed_streams(words: Path) -> None:
    """A change is made, and ends with 0, where all three are closed."""
    ended = shell('"$0" set "$1" a 1 <&- >&- 2>&-', words)
    assert (ended.returncode, ended.stderr) == (0, b"")
    assert outlive.State(words, mode="r")["a"] == 1
    assert shell('"$0" get "$1" >&-', words).returncode == 0
    piped = shell('"$0" set "$1" a <&-', words)
    assert (piped.returncode, b"no JSON" in piped.stderr) == (4, True)


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="a device of Linux")
def test_a_full_output(words: Path) -> None:
    """It ends with 5, and says that it is the output."""
    ended = shell('"$0" get "$1" >/dev/full', words)
    assert (ended.returncode, ended.stderr.count(b"\n")) == (5, 1)
    assert ended.stderr.startswith(b"outlive: standard output: ")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are none")
def test_pipes_and_devices_are_no_files(tmp_path: Path) -> None:
    """Nobody waits for what will never come, or reads without end; a directory is called one."""
    os.mkfifo(tmp_path / "fifo")
    for command in ("get", "check"):
        assert "a pipe or a device" in failed(5, command, tmp_path / "fifo")
    assert "a pipe or a device" in failed(5, "convert", tmp_path / "fifo", tmp_path / "a.json")
    assert "a pipe or a device" in failed(5, "get", "/dev/zero")
    assert "is a directory; give a file in it\n" in failed(5, "get", tmp_path)


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="nothing is forbidden")
def test_a_file_that_may_not_be_read(words: Path) -> None:
    """It is the disk that refuses, not the command that was not understood."""
    words.chmod(0)
    assert "check its permissions" in failed(5, "get", words)


def test_advice_for_a_prompt(tmp_path: Path) -> None:
    """What the library advises is said with the options of the command, or not at all."""
    path = tmp_path / "a.json"
    path.write_text('{"a": 1, "b": [}')
    assert "=" not in failed(4, "get", path)
    safe = tmp_path / "a.safe"
    outlive.Safe(safe).close()
    safe.chmod(0o666)
    told = failed(4, "get", safe)
    assert "--trust" in told
    assert "=" not in told
    path.write_text("[1")
    ended = shell('"$0" repair "$1"', path)
    assert (ended.returncode, ended.stdout.count(b"\n")) == (1, 1)
    assert ended.stdout.startswith(b"not mended: ")
    path.write_text('{"a": 1}')
    assert done("repair", path).out == ""
