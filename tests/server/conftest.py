"""A server in this process, on SQLite or on PostgreSQL and S3, and who may use it."""

from __future__ import annotations

import base64
import itertools
import json
import os
import shutil
import socket
import sqlite3
import subprocess
import tempfile
import warnings
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from argon2 import PasswordHasher
from argon2.profiles import CHEAPEST
from sqlalchemy import create_engine, select, text

from tinsmith.datasets import Sample
from tinsmith.server import secrets_
from tinsmith.server.app import create_app
from tinsmith.server.context import Context
from tinsmith.server.secrets_ import hash_secret, new_api_key
from tinsmith.server.settings import Settings
from tinsmith.server.start import opened
from tinsmith.signals import encode_acquisition
from tinsmith.store.blobs import BlobStore, open_blobs
from tinsmith.store.database import Database, migrate, open_database
from tinsmith.store.tables import ApiKey, Base, User

with warnings.catch_warnings():
    # It asks for the successor of httpx, which is not needed here.
    warnings.simplefilter("ignore")
    from fastapi.testclient import TestClient

_NUMBERS = itertools.count()
# The fast inner loop is on SQLite alone.
_POSTGRESQL = pytest.param("postgresql", marks=pytest.mark.slow)


@pytest.fixture(scope="session", autouse=True)
def hasher() -> Iterator[PasswordHasher]:
    """What hashes passwords outside of tests; within, it may take no time and memory."""
    real = secrets_._hasher
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(secrets_, "_hasher", PasswordHasher.from_parameters(CHEAPEST))
        yield real


@pytest.fixture
def costly_passwords(hasher: PasswordHasher, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Passwords are hashed as outside of tests."""
    secrets_._nobody.cache_clear()
    monkeypatch.setattr(secrets_, "_hasher", hasher)
    yield
    secrets_._nobody.cache_clear()


@pytest.fixture(scope="session")
def postgres_folder() -> Iterator[Path]:
    """A folder that everybody may enter; pytest closes those of its own again and again."""
    with tempfile.TemporaryDirectory(prefix="tinsmith-postgres-") as name:
        Path(name).chmod(0o755)
        yield Path(name)


@pytest.fixture(scope="session")
def postgres(postgres_folder: Path) -> Iterator[str]:
    """The address of a PostgreSQL that runs for these tests only, as an unprivileged user."""
    initdb, postgres = _program("initdb"), _program("postgres")
    if initdb is None or postgres is None:
        pytest.skip("PostgreSQL is not installed")
    folder = postgres_folder
    as_user: dict[str, Any] = {}
    if os.geteuid() == 0:
        # PostgreSQL refuses to run as root.
        as_user = {"user": "nobody", "group": "nogroup", "extra_groups": []}
        shutil.chown(folder, "nobody")
    make = [initdb, "-D", str(folder / "data"), "-U", "tests", "-A", "trust", "-E", "UTF8", "-N"]
    subprocess.run(make, check=True, capture_output=True, cwd=folder, **as_user)
    with closing(socket.socket()) as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    options = {"listen_addresses": "127.0.0.1", "port": port, "fsync": "off",
               "unix_socket_directories": folder, "max_connections": 60}  # fmt: skip
    settings = [item for name, value in options.items() for item in ("-c", f"{name}={value}")]
    with (folder / "log").open("wb") as log:
        server = subprocess.Popen(
            [postgres, "-D", str(folder / "data"), *settings],
            stdout=log, stderr=subprocess.PIPE, cwd=folder, **as_user,
        )  # fmt: skip
        assert server.stderr
        for line in server.stderr:
            if b"ready to accept connections" in line:
                break
        yield f"postgresql://tests@127.0.0.1:{port}"
        server.terminate()
        server.stderr.read()
        server.stderr.close()
        server.wait()


def _program(name: str) -> str | None:
    """A program of PostgreSQL, which Debian keeps off the usual path."""
    found = shutil.which(name)
    packaged = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"))
    return found or (str(packaged[-1]) if packaged else None)


@pytest.fixture(scope="session")
def empty(postgres: str) -> Callable[..., str]:
    """Makes databases: new ones, or copies of another one; gives their addresses."""
    url = postgres.replace("postgresql:", "postgresql+psycopg:") + "/postgres"

    def make(template: str = "template1") -> str:
        name = f"tests{next(_NUMBERS)}"
        engine = create_engine(url, isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            connection.execute(text(f"CREATE DATABASE {name} TEMPLATE {template}"))
        engine.dispose()
        return f"{postgres}/{name}"

    return make


@pytest.fixture(scope="session")
def migrated(empty: Callable[..., str]) -> str:
    """The name of a database with all tables, which is quicker to copy than to make."""
    url = empty()
    database = open_database(url)
    migrate(database)
    database.close()
    return url.rpartition("/")[2]


@pytest.fixture(params=["sqlite", _POSTGRESQL])
def database_url(
    request: pytest.FixtureRequest, tmp_path: Path, copy_tables: Callable[[Path], None]
) -> str:
    """The address of a database of each kind with all tables, and nothing in them."""
    if request.param == "sqlite":
        copy_tables(tmp_path / "tinsmith.sqlite")
        return f"sqlite:///{tmp_path / 'tinsmith.sqlite'}"
    template = request.getfixturevalue("migrated")
    make: Callable[..., str] = request.getfixturevalue("empty")
    return make(template)


@pytest.fixture(params=["sqlite", _POSTGRESQL])
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of a database of each kind without tables."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'empty.sqlite'}"
    make: Callable[..., str] = request.getfixturevalue("empty")
    return make()


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    """An open database of each kind."""
    found = open_database(database_url)
    yield found
    found.close()


@pytest.fixture
def blobs(tmp_path: Path) -> BlobStore:
    """An empty folder of contents."""
    return open_blobs(str(tmp_path / "blobs"))


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Runs what uses a server in one place, or in both if asked."""
    chosen = [mark.args[0] for mark in metafunc.definition.iter_markers("parametrize")]
    if "place" in metafunc.fixturenames and "place" not in chosen:
        places = ["sqlite", "postgresql"] if metafunc.config.option.everywhere else ["sqlite"]
        metafunc.parametrize("place", places, indirect=True)


@pytest.fixture
def place(request: pytest.FixtureRequest) -> dict[str, str]:
    """Where a server keeps its things: SQLite and a folder, or PostgreSQL and S3."""
    if request.param == "sqlite":
        return {}
    template = request.getfixturevalue("migrated")
    return {
        "database_url": request.getfixturevalue("empty")(template),
        "blob_url": request.getfixturevalue("bucket_url"),
    }


@pytest.fixture
def first_data(tmp_path: Path) -> Path:
    """A data folder as the first server left it, with a project, a model and a deployment."""
    kept = Path(__file__).parent / "upgrade"
    folder = tmp_path / "data"
    folder.mkdir()
    with closing(sqlite3.connect(folder / "tinsmith.sqlite")) as database:
        database.executescript((kept / "first.sql").read_text(encoding="utf-8"))
    blobs = json.loads((kept / "first.json").read_text(encoding="utf-8"))["blobs"]
    for name, content in blobs.items():
        path = folder / "blobs" / name[:2] / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(base64.b64decode(content))
    return folder


@pytest.fixture
def stocked(first_data: Path, open_server: Callable[..., Server], place: dict[str, str]) -> Server:
    """A server with that folder's things, wherever it keeps them."""
    if not place:
        return open_server(data=first_data)
    first = open_database(f"sqlite:///{first_data / 'tinsmith.sqlite'}")
    migrate(first)
    other = open_database(place["database_url"])
    with first.engine.connect() as old, other.engine.begin() as new:
        for table in Base.metadata.sorted_tables:
            rows = [dict(row._mapping) for row in old.execute(table.select())]
            if not rows:
                continue
            if table.name == "impulses":  # An impulse names its model and a model its impulse.
                rows = [{**row, "model_id": None} for row in rows]
            new.execute(table.insert(), rows)
            if "id" in table.columns:
                last = f"SELECT setval(pg_get_serial_sequence('{table.name}', 'id'), {len(rows)})"
                new.execute(text(last))
        new.execute(text("UPDATE impulses SET model_id = 1"))
    first.close()
    other.close()
    server = open_server(**place)
    for path in (first_data / "blobs").glob("??/*"):
        server.context.blobs.put(path.read_bytes())
    return server


@dataclass(frozen=True)
class Server:
    """A running server.

    Args:
        client: Signed in as the administrator by an API key.
        context: Its parts.
        anonymous: Makes clients that send other headers, such as another key.
    """

    client: TestClient
    context: Context
    anonymous: Callable[..., TestClient]

    def project(self, name: str = "Test") -> int:
        """A new project's number."""
        response = self.client.post("/api/v1/projects", json={"name": name})
        assert response.status_code == 201, response.text
        number: int = response.json()["id"]
        return number

    def person(self, name: str, **columns: Any) -> TestClient:
        """A new person, signed in by a link; their address is `<name>@example.org`."""
        wanted = {"email": f"{name}@example.org", "name": name, **columns}
        number = self.client.post("/api/v1/users", json=wanted).json()["id"]
        link = self.client.post(f"/api/v1/users/{number}/link").json()
        client = self.anonymous()
        response = client.post("/api/v1/sessions/link", json={"token": link["token"]})
        assert response.status_code == 201, response.text
        return client

    def key(self, scope: str, project_id: int | None = None) -> str:
        """A new API key of the administrator, bound to a project or not."""
        secret = new_api_key()
        with self.context.database.write() as session:
            user_id = session.scalar(select(User.id).order_by(User.id))
            session.add(
                ApiKey(
                    user_id=user_id, project_id=project_id, name="tests", scope=scope,
                    prefix=secret[:10], secret_hash=hash_secret(secret),
                )
            )  # fmt: skip
        return secret


@pytest.fixture
def open_server(
    tmp_path: Path, copy_tables: Callable[[Path], None]
) -> Iterator[Callable[..., Server]]:
    """Starts servers, each in a folder of its own, and stops them at the end."""
    import contextlib

    with contextlib.ExitStack() as stack:

        def start(database_url: str = "", data: Path | None = None, **settings: Any) -> Server:
            folder = data or tmp_path / f"server{next(_NUMBERS)}"
            chosen = Settings(folder, database_url=database_url, **settings)
            if not (data or database_url):
                copy_tables(folder / "tinsmith.sqlite")
            context = stack.enter_context(opened(chosen)).context
            app = create_app(context)

            def client(**headers: str) -> TestClient:
                return TestClient(app, headers=headers, raise_server_exceptions=False)

            signed_in = stack.enter_context(client())
            server = Server(signed_in, context, client)
            signed_in.headers["x-api-key"] = server.key("admin")
            return server

        yield start


@pytest.fixture
def server(open_server: Callable[..., Server], place: dict[str, str]) -> Server:
    """A server on SQLite and a folder; with --everywhere, on PostgreSQL and S3 as well."""
    return open_server(**place)


_MOVEMENTS: dict[str, Any] = {
    "name": "Movements",
    "input": {"type": "time-series", "window_ms": 500, "stride_ms": 250, "interval_ms": 10},
    "processing": [
        {"id": "spectral", "type": "spectral_analysis", "parameters": {"fft_length": 16}},
        {"id": "statistics", "type": "flatten"},
    ],
    "learning": [
        {"id": "network", "type": "classification", "network": [{"type": "dense", "units": 8}],
         "training": {"epochs": 6, "threads": 1}},
        {"id": "anomaly", "type": "anomaly_kmeans", "axes": ["RMS"], "clusters": 4},
    ],
}  # fmt: skip


@dataclass(frozen=True)
class Trained:
    """A project with movements of three machines, and an impulse that may be trained.

    Args:
        server: Where it is.
        project, impulse: Their numbers.
        training, testing: Numbers of samples; 2 seconds each, 7 windows.
    """

    server: Server
    project: int
    impulse: int
    training: list[int]
    testing: list[int]

    def url(self, path: str) -> str:
        """An address within the project."""
        return f"/api/v1/projects/{self.project}/{path}"

    def get(self, path: str, **query: Any) -> Any:
        """What is there."""
        response = self.server.client.get(self.url(path), params=query)
        assert response.status_code == 200, response.text
        return response.json()

    def finish(self, kind: str, **arguments: Any) -> dict[str, Any]:
        """The result of a job on the impulse, once it has succeeded."""
        path = "deployments" if kind == "deploy" else f"jobs/{kind}"
        body = {"impulse_id": self.impulse, **arguments}
        response = self.server.client.post(self.url(path), json=body)
        assert response.status_code == 202, response.text
        return self.follow(response.json()["id"])

    def follow(self, job: int) -> dict[str, Any]:
        """The result of a job, once it has succeeded."""
        said = self.server.client.get(self.url(f"jobs/{job}/stream")).text
        found = self.get(f"jobs/{job}")
        assert found["state"] == "succeeded", said
        result: dict[str, Any] = found["result"]
        return result


def movements(server: Server, make: Callable[..., tuple[Sample, ...]]) -> Trained:
    """A project with 12 training and 6 test recordings and an impulse; nothing is trained."""
    project = server.project("Movements")
    numbers = {}
    for category, count, first in (("training", 12, 0), ("testing", 6, 12)):
        files = [
            ("files", (f"{sample.name}.cbor", encode_acquisition(sample.load_signal())))
            for sample in make(count, first=first, seconds=2.0)
        ]
        response = server.client.post(
            f"/api/v1/projects/{project}/samples", files=files, data={"category": category}
        )
        assert response.status_code == 201, response.text
        numbers[category] = [item["sample_id"] for item in response.json()["files"]]
    response = server.client.post(
        f"/api/v1/projects/{project}/impulses", json={"design": _MOVEMENTS}
    )
    assert response.status_code == 201, response.text
    return Trained(server, project, response.json()["id"], **numbers)


@pytest.fixture
def untrained(server: Server, motion_samples: Callable[..., tuple[Sample, ...]]) -> Trained:
    """A project on SQLite with movements and an impulse."""
    return movements(server, motion_samples)


@pytest.fixture(scope="session")
def trained(
    tmp_path_factory: pytest.TempPathFactory, motion_samples: Callable[..., tuple[Sample, ...]]
) -> Iterator[Trained]:
    """The same, trained and tested once for all tests, which leave it as it is."""
    with opened(Settings(tmp_path_factory.mktemp("trained"))) as ready:
        app = create_app(ready.context)
        with TestClient(app, raise_server_exceptions=False) as client:
            server = Server(client, ready.context, lambda **_headers: client)
            client.headers["x-api-key"] = server.key("admin")
            shop = movements(server, motion_samples)
            shop.finish("train")
            shop.finish("test")
            yield shop
