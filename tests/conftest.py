"""Fixtures shared by all tests."""

from __future__ import annotations

import gc
import itertools
import shutil
import warnings
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tinsmith.datasets.sample import Sample, sample_from_signal
from tinsmith.dsp import KMeansModel
from tinsmith.signals import Image, Sensor, Signal

SignalMaker = Callable[..., Signal]
PictureMaker = Callable[..., Image]
SampleMaker = Callable[..., tuple[Sample, ...]]
ClusterMaker = Callable[..., AbstractContextManager[Any]]

_BUCKETS = itertools.count()
SHARED = Path(__file__).resolve().parents[2] / "shared"


def pytest_addoption(parser: pytest.Parser) -> None:
    """Adds the option that runs tests of the server in every place it can keep its things."""
    parser.addoption(
        "--everywhere", action="store_true",
        help="test the server on PostgreSQL with S3 as well, not only on SQLite with a folder",
    )  # fmt: skip


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Lets tests on a cluster pass although Ray leaves sockets and files to the process's end."""
    for item in items:
        if "open_cluster" in getattr(item, "fixturenames", ()):
            for category in _WARNED_OF_BY_RAY:
                item.add_marker(pytest.mark.filterwarnings(f"ignore::{category}"))


def pytest_collection_finish() -> None:
    """Leaves modules and tests out of later searches for garbage, and makes those rarer.

    Every test of the server leaves an application behind, and a sixth of the time went into that.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(7000, 10, 10)


_WARNED_OF_BY_RAY = (
    "ResourceWarning",
    "pytest.PytestUnraisableExceptionWarning",
    "FutureWarning",
    "DeprecationWarning",
)


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real data sets that stands beside the project, or a skip."""
    return _beside("data")


@pytest.fixture(scope="session")
def shared_models() -> Path:
    """The folder of public benchmark models that stands beside the project, or a skip."""
    return _beside("models")


@pytest.fixture(scope="session")
def kmeans_oracle() -> Callable[[KMeansModel, np.ndarray], np.ndarray]:
    """min over clusters of |x - centre| - radius, in NumPy: what the C core must agree with."""

    def score(model: KMeansModel, features: np.ndarray) -> np.ndarray:
        points = (features[:, model.axes] - model.mean) * model.scale
        distances = np.linalg.norm(points[:, None, :] - model.centres[None], axis=2)
        scores: np.ndarray = (distances - model.radius).min(axis=1).astype(np.float32)
        return scores

    return score


def _beside(name: str) -> Path:
    folder = SHARED / name
    if not folder.is_dir():
        pytest.skip(f"the folder of real {name} is not beside the project")
    return folder.resolve()


@pytest.fixture(scope="session")
def motion() -> SignalMaker:
    """Makes 3-axis recordings of three machines: steady, turning, rattling."""
    speeds_hz = {"idle": 0.0, "turning": 4.0, "rattling": 17.0}

    def make(label: str, seed: int, seconds: float = 3.0, interval_ms: float = 10.0) -> Signal:
        chance = np.random.default_rng([seed, sorted(speeds_hz).index(label)])
        times = np.arange(round(seconds * 1000 / interval_ms)) * interval_ms / 1000
        angle = 2 * np.pi * (speeds_hz[label] * times + chance.random())
        strength = 0.0 if label == "idle" else chance.uniform(0.6, 1.4)
        wave = np.stack([np.sin(angle), np.cos(angle), 0.4 * np.sin(2 * angle)], axis=1)
        values = [0.0, 0.0, 9.81] + strength * wave + 0.1 * chance.normal(size=wave.shape)
        sensors = tuple(Sensor(name, "m/s2") for name in ("accX", "accY", "accZ"))
        return Signal(values.astype(np.float32), interval_ms, sensors)

    return make


@pytest.fixture(scope="session")
def sound() -> SignalMaker:
    """Makes sounds of three kinds on the int16 scale: a low tone, a rising tone, a hiss."""

    def make(label: str, seed: int, seconds: float = 1.0, interval_ms: float = 0.0625) -> Signal:
        chance = np.random.default_rng([seed, 100 + ("hum", "siren", "hiss").index(label)])
        times = np.arange(round(seconds * 1000 / interval_ms)) * interval_ms / 1000
        noise = chance.normal(size=times.size)
        pitch_hz = chance.uniform(180, 260)
        waves = {
            "hum": np.sin(2 * np.pi * pitch_hz * times) + 0.05 * noise,
            "siren": np.sin(2 * np.pi * (500 + 900 * times) * times) + 0.05 * noise,
            "hiss": 0.5 * noise,
        }
        values = np.clip(chance.uniform(2000, 8000) * waves[label], -32768, 32767)
        return Signal(values.astype(np.float32)[:, None], interval_ms, (Sensor("audio", "wav"),))

    return make


@pytest.fixture(scope="session")
def picture() -> PictureMaker:
    """Makes pictures of one coloured shape on a noisy ground: disc, square or cross."""

    def make(label: str, seed: int, size: int = 48) -> Image:
        chance = np.random.default_rng([seed, 200 + ("disc", "square", "cross").index(label)])
        pixels = chance.integers(20, 90, size=(size, size, 3))
        rows, columns = np.mgrid[:size, :size] - chance.uniform(0.4, 0.6, size=(2, 1, 1)) * size
        radius = chance.uniform(0.2, 0.35) * size
        inside = np.maximum(abs(rows), abs(columns)) < radius
        shapes = {
            "disc": np.hypot(rows, columns) < radius,
            "square": inside,
            "cross": inside & (np.minimum(abs(rows), abs(columns)) < radius / 4),
        }
        pixels[shapes[label]] = chance.integers(120, 256, size=3)
        return Image(pixels.astype(np.uint8))

    return make


@pytest.fixture(scope="session")
def motion_samples(motion: SignalMaker) -> SampleMaker:
    """Recordings of all three machines, in turn, with the device they come from."""
    return _samples(motion, ("idle", "turning", "rattling"))


@pytest.fixture(scope="session")
def sound_samples(sound: SignalMaker) -> SampleMaker:
    """Sounds of all three kinds, in turn."""
    return _samples(sound, ("hum", "siren", "hiss"))


@pytest.fixture(scope="session")
def picture_samples(picture: PictureMaker) -> SampleMaker:
    """Pictures of all three shapes, in turn."""
    return _samples(picture, ("disc", "square", "cross"))


def _samples(make: Callable[..., Signal | Image], labels: tuple[str, ...]) -> SampleMaker:
    def samples(count: int, *, first: int = 0, **options: float) -> tuple[Sample, ...]:
        return tuple(
            sample_from_signal(
                make(labels[index % len(labels)], index, **options),
                name=f"{labels[index % len(labels)]}.{index:04d}",
                label=labels[index % len(labels)],
                metadata={"device": f"device{index // len(labels) % 4}"},
            )
            for index in range(first, first + count)
        )

    return samples


@pytest.fixture(scope="session")
def copy_tables(tmp_path_factory: pytest.TempPathFactory) -> Callable[[Path], None]:
    """Makes SQLite files with all tables as copies, which takes less than migrating each."""
    from tinsmith.store.database import migrate, open_database

    original = tmp_path_factory.mktemp("tables") / "tinsmith.sqlite"
    database = open_database(f"sqlite:///{original}")
    migrate(database)
    database.close()

    def copy(path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        shutil.copyfile(original, path)

    return copy


@pytest.fixture(scope="session")
def s3() -> Iterator[Any]:
    """A client of an S3 server that runs in this process and is spoken to over HTTP."""
    boto3 = pytest.importorskip("boto3", reason="the development packages are not installed")
    server_module = pytest.importorskip("moto.server")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_ACCESS_KEY_ID", "tinsmith-tests")
        patch.setenv("AWS_SECRET_ACCESS_KEY", "not a secret")
        patch.setenv("GOOGLE_BEARER_TOKEN", "not a secret either")
        patch.delenv("AWS_SESSION_TOKEN", raising=False)
        server = server_module.ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
        server.start()
        host, port = server.get_host_and_port()
        yield boto3.client("s3", endpoint_url=f"http://{host}:{port}", region_name="us-east-1")
        server.stop()


@pytest.fixture
def bucket_url(s3: Any) -> str:
    """The address of a place in a new bucket."""
    name = f"blobs{next(_BUCKETS)}"
    s3.create_bucket(Bucket=name)
    return f"s3://{name}/some/prefix?endpoint={s3.meta.endpoint_url}&region=us-east-1"


@pytest.fixture(scope="session")
def open_cluster() -> ClusterMaker:
    """Starts clusters on this machine: cores of the head node, and one of each node beside it."""

    @contextmanager
    def start(head_cores: int, nodes: int = 0) -> Iterator[Any]:
        pytest.importorskip("ray", reason="the cluster extra is not installed")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            import ray
            from ray.cluster_utils import Cluster

            found = Cluster(initialize_head=True, head_node_args={"num_cpus": head_cores})
            for _ in range(nodes):
                found.add_node(num_cpus=1)
            found.wait_for_nodes()
            yield found
            ray.shutdown()
            found.shutdown()

    return start
