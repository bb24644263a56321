"""Jobs and features on a cluster of two nodes on this machine, one of which is lost."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import replace
from pathlib import Path
from typing import Any

import psutil
import pytest

from tinsmith.core.errors import DatasetError
from tinsmith.datasets.sample import FileSource, Sample
from tinsmith.impulse.cache import Cache
from tinsmith.impulse.design import parse_impulse
from tinsmith.impulse.features import FeatureTable, feature_table, window_format
from tinsmith.jobs.engine import Order, Place
from tinsmith.signals import encode_acquisition
from tinsmith.store.blobs import open_blobs

pytestmark = pytest.mark.slow
SampleMaker = Callable[..., tuple[Sample, ...]]
DESIGN = parse_impulse(
    {
        "name": "Movements",
        "input": {"type": "time-series", "window_ms": 1000, "stride_ms": 500, "interval_ms": 10},
        "processing": [{"id": "spectral", "type": "spectral_analysis"}],
        "learning": [{"id": "network", "type": "classification"}],
    }
)


@pytest.fixture(scope="module")
def head(open_cluster: Callable[..., AbstractContextManager[Any]]) -> Iterator[Any]:
    """A cluster without a core of its own."""
    with open_cluster(head_cores=0) as found:
        from tinsmith.jobs.ray_engine import join

        join(found.address)
        yield found


@pytest.fixture
def cluster(head: Any) -> Iterator[Any]:
    """The cluster, to which nodes can be added until the test is over."""
    import ray

    yield head
    for node in list(head.worker_nodes):
        head.remove_node(node)
    until(lambda: not ray.cluster_resources().get("CPU"))


def until(condition: Callable[[], bool]) -> None:
    """Waits for something that happens in another process."""
    while not condition():
        time.sleep(0.05)


def in_blobs(samples: tuple[Sample, ...], folder: Path) -> list[Sample]:
    """The same recordings with their bytes in blobs, at a path that no other machine has."""
    blobs = open_blobs(str(folder))
    kept = []
    for sample in samples:
        blob = blobs.put(encode_acquisition(sample.load_signal()))
        source = FileSource(Path("elsewhere") / blob.hash, blob.hash, f"{sample.name}.cbor")
        kept.append(replace(sample, content_hash=blob.hash, source=source))
    return kept


def table(samples: list[Sample], **options: Any) -> FeatureTable:
    window = window_format(samples, DESIGN)
    return feature_table(samples, DESIGN, window, cache=Cache(None), **options)


def same(first: FeatureTable, second: FeatureTable) -> bool:
    return (
        first.features["spectral"].tobytes() == second.features["spectral"].tobytes()
        and first.labels == second.labels
    )


def test_a_lost_node_costs_only_its_own_chunks(
    cluster: Any, motion_samples: SampleMaker, tmp_path: Path
) -> None:
    from tinsmith.jobs.ray_engine import spread

    cluster.add_node(num_cpus=1)
    doomed = cluster.add_node(num_cpus=1)
    cluster.wait_for_nodes()
    made = motion_samples(640)
    samples = in_blobs(made, tmp_path / "blobs")
    seen: list[int] = []
    inner = spread(str(tmp_path / "blobs"), helps=False)

    def executor(chunks: Any) -> Iterator[Any]:
        for position, entries in inner(chunks):
            seen.append(position)
            if len(seen) == 2:
                cluster.remove_node(doomed, allow_graceful=False)
            yield position, entries

    found = table(samples, executor=executor)
    assert sorted(seen) == list(range(10)), "every chunk once"
    assert same(found, table(list(made)))


def test_a_job_computes_too_when_no_core_is_free(
    cluster: Any, motion_samples: SampleMaker, tmp_path: Path
) -> None:
    from tinsmith.jobs.ray_engine import spread

    # Whoever asks can read the recordings; there is no node that could help.
    samples = list(motion_samples(130))
    executor = spread(str(tmp_path / "blobs"), helps=True)
    assert same(table(samples, executor=executor), table(samples))


def test_what_goes_wrong_on_a_node_is_told_as_here(
    cluster: Any, motion_samples: SampleMaker, tmp_path: Path
) -> None:
    from tinsmith.jobs.ray_engine import spread

    cluster.add_node(num_cpus=1)
    samples = in_blobs(motion_samples(3), tmp_path / "blobs")
    damaged = tmp_path / "blobs" / samples[1].content_hash[:2] / samples[1].content_hash
    damaged.chmod(0o600)
    damaged.write_bytes(b"no recording")
    with pytest.raises(DatasetError, match="the file has changed"):
        table(samples, executor=spread(str(tmp_path / "blobs"), helps=False))


@pytest.fixture
def started(
    cluster: Any, tmp_path: Path, waiting_worker: Any
) -> Iterator[tuple[Any, list[psutil.Process], Any]]:
    """A job on a node: its handle, its processes and the node."""
    from tinsmith.jobs import ray_engine

    node = cluster.add_node(num_cpus=1)
    cluster.wait_for_nodes()
    engine = ray_engine.RayEngine(cluster.address, command=waiting_worker.command)
    database = tmp_path / "tinsmith.sqlite"
    database.touch()
    place = Place(f"sqlite:///{database}", str(tmp_path / "blobs"), tmp_path)
    handle = engine.start(Order(1, "here", 1, place, 8))
    until(lambda: waiting_worker.started() or handle.poll() is not None)
    yield handle, waiting_worker.processes(), node
    handle.stop()


def test_a_cancelled_task_ends_with_everything_it_started(started: Any) -> None:
    handle, processes, _ = started
    handle.stop()
    gone, alive = psutil.wait_procs(processes, timeout=20)
    assert (len(gone), alive) == (2, [])
    assert handle.poll().code == "ended"


def test_a_job_on_a_lost_node_ends_there_and_is_known_to_have(cluster: Any, started: Any) -> None:
    handle, processes, node = started
    cluster.remove_node(node, allow_graceful=False)
    gone, alive = psutil.wait_procs(processes, timeout=30)
    assert (len(gone), alive) == (2, [])
    until(lambda: handle.poll() is not None)
    assert handle.poll().code == "ended"
    assert "its node or process was lost" in handle.poll().message


def test_a_node_that_does_not_see_the_database_says_so(cluster: Any, tmp_path: Path) -> None:
    from tinsmith.jobs.ray_engine import RayEngine

    cluster.add_node(num_cpus=1)
    place = Place(f"sqlite:///{tmp_path / 'absent.sqlite'}", "blobs", tmp_path)
    handle = RayEngine(cluster.address).start(Order(1, "here", 1, place, 1))
    until(lambda: handle.poll() is not None)
    assert "a cluster needs PostgreSQL" in handle.poll().message
