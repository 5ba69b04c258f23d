"""A pickle runs what is in it: it is read only if nobody else could have written it."""

from __future__ import annotations

import os
import pickle
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import outlive

as_root = pytest.mark.skipif(
    not hasattr(os, "geteuid") or os.geteuid() != 0, reason="needs root to give files away"
)


class Bomb:
    """Leaves a trace when it is unpickled."""

    def __init__(self, trace: Path) -> None:
        self.trace = trace

    def __reduce__(self) -> tuple[Callable[..., Any], tuple[Any, ...]]:
        return os.mkdir, (str(self.trace),)


@pytest.fixture
def bomb(tmp_path: Path) -> Path:
    """A pickle in a private directory, that nobody else could have written."""
    (tmp_path / "private").mkdir(mode=0o700)
    path = tmp_path / "private" / "a.pickle"
    path.write_bytes(pickle.dumps(Bomb(tmp_path / "trace")))
    path.chmod(0o600)
    return path


def exploded(bomb: Path) -> bool:
    """Whether the pickle was read."""
    return (bomb.parent.parent / "trace").exists()


@pytest.mark.parametrize("bits", [0o620, 0o602, 0o666])
def test_a_file_that_others_may_write(bomb: Path, bits: int) -> None:
    """A pickle that its group or everyone may write is not read; the message says how to go on."""
    bomb.chmod(bits)
    with pytest.raises(outlive.UntrustedError, match=r"a\.pickle.*trust=True"):
        outlive.open(bomb)
    assert not exploded(bomb)
    outlive.open(bomb, trust=True)
    assert exploded(bomb)


@pytest.mark.parametrize("bits", [0o770, 0o707, 0o777])
def test_a_directory_that_others_may_write(bomb: Path, bits: int) -> None:
    """Who may write to the directory could have put another file in its place."""
    bomb.parent.chmod(bits)
    with pytest.raises(outlive.UntrustedError, match="directory"):
        outlive.open(bomb)
    assert not exploded(bomb)


def test_a_sticky_directory_keeps_files_apart(bomb: Path) -> None:
    """In a directory like /tmp nobody can replace what is ours."""
    bomb.parent.chmod(0o1777)
    outlive.open(bomb)
    assert exploded(bomb)


@as_root
@pytest.mark.parametrize("which", ["file", "directory"])
def test_another_owner(bomb: Path, which: str) -> None:
    """What belongs to another user is not read."""
    os.chown(bomb if which == "file" else bomb.parent, 1234, -1)
    with pytest.raises(outlive.UntrustedError, match="another user"):
        outlive.open(bomb)
    assert not exploded(bomb)


def test_a_link_does_not_hide_the_directory(bomb: Path) -> None:
    """It is the target's directory that counts."""
    link = bomb.parent.parent / "link.pickle"
    link.symlink_to(bomb)
    bomb.parent.chmod(0o777)
    with pytest.raises(outlive.UntrustedError):
        outlive.open(link)


def test_reload_and_blocks_check_again(bomb: Path) -> None:
    """Not only opening: every reading of the file asks who could have written it."""
    bomb.write_bytes(pickle.dumps(1))
    store = outlive.open(bomb)
    bomb.write_bytes(pickle.dumps(Bomb(bomb.parent.parent / "trace")))
    bomb.chmod(0o666)
    with pytest.raises(outlive.UntrustedError):
        store.reload()
    with pytest.raises(outlive.UntrustedError), store:
        pass
    assert store.value == 1
    assert not exploded(bomb)


def test_a_version_is_checked_too(tmp_path: Path) -> None:
    """restore() reads a pickle as well."""
    tmp_path.chmod(0o700)
    store = outlive.open(tmp_path / "a.pickle", default=0, keep=3)
    for number in range(3):
        store.value = number
        store.commit()
    Path(store.history()[0].path).chmod(0o666)
    with pytest.raises(outlive.UntrustedError):
        store.restore(store.history()[0])


@pytest.mark.parametrize("arguments", [{}, {"format": pickle}, {"format": "pickle"}])
def test_new_pickles_are_private(tmp_path: Path, arguments: dict[str, Any]) -> None:
    """A new pickle is 0600, whatever the umask; one that exists keeps its mode."""
    path = tmp_path / "a.pkl"
    before = os.umask(0)
    try:
        outlive.open(path, default={1, 2}, **arguments).commit()
    finally:
        os.umask(before)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert outlive.open(path).value == {1, 2}


def test_other_formats_need_no_trust(tmp_path: Path) -> None:
    """JSON that everyone may write is read: it runs nothing."""
    (tmp_path / "a.json").write_text("1")
    (tmp_path / "a.json").chmod(0o666)
    assert outlive.open(tmp_path / "a.json").value == 1


def test_who_may_turn_a_link_chooses_the_file(bomb: Path) -> None:
    """The directory of a symbolic link counts as well."""
    public = bomb.parent.parent / "public"
    public.mkdir()
    public.chmod(0o777)
    (public / "x.pickle").symlink_to(bomb)
    with pytest.raises(outlive.UntrustedError, match="directory"):
        outlive.open(public / "x.pickle")
    assert not exploded(bomb)
