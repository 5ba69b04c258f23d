"""A file on a medium that nobody can write: a CD, an image, a disk that is mounted to be read."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from outlive import Safe, Storage
from outlive.disk.media import is_read_only

MOUNTS = """\
22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw
30 22 8:2 / /mnt/cd ro,nosuid - iso9660 /dev/sr0 ro
31 22 8:1 /data /mnt/bound ro,relatime - ext4 /dev/sda1 rw
32 22 0:50 / /mnt/far ro - nfs4 server:/x ro,vers=4
33 22 8:3 / /mnt/with\\040space ro - squashfs /dev/loop0 ro
34 30 8:1 /data /mnt/cd/upper rw - ext4 /dev/sda1 rw
"""


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/home/a.safe", False),
        ("/mnt/cd/a.safe", True),
        ("/mnt/cdrom/a.safe", False),
        ("/mnt/bound/a.safe", False),
        ("/mnt/far/a.safe", False),
        ("/mnt/with space/a.safe", True),
        ("/mnt/cd/upper/a.safe", False),
    ],
)
def test_what_nobody_can_write(path: str, expected: bool, tmp_path: Path) -> None:
    """The whole file system has to be read-only, on this machine; one directory is not enough."""
    mounts = tmp_path / "mountinfo"
    mounts.write_text(MOUNTS)
    assert is_read_only(path, str(mounts)) is expected


def test_not_known(tmp_path: Path) -> None:
    """Where the system does not say it, nothing is taken for read-only."""
    assert not is_read_only("/mnt/cd/a.safe", str(tmp_path / "none"))


PROGRAM = """
import sys
import outlive
safe = outlive.Safe("a.safe", mode="r", trust=True)
main, changes = outlive.Storage("a.db", mode="r"), outlive.Storage(sys.argv[1])
main.aside(changes)
main["t"].append(n=2)
main.commit()
print(safe["a"], [row.n for row in main["t"]])
"""


def test_a_medium_with_the_lock_files_on_it(tmp_path: Path) -> None:
    """A safe and a storage are read from it, and an aside elsewhere takes what is changed."""
    alone = ["unshare", "--map-root-user", "--mount"]
    if not shutil.which("unshare") or subprocess.run([*alone, "true"], check=False).returncode:
        pytest.skip("this user may not mount anything")
    with Safe(tmp_path / "a.safe") as safe, Storage(tmp_path / "a.db") as storage:
        safe["a"] = 1
        storage.getas("t[n:I]").append(n=1)
        storage.commit()
    (tmp_path / "program.py").write_text(PROGRAM)
    medium = tmp_path / "medium"
    medium.mkdir()
    script = (
        'mount -t tmpfs none "$1/medium" && cp "$1"/a.* "$1/medium" && '
        'mount -o remount,ro "$1/medium" && cd "$1/medium" && "$2" "$1/program.py" "$1/changes"'
    )
    done = subprocess.run(
        [*alone, "sh", "-c", script, "-", tmp_path, sys.executable],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.stdout, done.stderr) == ("1 [1, 2]\n", "")
