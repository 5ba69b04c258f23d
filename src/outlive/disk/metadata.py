"""Carry over what belongs to a file but not to its content: owner, mode, extended attributes."""

from __future__ import annotations

import errno
import os
import stat
import sys

from .fs import FileSystem

# What the kernel or the policy sets for a new file, or lets only root set: "where allowed".
_NOT_ALLOWED = {errno.EPERM, errno.EACCES, errno.ENOTSUP, errno.ENODATA, errno.EINVAL}

_ACCESS_LIST = "system.posix_acl_access"


def copy(fs: FileSystem, old: int, new: int) -> None:
    """Give the file `new` (a descriptor) the owner, attributes and mode of `old`.

    Attributes come before the mode: a mode without write permission would forbid them. On Linux
    they hold the access control list as well.
    """
    if sys.platform != "win32":  # there a file takes its permissions from its directory
        _copy(fs, old, new)


if sys.platform != "win32":

    def _copy(fs: FileSystem, old: int, new: int) -> None:
        before, after = fs.fstat(old), fs.fstat(new)
        mode = stat.S_IMODE(before.st_mode)
        has_group, has_user = True, True
        if before.st_uid != after.st_uid or before.st_gid != after.st_gid:
            has_group, has_user = _copy_owner(fs, new, before, after)
        if not has_group or not has_user:
            mode &= 0o1777  # nobody may run as an owner who did not write the file
        if not has_group:
            # Another group must not gain what the old one was allowed (vim does the same).
            mode = mode & 0o1707 | (mode & 0o7) << 3
        if sys.platform == "linux":
            _copy_attributes(fs, old, new)
        fs.chmod(new, mode)

    def _copy_owner(
        fs: FileSystem, new: int, before: os.stat_result, after: os.stat_result
    ) -> tuple[bool, bool]:
        """Whether the new file has the group, and the user, of the old one now."""

        def change(uid: int, gid: int) -> bool:
            try:
                fs.chown(new, uid, gid)
            except OSError as error:  # EINVAL: an owner that this container does not know
                if error.errno not in _NOT_ALLOWED:
                    raise
                return False
            return True

        # The group first: who has given the file away may change nothing any more.
        group = before.st_gid == after.st_gid or change(-1, before.st_gid)
        return group, before.st_uid == after.st_uid or change(before.st_uid, -1)


if sys.platform == "linux":

    def _copy_attributes(fs: FileSystem, old: int, new: int) -> None:
        try:
            names = fs.listxattr(old)
        except OSError as error:
            if error.errno in _NOT_ALLOWED:
                return  # a file system without them
            raise
        _drop_inherited(fs, new, names)
        for name in names:
            try:
                fs.setxattr(new, name, fs.getxattr(old, name))
            except OSError as error:
                # The user's own attributes are data: to lose one in silence would be a loss.
                if error.errno not in _NOT_ALLOWED or name.startswith("user."):
                    raise

    def _drop_inherited(fs: FileSystem, new: int, names: list[str]) -> None:
        """Take from the new file what its directory gave it by default, beyond the old one."""
        if _ACCESS_LIST not in names and _ACCESS_LIST in fs.listxattr(new):
            fs.removexattr(new, _ACCESS_LIST)
