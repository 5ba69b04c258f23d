"""A web server that forks its workers after the application has opened its safe."""

from __future__ import annotations

import contextlib
import http.client
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from outlive import Safe

from ..state.threads import in_threads
from .children import PATIENCE, wait_until


@contextlib.contextmanager
def gunicorn(path: Path, *options: str) -> Iterator[tuple[int, int]]:
    """A server with 4 workers; its pid and its port."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        command = [
            *(sys.executable, "-m", "gunicorn", "--preload", "--workers", "4", *options),
            *("--bind", f"fd://{listening.fileno()}", "--chdir", str(Path(__file__).parent)),
            *("--worker-tmp-dir", str(path.parent), "--log-level", "warning", "web:app"),
        ]
        with subprocess.Popen(
            command,
            pass_fds=[listening.fileno()],
            env=os.environ | {"HITS": str(path)},
            stderr=subprocess.PIPE,
            text=True,
        ) as server:
            try:
                yield server.pid, listening.getsockname()[1]
                server.terminate()
                _, errors = server.communicate(timeout=PATIENCE)
                assert "Error" not in errors, errors
            finally:
                server.kill()


def ask(port: int, name: str) -> tuple[int, int]:
    """One request: who answered, and what it counted."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
    try:
        connection.request("GET", name)
        answer = connection.getresponse()
        text = answer.read().split()
        assert answer.status == 200, text
        return int(text[0]), int(text[1])
    finally:
        connection.close()


def ask_all(port: int, requests: int) -> list[tuple[int, int]]:
    """So many requests from 8 threads."""
    answers = list[tuple[int, int]]()

    def work(number: int) -> None:
        for n in range(requests // 8):
            answers.append(ask(port, f"/{number}/{n}"))  # seen by others at once

    in_threads(8, work)
    return answers


@pytest.mark.parametrize("options", [[], ["--worker-class", "gthread", "--threads", "4"]])
def test_400_requests(tmp_path: Path, options: list[str]) -> None:
    """Each hit is counted once, by whichever worker; all is there after the end."""
    path = tmp_path / "hits.safe"
    with gunicorn(path, *options) as (pid, port):
        answers = ask_all(port, 400)
        assert sorted(hits for _, hits in answers) == list(range(1, 401))
        assert len({worker for worker, _ in answers}) > 1
        with Safe[Any, Any](path) as safe:  # beside them
            assert safe["hits"] == 400
            assert safe["opened"] == pid
    with Safe[Any, Any](path) as safe:
        assert safe["hits"] == 400
        paths = {f"/{number}/{n}" for number in range(8) for n in range(50)}
        assert set(safe.values(start=("path", 1), stop=("path", 401))) == paths


def test_killed_workers_and_a_compaction(tmp_path: Path) -> None:
    """Workers that are killed are succeeded by others; no hit that was answered is lost."""
    path = tmp_path / "hits.safe"
    with gunicorn(path) as (_, port):
        answers = [ask(port, "/first")]
        gone = set[int]()

        def is_answered() -> bool:
            """Whether a worker that lives has answered."""
            with contextlib.suppress(OSError, http.client.HTTPException):
                answers.append(ask(port, "/again"))
            return answers[-1][0] not in gone

        for _ in range(6):
            gone.add(answers[-1][0])
            os.kill(answers[-1][0], signal.SIGKILL)
            wait_until(is_answered)
            with Safe[Any, Any](path) as safe:
                safe.compact()
            answers += ask_all(port, 16)
        hits = [hits for _, hits in answers]
        assert len(set(hits)) == len(hits)
        with Safe[Any, Any](path) as safe:
            assert len(hits) <= safe["hits"] <= len(hits) + 12
            assert all(("path", n) in safe for n in hits)
