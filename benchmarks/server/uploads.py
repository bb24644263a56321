"""Uploads of one-second recordings: one a request, in batches, and to a bare endpoint."""

from __future__ import annotations

import itertools
import json
import mmap
import os
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np

from benchmarks.server.client import Running, running, send_all
from tinsmith.signals import Sensor, Signal, encode_wav

BATCH = 500
TURNS = 5
_SENSORS = (Sensor("audio", "wav"),)
_SEEDS = itertools.count()
# As long as those that HTTP libraries make up.
_BOUNDARY = b"3f8a6c1e94b7402d8e5f0a1b2c3d4e5f"


def recordings(count: int) -> list[bytes]:
    """One-second WAVs at 16 kHz, each like no other."""
    chance = np.random.default_rng(next(_SEEDS))
    values = chance.integers(-9000, 9000, (count, 16000, 1)).astype(np.float32)
    return [encode_wav(Signal(item, 1 / 16, _SENSORS)) for item in values]


def measure(folder: Path, port: int, files: int, connections: int) -> dict[str, Any]:
    """Files per second of each way, in turns, and how they compare; each turn in new projects.

    Args:
        folder, port: Where the servers are.
        files: How many of each way are sent in one turn.
        connections: Senders of one file a request, at once; batches come from four.
    """
    rates: dict[str, list[float]] = {"bare": [], "single": [], "batch": []}
    with (
        running("bare", folder / "bare", port + 1) as bare,
        running("ours", folder / "ours", port) as ours,
    ):
        for turn in range(1 + TURNS):
            # The more a project has, the longer it takes to add to it: each turn begins alike.
            one, other = ours.using(2 * turn), ours.using(2 * turn + 1)
            taken = {
                "bare": _send(bare, _to_bare(bare, files), connections),
                "single": _send(one, _single(one, files), connections),
                "batch": _send(other, _batches(other, files), 4),
            }
            if turn:  # the first turn warms up
                for name, rate in rates.items():
                    rate.append(files / taken[name])
    # Of each turn its own, and of these the median: what a disk does at its leisure hits one turn.
    return {
        "connections": connections,
        **{f"{name}_per_s": round(median(rate)) for name, rate in rates.items()},
        "single_to_bare": round(_ratio(rates["single"], rates["bare"]), 3),
        "batch_to_single": round(_ratio(rates["batch"], rates["single"]), 2),
    }


def _ratio(ours: list[float], theirs: list[float]) -> float:
    return median(one / other for one, other in zip(ours, theirs, strict=True))


def _send(server: Running, requests: list[bytes], connections: int) -> float:
    os.sync()  # what others left to be written is not this one's burden
    _touch_memory(2 * sum(map(len, requests)))
    return send_all(server.port, requests, connections)[0]


def _touch_memory(size: int) -> None:
    """Has so much free memory at hand that what is sent fits in twice.

    The host of a virtual machine may give memory only as it is first used, a page at a time, which
    takes longer than to write a file into it: it would hit whoever comes first.
    """
    with mmap.mmap(-1, size) as memory:
        for start in range(0, size, mmap.PAGESIZE):
            memory[start] = 1


def _to_bare(server: Running, files: int) -> list[bytes]:
    return [server.request("POST", "/file", data) for data in recordings(files)]


def _single(server: Running, files: int) -> list[bytes]:
    headers = {
        "x-file-name": "on.wav",
        "x-metadata": json.dumps({"subject": "7"}),
        "content-type": "application/octet-stream",
    }
    path = f"{server.api}/samples/file"
    return [server.request("POST", path, data, headers) for data in recordings(files)]


def _batches(server: Running, files: int) -> list[bytes]:
    data = recordings(files)
    return [
        server.request(
            "POST",
            f"{server.api}/samples",
            _form(data[start : start + BATCH]),
            {"content-type": f"multipart/form-data; boundary={_BOUNDARY.decode()}"},
        )
        for start in range(0, files, BATCH)
    ]


def _form(files: list[bytes]) -> bytes:
    line = b"--" + _BOUNDARY
    head = line + b'\r\nContent-Disposition: form-data; name="%b"'
    fields = head % b"metadata" + b'\r\n\r\n{"subject": "7"}\r\n'
    head = head % b"files" + b'; filename="on.%d.wav"\r\nContent-Type: audio/wav\r\n\r\n%b\r\n'
    parts = [head % (number, data) for number, data in enumerate(files)]
    return fields + b"".join(parts) + line + b"--\r\n"
