"""A project to put samples into, and files to put there."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
from fastapi import Response
from PIL import Image as Picture

from tinsmith.signals import Sensor, Signal, encode_wav

Maker = Callable[..., bytes]


def wav_of(seed: int, frames: int = 1600, rate_hz: int = 16000) -> bytes:
    """A short recording that is like no other."""
    values = np.random.default_rng(seed).integers(-3000, 3000, (frames, 1)).astype(np.float32)
    return encode_wav(Signal(values, 1000 / rate_hz, (Sensor("audio", "wav"),)))


@pytest.fixture
def wav() -> Maker:
    return wav_of


@pytest.fixture
def png() -> Maker:
    def make(seed: int = 0, width: int = 40, height: int = 30) -> bytes:
        pixels = np.random.default_rng(seed).integers(0, 255, (height, width, 3), np.uint8)
        buffer = io.BytesIO()
        Picture.fromarray(pixels).save(buffer, "PNG")
        return buffer.getvalue()

    return make


@dataclass(frozen=True)
class Project:
    """A project on a server, by its samples' endpoints."""

    server: Any
    number: int

    @property
    def url(self) -> str:
        return f"/api/v1/projects/{self.number}/samples"

    def call(self, method: str, path: str = "", **more: Any) -> Response:
        response: Response = self.server.client.request(method, self.url + path, **more)
        return response

    def get(self, path: str = "", **query: Any) -> Any:
        response: Any = self.call("GET", path, params=query)
        assert response.status_code == 200, response.text
        return response.json()

    def post(self, path: str, body: Any, status: int = 200) -> Any:
        response: Any = self.call("POST", path, json=body)
        assert response.status_code == status, response.text
        return response.json()

    def add(self, data: bytes, name: str = "on.1.wav", **headers: str) -> int:
        sent = {"x-file-name": name} | {f"x-{k.replace('_', '-')}": v for k, v in headers.items()}
        response: Any = self.call("POST", "/file", content=data, headers=sent | _BINARY)
        assert response.status_code == 201, response.text
        number: int = response.json()["files"][0]["sample_id"]
        return number

    def names(self, **query: Any) -> list[str]:
        """Names of the samples found, oldest first."""
        return [item["name"] for item in self.get("", order="asc", **query)["items"]]


_BINARY = {"content-type": "application/octet-stream"}


@pytest.fixture
def project(server: Any) -> Project:
    """An empty project on SQLite."""
    return Project(server, server.project())


@pytest.fixture
def any_project(open_server: Callable[..., Any], database_url: str) -> Project:
    """An empty project on each kind of database."""
    opened = open_server(database_url)
    return Project(opened, opened.project())
