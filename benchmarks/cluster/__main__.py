"""Features of 20,000 windows on one node and on two, each with one core, in one run.

Both nodes are on this machine, so it needs two cores that have nothing else to do:

    python -m benchmarks.cluster
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from tinsmith.datasets import Sample

WINDOWS_EACH = 64
RATE_KHZ = 48
WINDOW_MS, STRIDE_MS = 2000, 250
ROUNDS = 4
DESIGN = {
    "name": "Sounds",
    "input": {
        "type": "time-series",
        "window_ms": WINDOW_MS,
        "stride_ms": STRIDE_MS,
        "interval_ms": 1 / RATE_KHZ,
    },
    "processing": [
        {
            "id": "mfcc",
            "type": "mfcc",
            "parameters": {"frame_length_s": 0.04, "frame_stride_s": 0.02, "fft_length": 2048},
        }
    ],
    "learning": [{"id": "network", "type": "classification"}],
}


def main() -> int:
    """Windows per second on one node and two, and their ratio."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.cluster", description=__doc__)
    parser.add_argument("--windows", type=int, default=20_000)
    parser.add_argument("--least", type=float, default=0.0, help="fail below this ratio")
    chosen = parser.parse_args()
    os.environ["OMP_NUM_THREADS"] = "1"
    with tempfile.TemporaryDirectory() as folder:
        ratio = compare(-(-chosen.windows // WINDOWS_EACH), folder)
    return 0 if ratio >= chosen.least else 1


def compare(recordings: int, folder: str) -> float:
    """Prints both rates; how many times faster two nodes are."""
    import ray
    from ray.cluster_utils import Cluster

    from tinsmith.jobs.ray_engine import join

    samples = noises(recordings, folder)
    cluster = Cluster(initialize_head=True, head_node_args={"num_cpus": 0})
    join(cluster.address)
    seconds, tables = [], []
    for nodes in (1, 2):
        confine(cluster.add_node(num_cpus=1), core=nodes - 1)
        cluster.wait_for_nodes()
        # The best of a few rounds: in the first one processes start and libraries load.
        took, features = min(measure(samples, folder) for _ in range(ROUNDS))
        seconds.append(took)
        tables.append(features)
        rate = recordings * WINDOWS_EACH / took
        print(f"{nodes} node(s): {recordings * WINDOWS_EACH} windows in {took:.1f} s, {rate:.0f}/s")
    ratio = seconds[0] / seconds[1]
    same = tables[0] == tables[1]
    load = os.getloadavg()[0]
    print(f"ratio {ratio:.2f}; same bits: {same}; load {load:.1f} on {os.cpu_count()} cores")
    ray.shutdown()
    cluster.shutdown()
    return ratio if same else 0.0


def confine(node: Any, core: int) -> None:
    """Keeps a node and what it starts to one core, as if it were a machine that has no other."""
    import psutil

    for part in node.all_processes["raylet"]:
        process = psutil.Process(part.process.pid)
        for one in (process, *process.children(recursive=True)):
            one.cpu_affinity([core])


def noises(count: int, folder: str) -> list[Sample]:
    """Recordings of 18 seconds of noise at 48 kHz, kept as blobs."""
    from tinsmith.datasets.sample import FileSource, sample_from_signal
    from tinsmith.signals import Sensor, Signal, encode_wav
    from tinsmith.store.blobs import open_blobs

    blobs = open_blobs(folder)
    chance = np.random.default_rng(1)
    frames = RATE_KHZ * (WINDOW_MS + (WINDOWS_EACH - 1) * STRIDE_MS)
    samples = []
    for number in range(count):
        values = chance.integers(-8000, 8000, size=(frames, 1)).astype(np.float32)
        signal = Signal(values, 1 / RATE_KHZ, (Sensor("audio", "wav"),))
        blob = blobs.put(encode_wav(signal))
        made = sample_from_signal(signal, name=f"noise.{number:05d}", label="noise")
        source = FileSource(Path("elsewhere") / blob.hash, blob.hash, f"{made.name}.wav")
        samples.append(replace(made, content_hash=blob.hash, source=source, format="wav"))
    return samples


def measure(samples: list[Sample], folder: str) -> tuple[float, bytes]:
    """Seconds for the features of all windows, and a digest of them."""
    from tinsmith.core.hashing import hash_bytes
    from tinsmith.impulse.cache import Cache
    from tinsmith.impulse.design import parse_impulse
    from tinsmith.impulse.features import feature_table, window_format
    from tinsmith.jobs.ray_engine import spread

    design = parse_impulse(DESIGN)
    began = time.perf_counter()
    table = feature_table(
        samples,
        design,
        window_format(samples, design),
        cache=Cache(None),
        executor=spread(folder, helps=False),
    )
    return time.perf_counter() - began, hash_bytes(table.features["mfcc"].tobytes())


if __name__ == "__main__":
    sys.exit(main())
