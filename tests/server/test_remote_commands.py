"""The command line on a server that listens: signing in, projects, uploads, jobs, mistakes."""

from __future__ import annotations

import io
import json
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Any

import pytest
import uvicorn

from tinsmith.cli import main
from tinsmith.server.app import create_app

pytestmark = pytest.mark.slow  # each runs jobs in processes of their own


@pytest.fixture
def url(server: Any) -> Iterator[str]:
    """The address of a server that listens in this process."""
    config = uvicorn.Config(create_app(server.context), port=0, log_level="error", lifespan="off")
    running = uvicorn.Server(config)
    started = threading.Event()
    original = running.startup

    async def startup(*arguments: Any, **options: Any) -> None:
        await original(*arguments, **options)
        started.set()

    running.startup = startup  # type: ignore[method-assign]
    thread = threading.Thread(target=running.run, daemon=True)
    thread.start()
    assert started.wait(30)
    host, port = running.servers[0].sockets[0].getsockname()
    yield f"http://{host}:{port}"
    running.should_exit = True
    thread.join()


Command = Callable[..., tuple[int, str, str]]


@pytest.fixture
def tinsmith(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Command:
    """Runs the program; exit code, stdout and stderr."""
    monkeypatch.setenv("TINSMITH_CONFIG_DIR", str(tmp_path / "config"))
    monkeypatch.setenv("COLUMNS", "100")
    for name in ("TINSMITH_URL", "TINSMITH_API_KEY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)

    def run(*words: str | Path) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["tinsmith", *(str(word) for word in words)])
        out, err, code = io.StringIO(), io.StringIO(), 0
        with redirect_stdout(out), redirect_stderr(err):
            try:
                main()
            except SystemExit as stop:
                code = int(stop.code or 0)
        return code, out.getvalue(), err.getvalue()

    return run


def recordings(folder: Path) -> Path:
    """Ten short recordings of two labels, and a file that is none."""
    folder.mkdir()
    for index in range(10):
        label = ("wave", "idle")[index % 2]
        rows = "".join(f"{10 * row},{row * index % 11 + index}\n" for row in range(50))
        (folder / f"{label}.{index:02d}.csv").write_text(f"timestamp,accX\n{rows}")
    (folder / "odd.wav").write_bytes(b"no sound")
    return folder


def test_signing_in_making_a_project_and_uploading(
    server: Any, url: str, tinsmith: Command, tmp_path: Path
) -> None:
    code, out, err = tinsmith("login", url, "--key", server.key("admin"), "--json")
    assert code == 0, err
    assert json.loads(out)["url"] == url
    assert tinsmith("new", "gym@server")[0] == 0
    assert "gym" in tinsmith("projects")[1]
    folder = recordings(tmp_path / "recordings")
    code, out, err = tinsmith("upload", folder, "-p", "gym@server", "--json")
    assert code == 0, err
    found = json.loads(out)
    assert (found["added"], found["failed"]) == (10, 0)
    assert [Path(item["path"]).name for item in found["problems"]] == ["odd.wav"]
    again = json.loads(tinsmith("upload", folder, "-p", "1@server", "--json")[1])
    assert (again["added"], again["duplicates"]) == (0, 10)
    counts = server.client.get("/api/v1/projects/1/samples/counts").json()
    assert {item["label"]: item["category"] for item in counts}.keys() == {"wave", "idle"}
    assert tinsmith("logout")[0] == 0
    assert tinsmith("projects")[0] == 2


def test_labels_over_time_of_side_files_are_uploaded_and_made_up_for(
    server: Any, url: str, tinsmith: Command, tmp_path: Path
) -> None:
    assert tinsmith("login", url, "--key", server.key("admin"))[0] == 0
    assert tinsmith("new", "gym@server")[0] == 0
    folder = recordings(tmp_path / "recordings")
    wanted = [{"startIndex": 0, "endIndex": 19, "label": "on"}]
    wanted.append({"startIndex": 20, "endIndex": 49, "label": "off"})
    side = {"version": 1, "type": "structured-labels", "structuredLabels": {"wave.00.csv": wanted}}
    (folder / "structured_labels.labels").write_text(json.dumps(side))
    (folder / "odd.wav").unlink()

    def segments() -> dict[str, list[tuple[int, str]]]:
        items = server.client.get("/api/v1/projects/1/samples").json()["items"]
        return {
            item["name"]: [(part["start_index"], part["label"]) for part in item["segments"]]
            for item in items
            if item["segments"]
        }

    code, _, err = tinsmith("upload", folder, "-p", "gym@server")
    assert code == 0, err
    expected = {"wave.00": [(0, "on"), (20, "off")]}
    assert segments() == expected
    # As after an upload that was cut off between the recordings and what is said of them.
    found = server.client.get("/api/v1/projects/1/samples", params={"query": "wave.00"}).json()
    path = f"/api/v1/projects/1/samples/{found['items'][0]['id']}"
    assert server.client.patch(path, json={"segments": []}).status_code == 200
    assert segments() == {}
    assert tinsmith("upload", folder, "-p", "gym@server")[0] == 0
    assert segments() == expected


def test_a_one_time_link_makes_a_key(server: Any, url: str, tinsmith: Command) -> None:
    from tinsmith.server.accounts.service import create_link
    from tinsmith.store.tables import User

    with server.context.database.write() as session:
        token = create_link(session, session.get_one(User, 1))
    code, _, err = tinsmith("login", f"{url}/login?token={token}")
    assert code == 0, err
    assert tinsmith("projects", "--json")[1].strip() == "[]"
    assert tinsmith("login", f"{url}/login?token={token}")[0] == 2, "it works once"


def test_a_wrong_key_is_not_kept(url: str, tinsmith: Command, tmp_path: Path) -> None:
    code, _, err = tinsmith("login", url, "--key", "wrong")
    assert code == 2
    assert "hint:" in err
    assert not (tmp_path / "config" / "login.json").exists()


def test_an_impulse_is_added_changed_and_shown(
    server: Any, url: str, tinsmith: Command, tmp_path: Path
) -> None:
    tinsmith("login", url, "--key", server.key("admin"))
    tinsmith("new", "gym@server")
    code, _, err = tinsmith("train", "-p", "gym@server")
    assert code == 2
    assert "no default impulse" in err
    (tmp_path / "impulse.toml").write_text(
        'name = "moves"\n[input]\ntype = "time-series"\nwindow_ms = 400\nstride_ms = 200\n'
        'interval_ms = 10\n[[processing]]\nid = "flat"\ntype = "flatten"\n'
        '[[learning]]\nid = "network"\ntype = "classification"\n'
    )
    code, _, err = tinsmith("design", "-p", "gym@server", "--from", "impulse.toml")
    assert code == 0, err
    changed = tinsmith("design", "-p", "gym@server", "--set", "input.window_ms=500", "--json")[1]
    assert json.loads(changed)["design"]["input"]["window_ms"] == 500
    assert "moves" in tinsmith("design", "-p", "gym@server")[1]
    code, _, err = tinsmith("design", "-p", "gym@server", "--set", "input.window_ms=-5")
    assert code == 2
    assert "window_ms" in err


def test_a_job_is_listed_cancelled_and_its_log_read(
    server: Any, url: str, tinsmith: Command, tmp_path: Path
) -> None:
    test_an_impulse_is_added_changed_and_shown(server, url, tinsmith, tmp_path)
    started = json.loads(tinsmith("train", "-p", "gym@server", "--no-wait", "--json")[1])
    assert started["state"] == "queued"
    number = str(started["job"])
    assert json.loads(tinsmith("jobs", "-p", "gym@server", "--json")[1])[0]["kind"] == "train"
    stopped = json.loads(tinsmith("cancel", number, "-p", "gym@server", "--json")[1])
    assert stopped["state"] == "cancelled"
    assert "[cancelled]" in tinsmith("logs", number, "-p", "gym@server")[1]
    lines = tinsmith("logs", number, "-f", "-p", "gym@server", "--json")[1].splitlines()
    assert [json.loads(line)["number"] for line in lines] == list(range(1, len(lines) + 1))
    assert tinsmith("logs", "99", "-p", "gym@server")[0] == 2


def test_folders_and_projects_of_a_server_are_not_confused(tinsmith: Command) -> None:
    code, _, err = tinsmith("train", "-p", "gym@server")
    assert code == 2
    assert "tinsmith login" in err
    for words in (("jobs", "-p", "folder"), ("upload", ".", "-p", "folder")):
        code, _, err = tinsmith(*words)
        assert code == 2
        assert "@server" in err
    code, _, err = tinsmith("train", "--impulse", "1")
    assert code == 2
    assert "--impulse" in err
