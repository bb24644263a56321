"""Features of 20,000 windows on one node and on two, each with one core, in one run.

Of vibrations, where a window's wavelets take a millisecond and leave few features. Of sounds, which
our blocks are so quick with that carrying their many values back takes a share. And of pictures, a
window each, which have to be decoded. Both nodes are on this machine, so it needs two cores that
have nothing else to do, and what Ray does beside them takes from these:

    python -m benchmarks.cluster
"""

from __future__ import annotations

import argparse
import io
import os
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from tinsmith.datasets import Sample

WINDOWS_EACH = 64
ROUNDS = 4
LEARNING = [{"id": "network", "type": "classification"}]
FRAMES = {"frame_length_s": 0.08, "frame_stride_s": 0.02, "fft_length": 4096}


@dataclass(frozen=True)
class Work:
    """Something to compute features of.

    Args:
        samples: Makes so many windows' worth of samples, kept as blobs in a folder.
        input: The design's input.
        block: The type of its processing block, and its parameters.
    """

    samples: Callable[[int, str], list[Sample]]
    input: dict[str, Any]
    block: tuple[str, dict[str, Any]]

    @property
    def design(self) -> dict[str, Any]:
        """The design as a document."""
        kind, parameters = self.block
        processing = [{"id": "block", "type": kind, "parameters": parameters}]
        return {
            "name": "Benchmark",
            "input": self.input,
            "processing": processing,
            "learning": LEARNING,
        }


def main() -> int:
    """Windows per second on one node and two, and their ratio."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.cluster", description=__doc__)
    parser.add_argument("work", nargs="*", help=", ".join(WORKS))
    parser.add_argument("--windows", type=int, default=20_000)
    chosen = parser.parse_args()
    if unknown := ", ".join(sorted(set(chosen.work) - set(WORKS))):
        parser.error(f"no work is called {unknown}; expected {', '.join(WORKS)}")
    os.environ["OMP_NUM_THREADS"] = "1"
    for name in chosen.work or WORKS:
        with tempfile.TemporaryDirectory() as folder:
            compare(name, chosen.windows, folder)
    return 0


def compare(name: str, windows: int, folder: str) -> None:
    """Prints both rates, and how many times faster two nodes are."""
    import ray
    from ray.cluster_utils import Cluster

    from tinsmith.jobs.ray_engine import join

    work = WORKS[name]
    samples = work.samples(windows, folder)
    cluster = Cluster(initialize_head=True, head_node_args={"num_cpus": 0})
    join(cluster.address)
    seconds, tables = [], []
    for nodes in (1, 2):
        confine(cluster.add_node(num_cpus=1), core=nodes - 1)
        cluster.wait_for_nodes()
        # The best of a few rounds: in the first one processes start and libraries load.
        took, features = min(measure(work, samples, folder) for _ in range(ROUNDS))
        seconds.append(took)
        tables.append(features)
        print(f"{name}, {nodes} node(s): {took:.1f} s, {windows / took:.0f} windows/s")
    load = os.getloadavg()[0]
    print(
        f"{name}: ratio {seconds[0] / seconds[1]:.2f}; same bits: {tables[0] == tables[1]}; "
        f"load {load:.1f} on {os.cpu_count()} cores"
    )
    ray.shutdown()
    cluster.shutdown()


def confine(node: Any, core: int) -> None:
    """Keeps a node and what it starts to one core, as if it were a machine that has no other."""
    import psutil

    for part in node.all_processes["raylet"]:
        process = psutil.Process(part.process.pid)
        for one in (process, *process.children(recursive=True)):
            one.cpu_affinity([core])


def recordings(
    rate_khz: float, channels: int, window_ms: int, stride_ms: int
) -> Callable[[int, str], list[Sample]]:
    """What makes recordings of noise, each of `WINDOWS_EACH` windows, kept as blobs."""
    from tinsmith.signals import Sensor, Signal, encode_wav

    names = ["audio"] if channels == 1 else [f"audio_{number + 1}" for number in range(channels)]
    sensors = tuple(Sensor(name, "wav") for name in names)
    frames = round(rate_khz * (window_ms + (WINDOWS_EACH - 1) * stride_ms))

    def make(windows: int, folder: str) -> list[Sample]:
        chance = np.random.default_rng(1)
        samples = []
        for number in range(-(-windows // WINDOWS_EACH)):
            values = chance.integers(-8000, 8000, (frames, channels)).astype(np.float32)
            signal = Signal(values, 1 / rate_khz, sensors)
            name = f"noise.{number:05d}"
            samples.append(kept(signal, encode_wav(signal), name, "wav", folder))
        return samples

    return make


def pictures(windows: int, folder: str) -> list[Sample]:
    """JPEG files of 640 x 480 pixels, of a few sights, kept as blobs."""
    from PIL import Image as Picture

    from tinsmith.signals import Image

    chance = np.random.default_rng(1)
    sights = []
    for _ in range(20):
        coarse = Picture.fromarray(chance.integers(0, 256, (60, 80, 3), np.uint8))
        picture = coarse.resize((640, 480), Picture.Resampling.BICUBIC)
        file = io.BytesIO()
        picture.save(file, "JPEG", quality=90)
        sights.append((Image(np.asarray(picture)), file.getvalue()))
    samples = []
    for number in range(windows):
        image, data = sights[number % len(sights)]
        # A comment of its own makes it a file like no other.
        data = data[:2] + b"\xff\xfe\x00\x0a%08d" % number + data[2:]
        samples.append(kept(image, data, f"sight.{number:05d}", "jpg", folder))
    return samples


def kept(content: Any, data: bytes, name: str, extension: str, folder: str) -> Sample:
    """A sample whose file is a blob."""
    from tinsmith.datasets.sample import FileSource, sample_from_signal
    from tinsmith.store.blobs import open_blobs

    blob = open_blobs(folder).put(data)
    source = FileSource(Path("elsewhere") / blob.hash, blob.hash, f"{name}.{extension}")
    made = sample_from_signal(content, name=name, label="one")
    return replace(made, content_hash=blob.hash, source=source, format=extension)


def measure(work: Work, samples: list[Sample], folder: str) -> tuple[float, str]:
    """Seconds for the features of all windows, and a digest of them."""
    from tinsmith.core.hashing import hash_bytes
    from tinsmith.impulse.cache import Cache
    from tinsmith.impulse.design import parse_impulse
    from tinsmith.impulse.features import feature_table, window_format
    from tinsmith.jobs.ray_engine import spread

    design = parse_impulse(work.design)
    began = time.perf_counter()
    table = feature_table(
        samples,
        design,
        window_format(samples, design),
        cache=Cache(None),
        executor=spread(folder, helps=False),
    )
    return time.perf_counter() - began, hash_bytes(table.features["block"].tobytes())


def over_time(
    rate_khz: float,
    channels: int,
    window_ms: int,
    stride_ms: int,
    block: tuple[str, dict[str, Any]],
) -> Work:
    """Work on windows of recordings of noise."""
    design_input = {
        "type": "time-series",
        "window_ms": window_ms,
        "stride_ms": stride_ms,
        "interval_ms": 1 / rate_khz,
    }
    return Work(recordings(rate_khz, channels, window_ms, stride_ms), design_input, block)


WORKS = {
    "vibrations": over_time(3.2, 3, 1000, 125, ("spectral_analysis", {"analysis_type": "Wavelet"})),
    "sounds": over_time(48, 1, 2000, 250, ("mfcc", FRAMES)),
    "pictures": Work(
        pictures,
        {"type": "image", "width": 48, "height": 48},
        ("image", {"channels": "Grayscale"}),
    ),
}


if __name__ == "__main__":
    sys.exit(main())
