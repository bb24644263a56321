"""A recording of ten million points, drawn at once: the first time and any part of it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.server.client import running, send_all
from tinsmith.signals import Sensor, Signal, encode_wav

POINTS = 10_000_000
REQUESTS = 60
WANTED_MS = 100


def measure(folder: Path, port: int) -> dict[str, Any]:
    """Milliseconds of the first read after the upload, and of reads of random parts."""
    chance = np.random.default_rng(1)
    values = np.cumsum(chance.integers(-3, 4, (POINTS, 1)), axis=0) % 60000 - 30000
    data = encode_wav(Signal(values.astype(np.float32), 1 / 16, (Sensor("audio", "wav"),)))
    with running("ours", folder, port) as server:
        headers = {"x-file-name": "long.wav", "content-type": "application/octet-stream"}
        path = f"{server.api}/samples/file"
        upload_s, _ = send_all(port, [server.request("POST", path, data, headers)], 1)
        # Whatever a server does once when it is asked for the first time is not the question.
        send_all(port, [server.request("GET", f"{server.api}/samples")], 1)
        read = f"{server.api}/samples/1/detail"
        _, first = send_all(port, [server.request("GET", read)], 1)
        requests = []
        for _ in range(REQUESTS):
            start, end = sorted(chance.integers(0, POINTS, 2).tolist())
            requests.append(server.request("GET", f"{read}?start={start}&end={end + 1}"))
        _, times = send_all(port, requests, 1)
    return {
        "points": POINTS,
        "upload_s": round(upload_s, 2),
        "first_ms": round(1000 * first[0], 1),
        "p95_ms": round(1000 * float(np.percentile(times, 95)), 1),
        "wanted_ms": WANTED_MS,
    }
