"""Imports over the API, with their jobs run to the end in this process."""

from __future__ import annotations

import io
import json
import os
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
from PIL import Image as Pillow

from tinsmith.signals import Sensor, Signal, encode_wav


def wav(seed: int, frames: int = 160) -> bytes:
    """A recording of noise."""
    values = np.random.default_rng(seed).integers(-9000, 9000, (frames, 1)).astype(np.float32)
    return encode_wav(Signal(values, 1000 / 16000, (Sensor("audio", "wav"),)))


def png(seed: int, width: int = 20, height: int = 10) -> bytes:
    """A picture of noise."""
    pixels = np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8)
    buffer = io.BytesIO()
    Pillow.fromarray(pixels).save(buffer, "png")
    return buffer.getvalue()


def zipped(files: Mapping[str, bytes]) -> bytes:
    """An archive."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return buffer.getvalue()


@dataclass(frozen=True)
class Imports:
    """One project's imports."""

    server: Any
    project: int

    def url(self, path: str) -> str:
        """The address of something in the project."""
        return f"/api/v1/projects/{self.project}/{path}"

    def post(self, files: Mapping[str, bytes], **options: Any) -> Any:
        """Sends files with options; the response."""
        parts = [("files", (name, data)) for name, data in files.items()]
        fields = {"options": json.dumps(options)} if options else {}
        return self.server.client.post(self.url("data-imports"), files=parts, data=fields)

    def start(self, files: Mapping[str, bytes], **options: Any) -> int:
        """Sends files; the job's number."""
        response = self.post(files, **options)
        assert response.status_code == 202, response.text
        number: int = response.json()["id"]
        return number

    def wait(self, job_id: int) -> dict[str, Any]:
        """A job at its end."""
        with self.server.client.stream("GET", self.url(f"jobs/{job_id}/stream")) as events:
            for _ in events.iter_lines():
                pass
        job: dict[str, Any] = self.server.client.get(self.url(f"jobs/{job_id}")).json()
        return job

    def run(self, files: Mapping[str, bytes], **options: Any) -> dict[str, Any]:
        """Imports files; the result."""
        job = self.wait(self.start(files, **options))
        assert job["state"] == "succeeded", job
        result: dict[str, Any] = job["result"]
        return result

    def samples(self) -> list[dict[str, Any]]:
        """All samples, the first one first."""
        found = self.server.client.get(self.url("samples"), params={"limit": 1000}).json()["items"]
        return list(reversed(found))

    def labels(self) -> dict[str, str]:
        """Label by name."""
        return {sample["name"]: sample["label"] for sample in self.samples()}


@pytest.fixture
def imports(server: Any) -> Imports:
    """A new project's imports."""
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    return Imports(server, server.project())


@pytest.fixture
def make() -> dict[str, Callable[..., bytes]]:
    """What makes files: recordings, pictures, archives."""
    return {"wav": wav, "png": png, "zip": zipped}
