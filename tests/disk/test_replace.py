"""`outlive.replace` and `outlive.replacing`: what is kept of the old file, and what is refused."""

from __future__ import annotations

import csv
import errno
import os
import shutil
import stat
import subprocess
import threading
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

import outlive

from ..files import names, run_python

ROOT = hasattr(os, "geteuid") and os.geteuid() == 0
as_root = pytest.mark.skipif(not ROOT, reason="needs root: chown, mount, another user")


def mode(path: Path) -> int:
    """The permission bits of a file."""
    return stat.S_IMODE(path.stat().st_mode)


@pytest.fixture
def umask() -> Iterator[None]:
    """An umask that is not the usual one."""
    before = os.umask(0o027)
    yield
    os.umask(before)


@pytest.mark.parametrize("data", [b"new", "nëw", bytearray(b"new"), memoryview(b"new"), b""])
def test_replace_writes_bytes_and_text(
    tmp_path: Path, data: bytes | str | bytearray | memoryview
) -> None:
    """Bytes are written as they are, text as UTF-8; nothing else is in the directory."""
    path = tmp_path / "a"
    outlive.replace(path, data)
    assert path.read_bytes() == (data.encode() if isinstance(data, str) else bytes(data))
    outlive.replace(path, b"again")
    assert path.read_bytes() == b"again"
    assert names(tmp_path) == ["a"]


def test_replacing_gives_a_file(tmp_path: Path) -> None:
    """In text or in bytes, as other libraries want it; it takes its place when the block ends."""
    with outlive.replacing(tmp_path / "a.csv", "w", newline="") as text:
        csv.writer(text).writerows([["a", 1], ["ä", 2]])
        assert not (tmp_path / "a.csv").exists()
    assert (tmp_path / "a.csv").read_bytes() == "a,1\r\nä,2\r\n".encode()
    with (
        outlive.replacing(tmp_path / "a.zip") as file,
        zipfile.ZipFile(file, "w") as archive,
    ):
        archive.writestr("x", "y" * 100_000)
    assert zipfile.ZipFile(tmp_path / "a.zip").read("x") == b"y" * 100_000
    with outlive.replacing(tmp_path / "a.zip") as file:
        file.write(b"0123456789")
        file.seek(2)
        file.write(b"xx")
        file.truncate(5)
    assert (tmp_path / "a.zip").read_bytes() == b"01xx4"
    assert names(tmp_path) == ["a.csv", "a.zip"]


def test_a_block_that_raises_replaces_nothing(tmp_path: Path) -> None:
    """The old file stays, the temporary file does not."""
    (tmp_path / "a").write_text("old")
    with pytest.raises(KeyError), outlive.replacing(tmp_path / "a", "w") as file:
        file.write("new" * 100_000)
        raise KeyError
    assert (tmp_path / "a").read_text() == "old"
    assert names(tmp_path) == ["a"]


def test_a_file_closed_in_the_block_is_complete(tmp_path: Path) -> None:
    """Some libraries close the file that they are given."""
    with outlive.replacing(tmp_path / "a") as file:
        file.write(b"new")
        file.close()
    assert (tmp_path / "a").read_bytes() == b"new"


def test_an_unknown_mode_is_refused(tmp_path: Path) -> None:
    """Modes that would not replace the file raise FormatError."""
    with pytest.raises(outlive.FormatError, match="mode"):
        outlive.replacing(tmp_path / "a", "a")  # type: ignore[call-overload]  # what is tested
    with pytest.raises(outlive.FormatError, match="sync"):
        outlive.replace(tmp_path / "a", b"", sync="no")  # type: ignore[arg-type]  # likewise
    assert names(tmp_path) == []


# -- what is kept


@pytest.mark.usefixtures("umask")
def test_a_new_file_obeys_the_umask(tmp_path: Path) -> None:
    """As with the built-in open()."""
    outlive.replace(tmp_path / "a", b"")
    assert mode(tmp_path / "a") == 0o640


@pytest.mark.parametrize("bits", [0o644, 0o600, 0o664, 0o400, 0o755])
def test_the_mode_is_kept(tmp_path: Path, bits: int) -> None:
    """Whatever the umask says."""
    (tmp_path / "a").write_text("old")
    (tmp_path / "a").chmod(bits)
    outlive.replace(tmp_path / "a", b"new")
    assert mode(tmp_path / "a") == bits


@as_root
def test_the_owner_is_kept(tmp_path: Path) -> None:
    """Where allowed, as it is to root."""
    (tmp_path / "a").write_text("old")
    os.chown(tmp_path / "a", 1234, 5678)
    (tmp_path / "a").chmod(0o6750)
    outlive.replace(tmp_path / "a", b"new")
    status = (tmp_path / "a").stat()
    assert (status.st_uid, status.st_gid, mode(tmp_path / "a")) == (1234, 5678, 0o6750)


@as_root
def test_another_group_gains_nothing(tmp_path: Path) -> None:
    """Where the group cannot be kept, ours may do no more than everyone."""
    tmp_path.chmod(0o777)
    for parent in tmp_path.parents[:3]:
        parent.chmod(parent.stat().st_mode | 0o111)
    path = tmp_path / "a"
    path.write_text("old")
    os.chown(path, 1234, 5678)
    path.chmod(0o664)
    program = (
        "import os, sys, outlive; outlive.replace, outlive.open; os.setgid(1234); os.setuid(1234)\n"
        "outlive.replace(sys.argv[1], b'new')"
    )
    run_python(program, path)
    status = path.stat()
    assert (status.st_uid, status.st_gid, mode(path)) == (1234, 1234, 0o644)


@pytest.mark.skipif(not hasattr(os, "setxattr"), reason="this system has no extended attributes")
def test_extended_attributes_are_kept(tmp_path: Path) -> None:
    """Also on a file without write permission."""
    path = tmp_path / "a"
    path.write_text("old")
    try:
        os.setxattr(path, "user.origin", b"mail")
    except OSError as error:
        pytest.skip(f"no extended attributes on this file system: {error}")
    path.chmod(0o440)
    outlive.replace(path, b"new")
    assert os.getxattr(path, "user.origin") == b"mail"
    assert mode(path) == 0o440


@pytest.mark.parametrize("existing", [True, False])
def test_a_symbolic_link_stays_one(tmp_path: Path, existing: bool) -> None:
    """Its target is replaced, or made; what is temporary is beside the target."""
    (tmp_path / "real").mkdir()
    if existing:
        (tmp_path / "real" / "a").write_text("old")
    (tmp_path / "middle").symlink_to("real/a")
    (tmp_path / "link").symlink_to(tmp_path / "middle")
    with outlive.replacing(tmp_path / "link") as file:
        file.write(b"new")
        assert len(names(tmp_path / "real")) == 1 + existing
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "middle").is_symlink()
    assert (tmp_path / "real" / "a").read_text() == "new"
    assert names(tmp_path) == ["link", "middle", "real"]
    assert names(tmp_path / "real") == ["a"]


# -- what is refused


def test_links_in_a_circle_are_refused(tmp_path: Path) -> None:
    """A link that leads to itself gives a DiskError and stays."""
    (tmp_path / "a").symlink_to("a")
    with pytest.raises(outlive.DiskError, match="circle"):
        outlive.replace(tmp_path / "a", b"new")
    with pytest.raises(outlive.DiskError, match="circle"):
        outlive.open(tmp_path / "a")
    assert names(tmp_path) == ["a"]


def test_a_directory_is_not_replaced(tmp_path: Path) -> None:
    """A name that is a directory gives a DiskError at once."""
    with pytest.raises(outlive.DiskError) as caught:
        outlive.replace(tmp_path, b"new")
    assert caught.value.errno == errno.EISDIR
    assert names(tmp_path) == []


@as_root
@pytest.mark.skipif(not shutil.which("mount"), reason="needs the command mount")
def test_a_mount_point_is_not_overwritten(tmp_path: Path) -> None:
    """A file bound into a container cannot be replaced: a clear error, never a plain overwrite."""
    (tmp_path / "outside").write_text("old")
    (tmp_path / "inside").write_text("")
    command: list[str | Path] = ["mount", "--bind", tmp_path / "outside", tmp_path / "inside"]
    if subprocess.run(command, check=False, capture_output=True).returncode:
        pytest.skip("mounting is not allowed here")
    try:
        with pytest.raises(outlive.DiskError, match="mount its directory instead") as caught:
            outlive.replace(tmp_path / "inside", b"new")
        assert caught.value.errno == errno.EBUSY
        assert (tmp_path / "inside").read_text() == "old"
    finally:
        subprocess.run(["umount", str(tmp_path / "inside")], check=True)
    assert names(tmp_path) == ["inside", "outside"]


@as_root
@pytest.mark.skipif(not shutil.which("mount"), reason="needs the command mount")
def test_a_full_disk(tmp_path: Path) -> None:
    """FullError (an OSError with ENOSPC); old file and value whole; with room it works again."""
    disk = tmp_path / "disk"
    disk.mkdir()
    command: list[str | Path] = ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", disk]
    if subprocess.run(command, check=False, capture_output=True).returncode:
        pytest.skip("mounting is not allowed here")
    try:
        store = outlive.open(disk / "a.json", default="small")
        store.commit()
        store.value = "x" * 100_000
        with pytest.raises(outlive.FullError, match=r"a\.json.*make room") as caught:
            store.commit()
        assert caught.value.errno == errno.ENOSPC
        assert names(disk) == ["a.json"]
        assert (disk / "a.json").read_text() == '"small"'
        assert store.value == "x" * 100_000
        store.value = "y" * 1000
        store.commit()
        assert (disk / "a.json").stat().st_size == 1002
    finally:
        subprocess.run(["umount", str(disk)], check=True)


def test_a_file_size_limit(tmp_path: Path) -> None:
    """A limit of the shell (ulimit -f) is no room as well."""
    program = (
        "import outlive, resource, sys; resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))\n"
        "try: outlive.replace(sys.argv[1], b'x' * 10_000)\n"
        "except outlive.FullError as error: print(error)"
    )
    (tmp_path / "a").write_text("old")
    printed = run_python(program, tmp_path / "a")
    assert "make room" in printed
    assert (tmp_path / "a").read_text() == "old"
    assert names(tmp_path) == ["a"]


@as_root
def test_no_permission(tmp_path: Path) -> None:
    """Another user's directory gives a DiskError that says what to check."""
    for parent in [tmp_path, *tmp_path.parents[:3]]:
        parent.chmod(parent.stat().st_mode | 0o555)
    (tmp_path / "a.json").write_text("1")
    program = (
        "import os, sys, outlive; outlive.open; os.setuid(1234)\n"
        "store = outlive.open(sys.argv[1])\n"
        "store.value = 2\n"
        "try: store.commit()\n"
        "except outlive.DiskError as error: print(error)"
    )
    printed = run_python(program, tmp_path / "a.json")
    assert "check the permissions" in printed
    assert (tmp_path / "a.json").read_text() == "1"


# -- what a crash left


def test_what_killed_writers_left_is_swept(tmp_path: Path) -> None:
    """The next commit removes their temporary files, and no other file."""
    for number in range(3):
        (tmp_path / f".a.outlive-{number}.tmp").write_text("half")
    (tmp_path / ".b.outlive-0.tmp").write_text("of another file")
    (tmp_path / ".a.tmp").write_text("of another program")
    outlive.replace(tmp_path / "a", b"new")
    outlive.replace(tmp_path / "a", b"newer")
    assert names(tmp_path) == [".a.tmp", ".b.outlive-0.tmp", "a"]


def test_a_living_writer_is_not_swept(tmp_path: Path) -> None:
    """Two replacements at once have a temporary file each; the later one stands."""
    with outlive.replacing(tmp_path / "a", "w") as first:
        first.write("first")
        outlive.replace(tmp_path / "a", "second")
        assert (tmp_path / "a").read_text() == "second"
    assert (tmp_path / "a").read_text() == "first"
    assert names(tmp_path) == ["a"]


def test_many_writers_without_a_lock(tmp_path: Path) -> None:
    """Each of many replacements at once succeeds; the file is always one of them, whole."""
    failures: list[BaseException] = []

    def write(letter: str) -> None:
        try:
            for _ in range(30):
                outlive.replace(tmp_path / "a", letter * 5000, sync="os")
                content = (tmp_path / "a").read_text()
                assert content == content[0] * 5000
        except Exception as error:  # noqa: BLE001  # a thread's error has to reach the test
            failures.append(error)

    threads = [threading.Thread(target=write, args=(letter,)) for letter in "abcdefgh"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert names(tmp_path) == ["a"]
