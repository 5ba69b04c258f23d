"""Start the command many times, and import what it needs once.

A server that has imported it, and has nothing open, forks; the child is the command, with the
arguments, variables, directory and pipes of whoever asked, and ends as a program of its own.
"""

from __future__ import annotations

import atexit
import contextlib
import functools
import gc
import importlib
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from typing import NoReturn

NEEDED = ["click", "yaml", "lmdb", "msgspec", "numpy", "pyarrow"]  # of others, and large
NEEDED += [f"outlive.{each}" for each in ("cli.main", "store", "state.state", "safes.safe")]
NEEDED += ["outlive.tables.storage"]
_READ_EARLY = ("PYTHON", "LC_", "LANG")  # variables that Python has read before it forks


class Server:
    """The process that forks."""

    def __init__(self) -> None:
        self._calls, theirs = socket.socketpair()
        self._owner, self._variables = os.getpid(), _early(os.environ)
        self._turn = threading.Lock()
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, __file__, str(theirs.fileno())],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,  # nobody reads it, but what Python knows of it is so
                stderr=subprocess.PIPE,
                pass_fds=[theirs.fileno()],
                start_new_session=True,
            )
        atexit.register(self._end)

    def _end(self) -> None:
        """End it, and a command that hangs."""
        if os.getpid() != self._owner:
            return  # a forked child of a test
        if self._process.poll() is None:
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.communicate()

    def can_start(self, env: Mapping[str, str]) -> bool:
        """Whether it is like a command that is started with these variables."""
        return _early(env) == self._variables

    def run(
        self, arguments: Sequence[str], env: Mapping[str, str], given: bytes, patience: float
    ) -> tuple[int, bytes, bytes]:
        """Run the command; its exit code, and what it wrote to its output and errors."""
        out_read, out = os.pipe()
        err_read, err = os.pipe()
        stdin, in_write = os.pipe()
        umask = os.umask(0)
        os.umask(umask)
        order = {"argv": list(arguments), "env": dict(env), "cwd": os.getcwd(), "umask": umask}
        with self._turn, self._kept():
            self._calls.settimeout(patience)
            socket.send_fds(self._calls, [json.dumps(order).encode() + b"\n"], [stdin, out, err])
            for fd in (stdin, out, err):
                os.close(fd)
            feeding = threading.Thread(target=_feed, args=[in_write, given])
            feeding.start()
            with os.fdopen(err_read, "rb") as errors, os.fdopen(out_read, "rb") as output:
                said = list[bytes]()
                listening = threading.Thread(target=lambda: said.append(errors.read()))
                listening.start()
                printed = output.read()
                listening.join()
            feeding.join()
            code = int(self._calls.recv(16))
        return code, printed, said[0]

    @contextlib.contextmanager
    def _kept(self) -> Iterator[None]:
        """Whatever goes wrong in the block, the next command finds a server that listens to it."""
        try:
            yield
        except BaseException:
            server.cache_clear()
            self._end()
            raise


def _early(env: Mapping[str, str]) -> dict[str, str]:
    return {name: each for name, each in env.items() if name.startswith(_READ_EARLY)}


def _feed(fd: int, data: bytes) -> None:
    with os.fdopen(fd, "wb", buffering=0) as pipe:
        try:
            pipe.write(data)
        except BrokenPipeError:
            return  # it does not want to read it


@functools.cache
def server() -> Server:
    """The server of this process, which lives as long as it."""
    return Server()


def _serve(calls: socket.socket) -> None:
    """Fork for each order, and return in the child; the end of the orders is the end of this."""
    while True:
        data, fds, _, _ = socket.recv_fds(calls, 1 << 16, 3)
        while data and not data.endswith(b"\n"):
            data += calls.recv(1 << 16)
        if not data:
            sys.exit()
        pid = os.fork()
        if not pid:
            return _become(json.loads(data), fds)
        for fd in fds:
            os.close(fd)
        calls.sendall(str(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])).encode())


def _become(order: dict[str, object], fds: Sequence[int]) -> None:
    """Take over what the command gets from whoever starts it."""
    for number, fd in enumerate(fds):
        os.dup2(fd, number)
        os.close(fd)
    sys.argv[:] = order["argv"]  # type: ignore[call-overload]
    os.environ.clear()
    os.environ.update(order["env"])  # type: ignore[call-overload]
    time.tzset()
    os.chdir(order["cwd"])  # type: ignore[arg-type]
    os.umask(order["umask"])  # type: ignore[arg-type]


def _main() -> None:
    sys.path.pop(0)  # the directory of this file: the command can import nothing of the tests
    from outlive.cli import main  # before the module of that name is in its place

    for name in NEEDED:
        importlib.import_module(name)
    gc.collect()
    gc.freeze()
    with socket.socket(fileno=int(sys.argv[1])) as calls:
        _serve(calls)
    code = 0
    try:
        main()
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else int(end.code is not None)
    _end(code)


def _end(code: int) -> NoReturn:
    """End as Python does, but that what is imported is not taken apart, which takes long."""
    for thread in threading.enumerate():
        if thread is not threading.current_thread() and not thread.daemon:
            thread.join()
    atexit._run_exitfuncs()
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(OSError):  # the command has said so
            stream.flush()
    os._exit(code)


if __name__ == "__main__":
    _main()
