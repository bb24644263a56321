"""Commands that run a server and look after it, as programs of their own."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tinsmith.cli.up import is_loopback

Command = Callable[..., Any]


@contextmanager
def running(*arguments: str | Path) -> Iterator[tuple[subprocess.Popen[str], str, list[str]]]:
    """A server on a free port; its process, its address, and what it has said so far."""
    process = subprocess.Popen(
        [sys.executable, "-m", "tinsmith.cli", "up", "--port", "0", *map(str, arguments)],
        stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True,
        env=os.environ | {"COLUMNS": "200", "TERM": "dumb"},
    )  # fmt: skip
    said: list[str] = []
    try:
        assert process.stderr
        for line in process.stderr:
            said.append(line)
            if "Ctrl-C" in line:
                break
        found = re.search(r"is at (http://\S+),", "".join(said))
        assert found, said
        yield process, found[1], said
    finally:
        if process.poll() is None:
            process.kill()
        process.wait()
        assert process.stderr
        process.stderr.close()


def get(url: str) -> bytes:
    # The port is open before the server answers: requests wait for it.
    with urllib.request.urlopen(url, timeout=60) as response:
        content: bytes = response.read()
    return content


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_server_starts_prints_a_link_answers_and_stops(
    tmp_path: Path, number: signal.Signals
) -> None:
    with running("--data", tmp_path / "data", "--verbose") as (process, url, said):
        link = re.search(r"http\S+token=\S+", "".join(said))
        assert link
        assert json.loads(get(f"{url}/api/v1/health")) == {"status": "ok"}
        assert b"Tinsmith" in get(link[0])
        process.send_signal(number)
        assert process.stderr
        rest = process.stderr.read()
        assert process.wait() == 0
    assert "GET /login" in rest
    assert "token" not in rest
    assert "Stopped." in rest
    assert (tmp_path / "data").stat().st_mode & 0o077 == 0


@pytest.mark.slow
def test_a_second_server_on_the_same_folder_or_port_says_so(
    tmp_path: Path, tinsmith: Command
) -> None:
    with running("--data", tmp_path / "data") as (_, url, _said):
        port = url.rpartition(":")[2]
        taken = tinsmith("up", "--data", tmp_path / "other", "--port", port)
        assert taken.code == 3
        assert "--port" in taken.err
        assert not (tmp_path / "other").exists()
        same = tinsmith("up", "--data", tmp_path / "data", "--port", "0")
        assert same.code == 3
        assert "another server" in same.err


@pytest.mark.slow
def test_accounts_are_looked_after_and_saved_while_the_server_runs(
    tmp_path: Path, tinsmith: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TINSMITH_DATA", str(tmp_path / "data"))
    with running("--data", tmp_path / "data") as (_, url, _said):
        assert tinsmith("admin", "user", "add", "Ada@example.org", "--name", "Ada").code == 0
        twice = tinsmith("admin", "user", "add", "ada@example.org")
        assert twice.code == 2
        port = url.rpartition(":")[2]
        link = tinsmith("admin", "link", "ada@example.org", "--port", port).out.strip()
        assert link.startswith(url)
        assert b"Tinsmith" in get(link)
        assert tinsmith("backup", tmp_path / "backup.zip").code == 0
        assert tinsmith("admin", "user", "disable", "ada@example.org").code == 0
    listed = tinsmith("admin", "user", "list", "--json").document
    assert [(item["email"], item["enabled"]) for item in listed] == [
        ("admin@localhost", True), ("ada@example.org", False),
    ]  # fmt: skip
    assert tinsmith("restore", tmp_path / "backup.zip").code == 2
    copy = tmp_path / "copy"
    assert tinsmith("restore", tmp_path / "backup.zip", "--data", copy).code == 0
    listed = tinsmith("admin", "user", "list", "--data", copy, "--json").document
    assert [item["enabled"] for item in listed] == [True, True]


def test_what_cannot_be_done_leaves_nothing_behind(tmp_path: Path, tinsmith: Command) -> None:
    absent = tmp_path / "absent"
    for arguments in (
        ("admin", "link"),
        ("admin", "user", "list"),
        ("backup", tmp_path / "backup.zip"),
    ):
        result = tinsmith(*arguments, "--data", absent)
        assert result.code == 2
        assert "--data" in result.err
    (tmp_path / "broken.zip").write_text("no zip")
    assert tinsmith("restore", tmp_path / "broken.zip", "--data", absent).code == 2
    assert not absent.exists()
    assert not (tmp_path / "backup.zip").exists()


def test_only_addresses_of_this_machine_count_as_such() -> None:
    assert [is_loopback(host) for host in ("127.0.0.1", "::1", "localhost")] == [True] * 3
    assert [is_loopback(host) for host in ("0.0.0.0", "::", "example.org")] == [False] * 3
