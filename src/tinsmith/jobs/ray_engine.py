"""Jobs and features on a Ray cluster; the only file that imports ray.

A job is a Ray task that supervises the same process as on one machine: when the task is cancelled,
its node is lost or the server is gone, the process loses its lifeline and ends with everything it
started.
"""

from __future__ import annotations

import functools
import getpass
import logging
import tempfile
import time
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate
from pathlib import Path
from typing import Any

import numpy as np

from tinsmith.core.cores import limit_cores
from tinsmith.core.errors import EnvironmentError_, MissingPackageError
from tinsmith.core.memory import keep_freed_memory
from tinsmith.datasets import FileSource, Sample
from tinsmith.impulse.cache import FloatArray
from tinsmith.impulse.features import Chunk, ChunkExecutor, Entry, compute_chunk
from tinsmith.jobs.engine import Ending, Handle, Order
from tinsmith.jobs.local import WORKER, LocalEngine
from tinsmith.store.blobs import BlobStore, open_blobs

try:
    import ray
    from ray.exceptions import RayError, RayTaskError
except ModuleNotFoundError as error:
    raise MissingPackageError(
        "a cluster needs the package ray, which is not installed",
        hint="install it with: pip install 'tinsmith[cluster]'",
    ) from error

# How often a supervisor looks at its job.
_LOOK_S = 0.1
# How often a chunk is computed again elsewhere when nodes are lost.
_RETRIES = 5
# How long the end of a cancelled task is waited for.
_PATIENCE_S = 30.0


def join(address: str | None) -> None:
    """Connects this process to a cluster: `None` finds one on this machine or starts it.

    Raises:
        EnvironmentError_: The cluster does not answer.
    """
    if ray.is_initialized():
        return
    try:
        ray.init(address=address, log_to_driver=False, logging_level=logging.WARNING)
    except (ConnectionError, RuntimeError, ValueError, RayError) as error:
        raise EnvironmentError_(
            f"the Ray cluster {address or 'on this machine'} cannot be reached: {error}",
            hint="start one with: ray start --head",
        ) from error


class RayEngine:
    """Runs every job as a task of a cluster, on whichever node has room.

    Args:
        address: `ray://HOST:PORT` or `HOST:PORT` of a cluster; None finds one on this machine or
            starts it.
        command: The program that takes an order, as on one machine.

    Raises:
        EnvironmentError_: The cluster does not answer.
    """

    def __init__(self, address: str | None = None, command: Sequence[str] = WORKER) -> None:
        self._command = tuple(command)
        join(address)

    def start(self, order: Order) -> Handle:
        """Queues the job on the cluster; it starts when a node has room."""
        # More than the largest node has would wait for ever.
        threads = max(1, min(order.threads, max(_cores(), default=1)))
        task = ray.remote(max_retries=0, max_calls=1)(_supervise)
        order = replace(order, threads=threads)
        return _Task(task.options(num_cpus=threads).remote(order, self._command))

    def close(self) -> None:
        """Leaves the cluster; one that was started here ends."""
        ray.shutdown()


def _cores() -> list[int]:
    """How many cores each node that answers lends to tasks."""
    nodes: list[dict[str, Any]] = ray.nodes()  # type: ignore[no-untyped-call]  # it has no types
    return [int(node["Resources"].get("CPU", 0)) for node in nodes if node["Alive"]]


class _Task:
    def __init__(self, reference: Any) -> None:
        self._reference = reference
        self._ending: Ending | None = None

    def poll(self) -> Ending | None:
        if self._ending is None and ray.wait([self._reference], timeout=0)[0]:
            try:
                self._ending = ray.get(self._reference)
            except RayError as error:
                name = type(error).__name__
                self._ending = Ending("ended", f"its node or process was lost ({name})")
        return self._ending

    def stop(self) -> None:
        if self.poll() is not None:
            return
        ray.cancel(self._reference, force=True)
        ray.wait([self._reference], timeout=_PATIENCE_S)
        if self.poll() is None:
            raise EnvironmentError_("a task of the Ray cluster cannot be cancelled")


def _supervise(order: Order, command: Sequence[str]) -> Ending:
    """Runs a job on this node, to its end or its limits."""
    place = order.place
    if place.database_url.startswith("sqlite"):
        file = Path(place.database_url.partition("///")[2])
        if not file.exists():
            message = f"the node cannot reach the database {file}; a cluster needs PostgreSQL"
            return Ending("ended", message)
    address = ray.get_runtime_context().gcs_address
    handle = LocalEngine(command).start(
        replace(order, place=replace(place, data=_data(place.data), cluster=address))
    )
    try:
        while True:
            ending = handle.poll()
            if ending is not None:
                return ending
            time.sleep(_LOOK_S)
    finally:
        handle.stop()


def _data(wanted: Path) -> Path:
    """The server's folder, where this node shares it, else one of this node."""
    return wanted if wanted.is_dir() else _node_folder()


def _node_folder() -> Path:
    return Path(tempfile.gettempdir()) / f"tinsmith-{getpass.getuser()}"


def spread(blob_url: str, *, helps: bool = True) -> ChunkExecutor:
    """An executor that computes features on all nodes, which fetch recordings by the blobs' URL.

    A lost node costs the chunks it was at: they are computed again elsewhere.

    Args:
        blob_url: Where blobs are, as every node reaches them.
        helps: Whether this process computes too. A job does, with the cores it has: so it comes to
            an end even when other jobs hold all others.
    """

    def execute(chunks: Sequence[Chunk], /) -> Iterator[tuple[int, Sequence[Entry]]]:
        return _execute(chunks, blob_url, helps)

    return execute


def _execute(
    chunks: Sequence[Chunk], blob_url: str, helps: bool
) -> Iterator[tuple[int, Sequence[Entry]]]:
    compute = ray.remote(num_cpus=1, max_retries=_RETRIES)(_compute)
    # A few more than there is room for, so that no node waits for the next one.
    ahead = 2 * max(1, sum(_cores()))
    waiting = deque(range(len(chunks)))
    open_ = set(waiting)
    flying: dict[Any, int] = {}
    try:
        while open_:
            while waiting and len(flying) < ahead:
                position = waiting.popleft()
                flying[compute.remote(chunks[position], blob_url)] = position
            if helps:
                # The one that would be done last anyway; whoever is first counts.
                position = waiting.pop() if waiting else max(open_)
                entries = compute_chunk(chunks[position])
                open_.remove(position)
                yield position, entries
            for reference in _ready(list(flying), now=helps):
                position = flying.pop(reference)
                if position in open_:
                    open_.remove(position)
                    yield position, _result(reference)
    finally:
        for reference in flying:
            ray.cancel(reference)


def _ready(references: list[Any], *, now: bool) -> list[Any]:
    """Those that are done `now`, or else the next one once it is."""
    if not references:
        return []
    if not now:
        return ray.wait(references, num_returns=1)[0]
    return ray.wait(references, num_returns=len(references), timeout=0)[0]


def _result(reference: Any) -> Sequence[Entry]:
    try:
        packed: _Packed = ray.get(reference)
    except RayTaskError as error:
        # What went wrong there is told as if it had gone wrong here.
        if isinstance(error.cause, Exception):
            raise error.cause from error
        raise
    return packed.entries()


@dataclass(frozen=True, eq=False)
class _Packed:
    """Entries on their way, their features in one array a block: Ray is slow with many small ones.

    Args:
        bare: The entries without features.
        counts: Windows of each.
        features: Per processing block id, those of all entries.
    """

    bare: list[Entry]
    counts: list[int]
    features: dict[str, FloatArray]

    @classmethod
    def of(cls, entries: Sequence[Entry]) -> _Packed:
        names = entries[0].features if entries else ()
        return cls(
            [replace(entry, features={}) for entry in entries],
            [len(entry.start_ms) for entry in entries],
            {name: np.concatenate([item.features[name] for item in entries]) for name in names},
        )

    def entries(self) -> list[Entry]:
        """The entries in memory of this process: a view would keep its place in the objects' store,
        which is small, and everybody would wait once it is full."""
        own = {name: array.copy() for name, array in self.features.items()}
        ends = list(accumulate(self.counts))
        return [
            replace(entry, features={name: array[end - count : end] for name, array in own.items()})
            for entry, count, end in zip(self.bare, self.counts, ends, strict=True)
        ]


def _compute(chunk: Chunk, blob_url: str) -> _Packed:
    """A chunk's features, on this node."""
    limit_cores(1)
    keep_freed_memory()
    blobs = _blobs(blob_url)
    samples = tuple(_fetched(sample, blobs) for sample in chunk.samples)
    return _Packed.of(compute_chunk(replace(chunk, samples=samples)))


@functools.lru_cache(maxsize=4)
def _blobs(url: str) -> BlobStore:
    return open_blobs(url, _node_folder() / "blobs")


def _fetched(sample: Sample, blobs: BlobStore) -> Sample:
    """The sample with its content where this node has it."""
    source = sample.source
    if not isinstance(source, FileSource):
        return sample
    return replace(sample, source=replace(source, path=blobs.path(source.content_hash)))
