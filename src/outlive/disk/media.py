"""Is a file on a medium that nobody can write? A CD, an image, a disk mounted to be read."""

from __future__ import annotations

import os

_MOUNTS = "/proc/self/mountinfo"
# Their server, or host, may let others write.
_SHARED = ("nfs", "cifs", "smb", "9p", "fuse", "virtiofs", "ceph", "overlay", "afs", "gfs", "ocfs")


def is_read_only(path: str, mounts: str = _MOUNTS) -> bool:
    """Whether the whole file system of `path` is read-only; False where that cannot be known.

    A directory that alone is mounted so, as by ``docker -v …:ro``, is another thing: the same
    files may be written elsewhere. Known on Linux only (proc_pid_mountinfo(5)).
    """
    try:
        with open(mounts, encoding="utf-8", errors="surrogateescape") as file:
            lines = file.read().splitlines()
    except OSError:
        return False
    best, options, kind = -1, "", ""
    real = os.path.realpath(path)
    for line in lines:
        mount, _, file_system = line.partition(" - ")
        point = mount.split()[4].encode().decode("unicode_escape")
        if len(point) >= best and (real == point or real.startswith(point.rstrip("/") + "/")):
            best = len(point)
            kind, _, options = file_system.split()[:3]
    return "ro" in options.split(",") and not kind.startswith(_SHARED)
