"""Commits without a library: what people write themselves, and the least that can be done."""

from __future__ import annotations

import json
import os
from pathlib import Path

from .commit import BOTH, Commit, Ready
from .values import Value

BARE = "bare system calls, ready bytes"


class Plain(Commit):
    """The usual recipe, which forgets the directory."""

    name = "json.dump, fsync, rename"
    syncs = "file"

    def run(self) -> None:
        """Commit."""
        temporary = f"{self.path}.tmp"
        with open(temporary, "w") as file:
            json.dump(self.value, file)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, self.path)


class PlainDurable(Plain):
    """The usual recipe, with the directory."""

    name = "the same, fsync of the directory"
    syncs = BOTH

    def run(self) -> None:
        """Commit, durably."""
        super().run()
        directory = os.open(self.path.parent, os.O_RDONLY)
        os.fsync(directory)
        os.close(directory)


class Bare(Ready):
    """Nothing but the calls without which a commit is not durable."""

    name = BARE

    def __init__(self, folder: Path, value: Value) -> None:
        super().__init__(folder, value)
        self.names = f"{self.path}.tmp", str(self.path), str(folder)

    def run(self) -> None:
        """Commit, durably."""
        temporary, path, folder = self.names
        file = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        os.write(file, self.data)
        os.fsync(file)
        os.close(file)
        os.rename(temporary, path)
        directory = os.open(folder, os.O_RDONLY)
        os.fsync(directory)
        os.close(directory)


class BareEncoding(Bare):
    """Likewise, but the clock runs while the value is encoded."""

    name = "bare system calls, json.dumps"

    def prepare(self, turn: int) -> None:
        """Change the value in memory, and do not encode it."""
        Commit.prepare(self, turn)

    def run(self) -> None:
        """Encode and commit, durably."""
        self.data = json.dumps(self.value).encode()
        super().run()
