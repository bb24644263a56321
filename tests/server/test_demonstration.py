"""The whole way on running servers, three ways and on a cluster: all numbers are the same."""

from __future__ import annotations

import contextlib
import importlib.util
import json
import os
import re
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from tinsmith.core.errors import EnvironmentError_

pytest.importorskip("torch", reason="the learn extra is not installed")

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
# One person trains, one tests; the programs' defaults are all ten, and more epochs.
PEOPLE, TESTING, EPOCHS = "01,08", "08", 3
LINK = re.compile(r"Sign in once with (\S+)/login\?token=(\S+)")


@pytest.fixture(scope="module")
def watch() -> ModuleType:
    """What the demonstrations share; skips where the recordings cannot be had."""
    spec = importlib.util.spec_from_file_location("watch", EXAMPLES / "watch.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["watch"] = module
    spec.loader.exec_module(module)
    try:
        module.recordings(PEOPLE.split(","))
    except EnvironmentError_ as error:
        pytest.skip(str(error))
    return module


class Site:
    """A running server, and programs that talk to it."""

    def __init__(self, folder: Path, url: str, token: str) -> None:
        self.folder = folder
        self.env = {
            **os.environ,
            "OMP_NUM_THREADS": "1",
            "TINSMITH_CONFIG_DIR": str(folder / "config"),
        }
        self.tinsmith("login", f"{url}/login?token={token}")
        login = json.loads((folder / "config" / "login.json").read_text("utf-8"))
        # The demonstrations are told where to go, as scripts are.
        self.told = {"TINSMITH_URL": login["url"], "TINSMITH_API_KEY": login["key"]}

    def run(self, *words: str | Path, **env: str) -> Any:
        """The JSON a program prints."""
        ran = subprocess.run(
            [sys.executable, *(str(word) for word in words)],
            env={**self.env, **env},
            cwd=self.folder,
            capture_output=True,
            text=True,
            check=False,
        )
        assert ran.returncode == 0, ran.stderr
        return json.loads(ran.stdout)

    def tinsmith(self, *words: str | Path) -> Any:
        """What a command prints with --json."""
        return self.run("-m", "tinsmith.cli", *words, "--json")

    def demonstration(self, name: str) -> dict[str, Any]:
        """The numbers that one of the example programs prints."""
        given = ("--people", PEOPLE, "--epochs", str(EPOCHS), "--name", name)
        found: dict[str, Any] = self.run(EXAMPLES / f"{name}.py", *given, **self.told)
        return numbers(found, Path(self.folder / found["package"]))


def numbers(found: dict[str, Any], package: Path) -> dict[str, Any]:
    """What must be the same everywhere, of what a program printed."""
    wanted = ("recordings", "accuracy", "bit_identical", "instructions", "sha256")
    assert package.stat().st_size > 10_000
    return {name: found[name] for name in wanted}


@contextlib.contextmanager
def site(folder: Path, **settings: str) -> Iterator[Site]:
    """A server in a process of its own, with these options."""
    folder.mkdir()
    options = [f"--{name.replace('_', '-')}={value}" for name, value in settings.items()]
    command = [sys.executable, "-m", "tinsmith.cli", "up", "--port", "0", "--data", folder / "data"]
    server = subprocess.Popen(
        [*command, *options],
        env={**os.environ, "OMP_NUM_THREADS": "1"},
        stderr=subprocess.PIPE,
        text=True,
    )
    assert server.stderr is not None
    try:
        said = ""
        for line in server.stderr:
            said += line
            if found := LINK.search(said):
                break
        else:
            pytest.fail(f"the server did not start: {said}")
        yield Site(folder, found[1], found[2])
    finally:
        server.send_signal(signal.SIGINT)
        server.stderr.read()
        server.stderr.close()
        server.wait()


def by_commands(at: Site, watch: ModuleType) -> dict[str, Any]:
    """The numbers of the command line's verbs."""
    import tomlkit

    place = "cli_demo@server"
    count = watch.write_recordings(at.folder / "recordings", PEOPLE.split(","))
    (at.folder / "impulse.toml").write_text(tomlkit.dumps(watch.design(EPOCHS)), encoding="utf-8")
    at.tinsmith("new", place)
    uploaded = at.tinsmith(
        "upload", "recordings", "-p", place, "--pattern", watch.PATTERN,
        "--split-by", "subject", "--test-values", TESTING,
    )  # fmt: skip
    assert uploaded["added"] == count
    at.tinsmith("design", "-p", place, "--from", "impulse.toml")
    at.tinsmith("train", "-p", place)
    tested = at.tinsmith("test", "-p", place)
    made = at.tinsmith("deploy", "-p", place, "--out", "cli_demo.zip")
    jobs = at.tinsmith("jobs", "-p", place)
    assert [job["state"] for job in jobs] == ["succeeded"] * 3
    report = made["verification"]
    found = {
        "recordings": uploaded["added"],
        "accuracy": {name: item["classification"]["accuracy"] for name, item in tested.items()},
        "bit_identical": report["features_bit_identical"] and report["values_bit_identical"],
        "instructions": report["instructions"],
        "sha256": made["sha256"],
    }
    return numbers(found, at.folder / made["path"])


def three_ways(at: Site, watch: ModuleType) -> dict[str, Any]:
    """The numbers of plain HTTP, the client and the command line, which are the same."""
    found = at.demonstration("http_demo")
    assert at.demonstration("client_demo") == found
    assert by_commands(at, watch) == found
    return found


@pytest.fixture(scope="module")
def alone(watch: ModuleType, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """The numbers of a server on SQLite and a folder."""
    with site(tmp_path_factory.mktemp("alone") / "site") as at:
        return three_ways(at, watch)


@pytest.mark.slow
def test_http_client_and_commands_find_the_same(alone: dict[str, Any]) -> None:
    assert alone["recordings"] == 28
    assert alone["bit_identical"]
    assert alone["accuracy"]["int8"] > 0.3


@pytest.mark.slow
@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_a_cluster_finds_what_a_laptop_finds(
    alone: dict[str, Any],
    tmp_path: Path,
    database_url: str,
    bucket_url: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    pytest.importorskip("ray", reason="the cluster extra is not installed")
    settings = {"database_url": database_url, "blob_url": bucket_url, "engine": "ray"}
    # In a folder of its own the server finds no cluster of another test, whose nodes may be killed.
    # A short one: addresses of sockets have at most 107 characters.
    with tempfile.TemporaryDirectory(prefix="ray-", ignore_cleanup_errors=True) as own:
        monkeypatch.setenv("RAY_TMPDIR", own)
        with site(tmp_path / "cluster", **settings) as at:
            assert at.demonstration("http_demo") == alone
        assert list((Path(own) / "ray").glob("session_*"))
