"""Many windows through the core: threads, chunks, lanes, bad input, the shared library."""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from tinsmith.core.cvalue import Struct
from tinsmith.core.errors import DatasetError, DesignError, InternalError
from tinsmith.dsp import BLOCKS, block, extract, scratch_floats
from tinsmith.dsp.library import function, library


@pytest.fixture
def mfe(plan: Callable[..., Any]) -> Any:
    return plan("mfe", 2000, rate_hz=16000.0)


def windows(count: int, length: int = 2000) -> Any:
    noise = np.random.default_rng(count).standard_normal((count, length)) * 3000
    return noise.astype(np.float32)


def test_threads_and_chunks_do_not_change_a_bit(mfe: Any) -> None:
    many = windows(331)
    one = extract(*mfe, many, threads=1)
    for threads in (0, 2, 3, 8):
        assert np.array_equal(extract(*mfe, many, threads=threads), one)


def test_counts_around_the_number_of_lanes(mfe: Any) -> None:
    whole = extract(*mfe, windows(40))
    for count in (0, 1, 15, 16, 17, 31, 33):
        part = extract(*mfe, windows(40)[:count])
        assert part.shape == (count, mfe[1].num_features)
        assert np.array_equal(part, whole[:count])


def test_other_layouts_and_types_are_taken(mfe: Any) -> None:
    many = windows(5)
    expected = extract(*mfe, many)
    assert np.array_equal(extract(*mfe, many.astype(np.float64)), expected)
    assert np.array_equal(extract(*mfe, np.asfortranarray(many)), expected)
    assert np.array_equal(extract(*mfe, np.repeat(many, 2, axis=0)[::2]), expected)


@pytest.mark.parametrize("name", sorted(set(BLOCKS) - {"image"}))
@pytest.mark.parametrize("step", [0, 1, 640, 2000, 2300])
def test_windows_are_read_where_they_lie(plan: Callable[..., Any], name: str, step: int) -> None:
    flat = windows(1, 2000 + 36 * step)[0]
    lying = np.lib.stride_tricks.as_strided(flat, (37, 2000), (4 * step, 4), writeable=False)
    job = plan(name, 2000, rate_hz=16000.0)
    assert np.array_equal(extract(*job, lying), extract(*job, lying.copy()))
    flat[1999 + 12 * step] = np.nan
    for some in (lying, lying.copy()):
        first = int(np.flatnonzero(~np.isfinite(some).all(axis=1))[0])
        with pytest.raises(DatasetError, match=f"window {first} holds nan"):
            extract(*job, some, threads=1)


def test_windows_that_start_amid_a_frame_are_copied(plan: Callable[..., Any]) -> None:
    flat = windows(1, 600 + 36 * 100)[0]
    lying = np.lib.stride_tricks.sliding_window_view(flat, 600)[::100]
    job = plan("spectral_analysis", 600, num_axes=3)
    assert np.array_equal(extract(*job, lying), extract(*job, lying.copy()))


def test_concurrent_callers_do_not_disturb_each_other(mfe: Any, plan: Callable[..., Any]) -> None:
    jobs = [mfe, plan("mfcc", 2000, rate_hz=16000.0), plan("spectrogram", 2000, rate_hz=16000.0)]
    many = windows(60)
    expected = [extract(*job, many, threads=1) for job in jobs]
    with ThreadPoolExecutor(6) as pool:
        found = list(pool.map(lambda job: extract(*job, many, threads=2), jobs * 4))
    for got, wanted in zip(found, expected * 4, strict=True):
        assert np.array_equal(got, wanted)


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("name", sorted(set(BLOCKS) - {"image"}))
def test_a_window_that_is_no_numbers_is_named(
    plan: Callable[..., Any], name: str, value: float
) -> None:
    many = windows(41)
    many[37, 1234] = value
    for threads in (1, 4):
        with pytest.raises(DatasetError, match=f"window 37 holds {value} at value 1234"):
            extract(*plan(name, 2000, rate_hz=16000.0), many, threads=threads)


def test_a_bad_window_is_named_across_chunks(mfe: Any) -> None:
    many = windows(400)
    many[399, 0] = np.nan
    with pytest.raises(DatasetError, match="window 399 holds nan at value 0"):
        extract(*mfe, many, threads=4)


@pytest.mark.parametrize("shape", [(3, 1999), (3, 2001), (2000,), (1, 3, 2000)])
def test_windows_of_another_shape_are_refused(mfe: Any, shape: tuple[int, ...]) -> None:
    with pytest.raises(DatasetError, match="windows have"):
        extract(*mfe, np.zeros(shape, dtype=np.float32))


def test_denormals_count_even_where_the_process_has_turned_them_off(
    plan: Callable[..., Any],
) -> None:
    torch = pytest.importorskip("torch")
    raw = plan("raw", 4, scale_axes=0.5)
    tiny = np.full((1, 4), 2e-38, dtype=np.float32)
    assert torch.set_flush_denormal(True)
    try:
        features = extract(*raw, tiny)
        bits = features.view(np.uint32).tolist()
    finally:
        torch.set_flush_denormal(False)
    assert bits == (tiny * np.float32(0.5)).view(np.uint32).tolist()
    assert bits[0][0] != 0


def test_a_configuration_of_another_size_is_noticed(mfe: Any) -> None:
    item, made = mfe
    longer = Struct(made.config.type, (*made.config.fields, ("extra", 1), ("more", 1)))
    with pytest.raises(InternalError, match="bytes in Python"):
        extract(item, replace(made, config=longer), windows(1))


@pytest.mark.parametrize(
    ("field", "value"), [("num_frames", 100), ("num_selected", 2), ("num_axes", 0)]
)
def test_an_impossible_configuration_is_refused_by_the_core(
    mfe: Any, field: str, value: int
) -> None:
    item, made = mfe
    fields = tuple((name, value if name == field else was) for name, was in made.config.fields)
    with pytest.raises(InternalError, match="refuses the configuration"):
        scratch_floats(item, replace(made, config=Struct(made.config.type, fields)))


def test_device_scratch_holds_one_frame_not_the_window(plan: Callable[..., Any]) -> None:
    for name, floats in (("mfe", 257 + 129), ("mfcc", 257 + 129), ("spectrogram", 128 + 65)):
        assert scratch_floats(*plan(name, 16000, rate_hz=16000.0)) == floats
        assert scratch_floats(*plan(name, 48000, rate_hz=16000.0)) == floats


def test_every_block_is_in_the_library_in_every_lane_count() -> None:
    for lanes in (1, 8, 16):
        for item in BLOCKS.values():
            assert int(function(item, "config_size", lanes=lanes)()) > 0
    assert isinstance(library(), ctypes.CDLL)


@pytest.mark.parametrize("lanes", [1, 8])
@pytest.mark.parametrize("name", ["mfe", "mfcc", "spectrogram"])
def test_lane_counts_give_the_same_bits(
    plan: Callable[..., Any], monkeypatch: pytest.MonkeyPatch, name: str, lanes: int
) -> None:
    item, made = plan(name, 2000, rate_hz=16000.0)
    many = windows(19) * np.float32(10.0) ** np.arange(-14, 5, dtype=np.float32)[:, None]
    expected = extract(item, made, many)
    for module in ("binding", "library"):
        monkeypatch.setattr(f"tinsmith.dsp.{module}.LANES", lanes)
    monkeypatch.setattr("tinsmith.dsp.binding.library", lambda: library(lanes=lanes))
    monkeypatch.setattr(
        "tinsmith.dsp.binding.function",
        lambda block, name, lanes=lanes: function(block, name, lanes=lanes),
    )
    got = extract(item, made, many)
    assert np.array_equal(got.view(np.uint32), expected.view(np.uint32))


def test_one_axis_of_interleaved_windows(plan: Callable[..., Any]) -> None:
    flat = windows(20)
    pairs = np.stack([flat, -flat], axis=2).reshape(20, -1)
    for name in ("mfe", "mfcc", "spectrogram"):
        alone = extract(*plan(name, 2000, rate_hz=16000.0), flat)
        among = extract(*plan(name, 4000, num_axes=2, axes=(0,), rate_hz=16000.0), pairs)
        assert np.array_equal(alone, among)


class Signal(ctypes.Structure):
    """tin_signal whose values are pulled."""

    GetData = ctypes.CFUNCTYPE(
        ctypes.c_int,
        ctypes.c_void_p,
        ctypes.c_size_t,
        ctypes.c_size_t,
        ctypes.POINTER(ctypes.c_float),
    )
    _fields_ = (
        ("data", ctypes.c_void_p),
        ("get_data", GetData),
        ("context", ctypes.c_void_p),
        ("length", ctypes.c_size_t),
    )


def run_pulled(
    item: Any, made: Any, read: Any, length: int, configured: Any, *, lanes: int
) -> tuple[int, Any]:
    """Status and features of one run on a signal that calls `read`."""
    config = configured(made)
    features = np.zeros(made.num_features, dtype=np.float32)
    scratch = np.zeros(20_000 * lanes + 64, dtype=np.uint8)
    aligned = scratch.ctypes.data + -scratch.ctypes.data % 64
    signal = Signal(None, Signal.GetData(read), None, length)
    status = function(item, "run", lanes=lanes)(
        ctypes.c_void_p(config.address),
        ctypes.byref(signal),
        ctypes.c_void_p(features.ctypes.data),
        ctypes.c_void_p(aligned),
    )
    return status, features


@pytest.mark.parametrize("lanes", [1, 16])
@pytest.mark.parametrize("name", ["mfe", "mfcc", "spectrogram"])
def test_values_are_pulled_frame_by_frame(
    plan: Callable[..., Any], configured: Any, name: str, lanes: int
) -> None:
    item, made = plan(name, 2000, rate_hz=16000.0)
    window = windows(1)
    asked: list[int] = []

    def read(_context: Any, offset: int, length: int, out: Any) -> int:
        asked.append(length)
        for i in range(length):
            out[i] = float(window[0, offset + i])
        return 0

    status, features = run_pulled(item, made, read, 2000, configured, lanes=lanes)
    assert status == 0
    assert np.array_equal(features, extract(item, made, window)[0])
    assert max(asked) <= 256


def test_a_failing_or_short_signal_is_a_status(plan: Callable[..., Any], configured: Any) -> None:
    def fail(_context: Any, _offset: int, _length: int, _out: Any) -> int:
        return 1

    for name in ("mfe", "mfcc", "spectrogram"):
        for lanes in (1, 16):
            item, made = plan(name, 2000, rate_hz=16000.0)
            assert run_pulled(item, made, fail, 2000, configured, lanes=lanes)[0] == -3
            assert run_pulled(item, made, fail, 1999, configured, lanes=lanes)[0] == -2


def test_unknown_blocks_are_named() -> None:
    with pytest.raises(DesignError, match=r"unknown processing block 'mel'; known: .*mfe"):
        block("mel")
