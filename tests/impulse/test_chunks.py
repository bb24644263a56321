"""Features may be computed elsewhere, in any order; the result is the same, and counted."""

from __future__ import annotations

import multiprocessing
import pickle
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import replace
from pathlib import Path

import pytest

from tinsmith.core.errors import InternalError
from tinsmith.core.hashing import hash_bytes
from tinsmith.core.progress import Step
from tinsmith.datasets.sample import FileSource, Sample
from tinsmith.impulse.cache import Cache
from tinsmith.impulse.design import Impulse
from tinsmith.impulse.features import (
    Chunk,
    Entry,
    FeatureTable,
    compute_chunk,
    feature_table,
    local,
    window_format,
)
from tinsmith.impulse.fit import fit
from tinsmith.signals import encode_acquisition

SampleMaker = Callable[..., tuple[Sample, ...]]


def same(first: FeatureTable, second: FeatureTable) -> bool:
    return (
        {name: array.tobytes() for name, array in first.features.items()}
        == {name: array.tobytes() for name, array in second.features.items()}
        and first.labels == second.labels
        and first.start_ms.tolist() == second.start_ms.tolist()
        and first.sample_index.tolist() == second.sample_index.tolist()
    )


def backwards(chunks: Sequence[Chunk]) -> Iterator[tuple[int, Sequence[Entry]]]:
    """Computes the last chunk first, each on a copy that went through bytes, as if sent."""
    for position in reversed(range(len(chunks))):
        received = pickle.loads(pickle.dumps(chunks[position]))
        yield position, pickle.loads(pickle.dumps(compute_chunk(received)))


def in_files(samples: Sequence[Sample], folder: Path) -> list[Sample]:
    """The same recordings, kept in files."""
    kept = []
    for sample in samples:
        data = encode_acquisition(sample.load_signal())
        path = folder / f"{sample.name}.cbor"
        path.write_bytes(data)
        kept.append(replace(sample, source=FileSource(path, hash_bytes(data), path.name)))
    return kept


def test_chunks_computed_elsewhere_give_the_same_table(
    motion_samples: SampleMaker, motion_design: Impulse
) -> None:
    samples = motion_samples(150)
    window = window_format(samples, motion_design)
    here = feature_table(samples, motion_design, window, cache=Cache(None))
    sizes: list[int] = []

    def executor(chunks: Sequence[Chunk]) -> Iterator[tuple[int, Sequence[Entry]]]:
        sizes.extend(len(chunk.samples) for chunk in chunks)
        return backwards(chunks)

    there = feature_table(samples, motion_design, window, cache=Cache(None), executor=executor)
    assert sizes == [64, 64, 22]
    assert same(here, there)


@pytest.mark.slow
def test_chunks_travel_to_other_processes(
    motion_samples: SampleMaker, motion_design: Impulse, tmp_path: Path
) -> None:
    samples = in_files(motion_samples(70), tmp_path)
    window = window_format(samples, motion_design)

    def pool(chunks: Sequence[Chunk]) -> Iterator[tuple[int, Sequence[Entry]]]:
        context = multiprocessing.get_context("spawn")
        with ProcessPoolExecutor(2, mp_context=context) as workers:
            jobs = {workers.submit(compute_chunk, chunk): at for at, chunk in enumerate(chunks)}
            for job in as_completed(jobs):
                yield jobs[job], job.result()

    there = feature_table(samples, motion_design, window, cache=Cache(None), executor=pool)
    here = feature_table(samples, motion_design, window, cache=Cache(None))
    assert same(here, there)


def test_the_table_says_what_was_computed_and_what_was_known(
    motion_samples: SampleMaker, motion_design: Impulse
) -> None:
    cache, samples = Cache(None), motion_samples(110)
    window = window_format(samples, motion_design)
    first = feature_table(samples[:100], motion_design, window, cache=cache)
    assert (first.computed, first.cached) == (100, 0)
    steps: list[Step] = []
    more = feature_table(samples, motion_design, window, cache=cache, progress=steps.append)
    assert (more.computed, more.cached) == (10, 100)
    assert [(step.done, step.total) for step in steps] == [(100, 110), (110, 110)]
    assert steps[-1].note == "10 computed, 100 from the cache"


def test_long_recordings_are_fewer_in_a_chunk_and_cut_a_few_at_a_time(
    motion_samples: SampleMaker, motion_design: Impulse, monkeypatch: pytest.MonkeyPatch
) -> None:
    samples = motion_samples(6, seconds=200.0)
    window = window_format(samples, motion_design)
    sizes: list[int] = []

    def executor(chunks: Sequence[Chunk]) -> Iterator[tuple[int, Sequence[Entry]]]:
        sizes.extend(len(chunk.samples) for chunk in chunks)
        yield from local(chunks)

    together = feature_table(samples, motion_design, window, cache=Cache(None), executor=executor)
    assert sum(sizes) == 6
    assert len(sizes) > 1
    monkeypatch.setattr("tinsmith.impulse.features._CUT_BYTES", 1)
    assert same(together, feature_table(samples, motion_design, window, cache=Cache(None)))


def test_nothing_to_compute_asks_no_executor(
    motion_samples: SampleMaker, motion_design: Impulse
) -> None:
    cache, samples = Cache(None), motion_samples(3)
    window = window_format(samples, motion_design)
    first = feature_table(samples, motion_design, window, cache=cache)

    def never(_chunks: Sequence[Chunk]) -> Iterator[tuple[int, Sequence[Entry]]]:
        raise InternalError("asked")

    again = feature_table(samples, motion_design, window, cache=cache, executor=never)
    assert same(first, again)
    assert (again.computed, again.cached) == (0, 3)


def test_an_executor_that_loses_or_mixes_up_work_is_found_out(
    motion_samples: SampleMaker, motion_design: Impulse
) -> None:
    samples = motion_samples(3)
    window = window_format(samples, motion_design)
    for executor, message in (
        (lambda _: [], "left out 1 of 1 chunks"),
        (lambda _: [(0, [])], "0 results for chunk 0"),
        (lambda chunks: [*local(chunks), *local(chunks)], "3 results for chunk 0"),
    ):
        with pytest.raises(InternalError, match=message):
            feature_table(samples, motion_design, window, cache=Cache(None), executor=executor)


@pytest.mark.slow
def test_training_passes_the_executor_and_the_counts_on(
    training_samples: tuple[Sample, ...], motion_design: Impulse, trained_cache: Cache
) -> None:
    pytest.importorskip("torch", reason="the learn extra is not installed")
    steps: list[Step] = []
    asked: list[int] = []

    def executor(chunks: Sequence[Chunk]) -> Iterator[tuple[int, Sequence[Entry]]]:
        asked.append(len(chunks))
        return local(chunks)

    fit(motion_design.model_copy(update={"learning": motion_design.learning[1:]}),
        training_samples, cache=Cache(None), progress=steps.append, executor=executor)  # fmt: skip
    assert asked == [1]
    assert "24 computed, 0 from the cache" in [step.note for step in steps]
