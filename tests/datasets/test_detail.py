"""Reading long recordings by level of detail."""

from __future__ import annotations

import struct
import time
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tinsmith.core.errors import DatasetError, DesignError
from tinsmith.datasets.detail import Detail, encode_detail, read_detail, write_detail
from tinsmith.signals import Sensor, Signal


def _signal(frames: int, axes: int = 1, *, whole: bool = False, seed: int = 0) -> Signal:
    values = np.random.default_rng(seed).normal(0, 1000, (frames, axes)).astype(np.float32)
    return Signal(
        values.round() if whole else values, 0.5, tuple(Sensor(f"a{n}", "g") for n in range(axes))
    )


def _check(detail: Detail, values: npt.NDArray[np.float32]) -> None:
    """Every entry is the least and greatest of its own frames."""
    starts = range(detail.start, detail.end, detail.step)
    assert len(detail.minimum) == len(detail.maximum) == len(starts)
    for entry, start in enumerate(starts):
        frames = values[start : min(start + detail.step, detail.end)]
        np.testing.assert_array_equal(detail.minimum[entry], frames.min(axis=0))
        np.testing.assert_array_equal(detail.maximum[entry], frames.max(axis=0))


@pytest.mark.slow
@settings(max_examples=150, deadline=None)
@given(
    frames=st.integers(1, 40_000), axes=st.integers(1, 3), whole=st.booleans(),
    points=st.integers(1, 700), data=st.data(),
)  # fmt: skip
def test_any_stretch_is_covered_by_exact_extremes(
    frames: int, axes: int, whole: bool, points: int, data: st.DataObject
) -> None:
    start = data.draw(st.integers(0, frames - 1))
    end = data.draw(st.integers(start + 1, frames + 10))
    signal = _signal(frames, axes, whole=whole)
    detail = read_detail(encode_detail(signal), start, end, points)
    assert detail.start <= start < detail.start + detail.step
    assert min(end, frames) <= detail.end <= frames
    assert detail.start % detail.step == 0
    assert len(detail.minimum) <= points + 1
    assert (detail.frames, detail.interval_ms) == (frames, 0.5)
    _check(detail, signal.values)


def test_few_frames_are_given_as_they_are() -> None:
    signal = _signal(10_000, 2)
    detail = read_detail(encode_detail(signal), 5000, 5300, 300)
    assert (detail.start, detail.end, detail.step) == (5000, 5300, 1)
    np.testing.assert_array_equal(detail.minimum, signal.values[5000:5300])
    np.testing.assert_array_equal(detail.maximum, signal.values[5000:5300])


@pytest.mark.parametrize("shift", range(0, 4000, 411))
def test_a_dragged_graph_shows_the_same_entries(shift: int) -> None:
    data = encode_detail(_signal(50_000))
    whole = read_detail(data, 0, 20_000, 200)
    moved = read_detail(data, shift, 20_000 + shift, 200)
    assert moved.step == whole.step
    first = moved.start // whole.step
    both = len(whole.minimum) - first - 1  # the last of them may be cut at the edge
    assert both > 100
    np.testing.assert_array_equal(moved.minimum[:both], whole.minimum[first : first + both])


def test_whole_numbers_take_half_the_room() -> None:
    small, large = encode_detail(_signal(10_000, whole=True)), encode_detail(_signal(10_000))
    assert len(small) < 0.55 * len(large)
    extremes = Signal(np.array([[-32768], [32767]], np.float32), 1.0, (Sensor("a", "wav"),))
    above = Signal(np.array([[-32768], [32768]], np.float32), 1.0, (Sensor("a", "wav"),))
    for signal, kind in ((extremes, 1), (above, 2)):
        data = encode_detail(signal)
        assert struct.unpack_from("<H", data, 10) == (kind,)
        np.testing.assert_array_equal(read_detail(data, 0, 2, 5).minimum, signal.values)


def test_the_file_is_laid_out_as_documented() -> None:
    signal = _signal(4000, 2)
    data = encode_detail(signal)
    assert data[:8] == b"TINLOD\0\0"
    assert struct.unpack_from("<HHIQIId", data, 8) == (1, 2, 2, 4000, 8, 3, 0.5)
    assert data[40:64] == bytes(24)
    level0 = np.frombuffer(data, "<f4", 8000, 64).reshape(4000, 2)
    np.testing.assert_array_equal(level0, signal.values)
    offset = -(-(64 + 32_000) // 64) * 64
    level1 = np.frombuffer(data, "<f4", 500 * 4, offset).reshape(500, 2, 2)
    blocks = signal.values.reshape(500, 8, 2)
    np.testing.assert_array_equal(level1[:, 0], blocks.min(axis=1))
    np.testing.assert_array_equal(level1[:, 1], blocks.max(axis=1))
    offset = -(-(offset + level1.nbytes) // 64) * 64
    assert len(data) == offset + 63 * 2 * 2 * 4


def test_a_file_its_bytes_and_ranges_of_them_say_the_same(tmp_path: Path) -> None:
    signal = _signal(30_000)
    path = tmp_path / "deep" / "one.lod"
    write_detail(signal, path)
    data = path.read_bytes()
    asked: list[int] = []

    def read_range(offset: int, size: int) -> bytes:
        asked.append(size)
        return data[offset : offset + size]

    answers = [read_detail(source, 100, 29_000, 100) for source in (path, data, read_range)]
    for answer in answers:
        _check(answer, signal.values)
    assert len(asked) == 2
    assert sum(asked) < 5000


def test_stretches_and_points_without_sense_are_refused() -> None:
    data = encode_detail(_signal(100))
    for start, end in ((100, 200), (5, 5), (6, 5), (-5, 0)):
        with pytest.raises(DatasetError, match="of a recording of 100"):
            read_detail(data, start, end, 10)
    for points in (0, 100_001):
        with pytest.raises(DesignError, match="points were asked for"):
            read_detail(data, 0, 100, points)


def test_what_is_no_such_file_is_refused(tmp_path: Path) -> None:
    data = encode_detail(_signal(5000))
    newer = data[:8] + struct.pack("<H", 2) + data[10:]
    for bad, message in (
        (b"", "begins with nothing"), (b"RIFF", "begins with"), (data[:50], "begins with"),
        (data[:3000], "is cut"), (newer, "version 2"), (data[:12] + bytes(52), "0 axes"),
    ):  # fmt: skip
        path = tmp_path / "bad.lod"
        path.write_bytes(bad)
        for source in (path, bad):
            with pytest.raises(DatasetError, match=message):
                read_detail(source, 0, 5000, 5000)
    with pytest.raises(DatasetError, match="cannot be read"):
        read_detail(tmp_path / "absent.lod", 0, 1, 1)


@settings(max_examples=200, deadline=None)
@given(st.binary(min_size=56, max_size=56), st.integers(0, 1 << 50), st.integers(1, 100_000))
def test_any_header_gives_a_detail_or_a_clear_error(head: bytes, start: int, points: int) -> None:
    data = b"TINLOD\0\0\x01\0\x02\0" + head[4:] + bytes(500)
    try:
        read_detail(data, start, start + 1000, points)
    except DatasetError:
        return


@pytest.mark.slow
def test_ten_million_frames_are_quick(tmp_path: Path) -> None:
    signal = _signal(10_000_000)
    path = tmp_path / "long.lod"
    began = time.perf_counter()
    write_detail(signal, path)
    assert time.perf_counter() - began < 10
    slowest = 0.0
    for start, end, points in ((0, 10_000_000, 2000), (3, 9_000_001, 4000), (123, 70_000, 1000)):
        began = time.perf_counter()
        read_detail(path, start, end, points)
        slowest = max(slowest, time.perf_counter() - began)
    # Some milliseconds; ten times as much on a busy machine.
    assert slowest < 0.1
