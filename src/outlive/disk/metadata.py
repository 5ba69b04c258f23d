"""Carry over what belongs to a file but not to its content: owner, mode, extended attributes."""

from __future__ import annotations

import errno
import os
import stat
import sys

from .fs import FileSystem

# What the kernel or the policy sets for a new file, or lets only root set: "where allowed".
_NOT_ALLOWED = {errno.EPERM, errno.EACCES, errno.ENOTSUP, errno.ENODATA, errno.EINVAL}


def copy(fs: FileSystem, old: int, new: int) -> None:
    """Give the file `new` (a descriptor) the owner, attributes and mode of `old`.

    Attributes come before the mode: a mode without write permission would forbid them. On Linux
    they hold the access control list as well.
    """
    if sys.platform == "win32":
        return  # a file there takes its permissions from its directory
    before, after = fs.fstat(old), fs.fstat(new)
    mode = stat.S_IMODE(before.st_mode)
    if not _copy_owner(fs, new, before, after):
        # Another group than the old one must not gain what the old group was allowed, nor may
        # anyone run as an owner who did not write the file (vim and rsync do the same).
        mode = mode & 0o707 | (mode & 0o7) << 3
    if sys.platform == "linux":
        _copy_attributes(fs, old, new)
    fs.chmod(new, mode)


def _copy_owner(fs: FileSystem, new: int, before: os.stat_result, after: os.stat_result) -> bool:
    """Whether the new file has the owner and the group of the old one now."""
    kept = True
    group_first = ((-1, before.st_gid), (before.st_uid, -1))  # who gave the file away may not
    for uid, gid in group_first:
        if (uid, gid) != (-1, after.st_gid) and (uid, gid) != (after.st_uid, -1):
            try:
                fs.chown(new, uid, gid)
            except PermissionError:
                kept = False
    return kept


if sys.platform == "linux":

    def _copy_attributes(fs: FileSystem, old: int, new: int) -> None:
        try:
            names = fs.listxattr(old)
        except OSError as error:
            if error.errno in _NOT_ALLOWED:
                return  # a file system without them
            raise
        for name in names:
            try:
                fs.setxattr(new, name, fs.getxattr(old, name))
            except OSError as error:
                # The user's own attributes are data: to lose one in silence would be a loss.
                if error.errno not in _NOT_ALLOWED or name.startswith("user."):
                    raise
