"""A small project of movements with an impulse, and waiting for its jobs."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest

from tinsmith.datasets.sample import Sample
from tinsmith.signals import encode_acquisition

SampleMaker = Callable[..., tuple[Sample, ...]]

API = "/api/v1/projects"
DESIGN: dict[str, Any] = {
    "name": "Movements",
    "input": {
        "type": "time-series",
        "window_ms": 1000,
        "stride_ms": 1000,
        "interval_ms": 10,
    },
    "processing": [{"id": "statistics", "type": "flatten"}],
    "learning": [
        {
            "id": "network",
            "type": "classification",
            "network": [{"type": "dense", "units": 8}],
            "training": {"epochs": 4, "threads": 1},
        }
    ],
}


@dataclass
class Workshop:
    """A project on a server; `server` is the fixture of the same name."""

    server: Any
    project: int
    make: SampleMaker
    impulse: int = 0
    sent: int = field(default=0)

    def upload(self, count: int, category: str = "training") -> list[int]:
        """Sends the next recordings; their numbers."""
        samples = self.make(count, first=self.sent, seconds=1.0)
        self.sent += count
        return [number for part in _parts(samples) for number in self._send(part, category)]

    def _send(self, samples: Sequence[Sample], category: str) -> list[int]:
        files = [
            ("files", (f"{sample.name}.cbor", encode_acquisition(sample.load_signal())))
            for sample in samples
        ]
        response = self.server.client.post(
            f"{API}/{self.project}/samples", files=files, data={"category": category}
        )
        assert response.status_code == 201, response.text
        assert response.json()["failed"] == 0, response.text
        return [item["sample_id"] for item in response.json()["files"]]

    def design(self, design: dict[str, Any] | None = None) -> int:
        """Adds an impulse and makes it the one to work with."""
        body = {"design": design or DESIGN, "is_default": True}
        response = self.server.client.post(f"{API}/{self.project}/impulses", json=body)
        assert response.status_code == 201, response.text
        self.impulse = response.json()["id"]
        return self.impulse

    def start(self, kind: str, **body: Any) -> int:
        """Queues a job; its number."""
        url = f"{API}/{self.project}/jobs/{kind}"
        if kind == "deploy":
            url = f"{API}/{self.project}/deployments"
        response = self.server.client.post(url, json={"impulse_id": self.impulse, **body})
        assert response.status_code == 202, response.text
        number: int = response.json()["id"]
        return number

    def events(self, job: int, after: int = 0) -> list[dict[str, Any]]:
        """Everything a job says until it has ended."""
        url = f"{API}/{self.project}/jobs/{job}/stream"
        text = self.server.client.get(url, params={"after": after}).text
        assert text.rstrip().endswith("event: end\ndata: {}"), text[-300:]
        return [
            json.loads(line.removeprefix("data: "))
            for line in text.splitlines()
            if line.startswith("data: {") and line != "data: {}"
        ]

    def job(self, job: int) -> dict[str, Any]:
        """A job as it is now."""
        found: dict[str, Any] = self.server.client.get(f"{API}/{self.project}/jobs/{job}").json()
        return found

    def finish(self, kind: str, **body: Any) -> dict[str, Any]:
        """Runs a job to its end and gives it back."""
        job = self.start(kind, **body)
        self.events(job)
        return self.job(job)


def _parts(samples: Sequence[Sample]) -> list[Sequence[Sample]]:
    return [samples[start : start + 500] for start in range(0, len(samples), 500)]


@pytest.fixture
def open_workshop(motion_samples: SampleMaker) -> Callable[[Any], Workshop]:
    """Makes a project with an impulse and no samples on a server."""

    def make(server: Any) -> Workshop:
        shop = Workshop(server, server.project(), motion_samples)
        shop.design()
        return shop

    return make


@pytest.fixture
def workshop(server: Any, open_workshop: Callable[[Any], Workshop]) -> Workshop:
    """A project on SQLite with an impulse, 24 training and 6 test recordings."""
    shop = open_workshop(server)
    shop.upload(24)
    shop.upload(6, "testing")
    return shop
