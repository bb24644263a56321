"""A server that is a process of its own, to be killed and started again on its folder."""

from __future__ import annotations

import io
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import numpy as np
import pytest
from sqlalchemy import select

from tinsmith.server.secrets_ import hash_secret, new_api_key
from tinsmith.server.settings import Settings
from tinsmith.server.start import opened
from tinsmith.signals import Sensor, Signal, encode_wav
from tinsmith.store.tables import ApiKey, Project, User

HOST = "127.0.0.1"


def wav(seed: int, frames: int = 16000) -> bytes:
    """A recording of noise."""
    values = np.random.default_rng(seed).integers(-9000, 9000, (frames, 1)).astype(np.float32)
    return encode_wav(Signal(values, 1000 / 16000, (Sensor("audio", "wav"),)))


@dataclass
class RealServer:
    """A server reached over the network."""

    data: Path
    key: str
    project: int
    process: subprocess.Popen[bytes] | None = None
    port: int = 0
    client: httpx.Client = field(default_factory=httpx.Client)

    def start(self) -> None:
        """Starts it and waits until it answers."""
        with closing(socket.socket()) as free:
            free.bind((HOST, 0))
            self.port = free.getsockname()[1]
        command = [sys.executable, "-m", "tinsmith.cli", "up", "--max-jobs", "1"]
        self.process = subprocess.Popen(
            [*command, "--data", str(self.data), "--port", str(self.port)],
            stderr=subprocess.DEVNULL,
        )
        self.client = httpx.Client(
            base_url=f"http://{HOST}:{self.port}/api/v1/projects/{self.project}",
            headers={"x-api-key": self.key},
            timeout=120,
        )
        while not self._listens():
            assert self.process.poll() is None
            time.sleep(0.05)

    def _listens(self) -> bool:
        with closing(socket.socket()) as probe:
            return probe.connect_ex((HOST, self.port)) == 0

    def kill(self) -> None:
        """Kills it, with no time for anything."""
        assert self.process is not None
        self.process.kill()
        self.process.wait()
        self.client.close()

    @property
    def uploads(self) -> str:
        """The address of uploads."""
        return f"http://{HOST}:{self.port}/api/v1/projects/{self.project}/uploads"


@pytest.fixture
def real_server(tmp_path: Path) -> Iterator[RealServer]:
    """A running server with a project and a key."""
    data, key = tmp_path / "data", new_api_key()
    with opened(Settings(data)) as server:
        with server.context.database.write() as session:
            user_id = session.scalar(select(User.id))
            project = Project(name="Uploads")
            session.add(project)
            session.flush()
            session.add(
                ApiKey(
                    user_id=user_id, name="tests", scope="admin", prefix=key[:10],
                    secret_hash=hash_secret(key),
                )
            )  # fmt: skip
            number = project.id
        server.context.database.close()
    found = RealServer(data, key, number)
    found.start()
    yield found
    found.kill()


@pytest.fixture
def recording() -> Callable[..., bytes]:
    """Makes recordings of noise."""
    return wav


@pytest.fixture
def many_zip() -> Callable[[int], bytes]:
    """Makes archives of short recordings in folders by label."""
    import zipfile

    def make(count: int) -> bytes:
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w") as archive:
            for seed in range(count):
                archive.writestr(
                    f"training/{'on' if seed % 2 else 'off'}/{seed}.wav", wav(seed, 80)
                )
        return buffer.getvalue()

    return make
