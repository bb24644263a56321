"""The FFT and the moves between rows and lanes, against NumPy and between lane counts."""

from __future__ import annotations

import ctypes
import functools

import numpy as np
import numpy.typing as npt
import pytest

from tinsmith.core.cvalue import pack
from tinsmith.core.errors import DesignError
from tinsmith.core.paths import runtime_dir
from tinsmith.dsp import tables
from tinsmith.toolchain import BuildRequest, Generated, build, ieee_floats, load, target

Floats = npt.NDArray[np.float32]
LENGTHS = [4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096]

PROGRAM = """
#include "tin_fft_lanes.h"
#include "tin_transpose.h"

static TIN_ALIGNED(64) tin_lanes data[4096 + 1];
static TIN_ALIGNED(64) tin_lanes power[2048 + 1];

void spectra(const tin_fft *fft, const float *rows, float *out);
void spectra(const tin_fft *fft, const float *rows, float *out) {
    const int32_t bins = fft->length / 2 + 1;
    tin_lanes_gather(rows, (size_t)fft->length, TIN_LANES, fft->length, data);
    tin_fft_power_lanes(fft, data, power);
    tin_lanes_scatter(power, bins, out, (size_t)bins, TIN_LANES);
}

void single(const tin_fft *fft, float *row, float *out);
void single(const tin_fft *fft, float *row, float *out) { tin_fft_power(fft, row, out); }

void round_trip(const float *rows, int32_t stride, int32_t num_rows, int32_t count, float *out);
void round_trip(const float *rows, int32_t stride, int32_t num_rows, int32_t count, float *out) {
    tin_lanes_gather(rows, (size_t)stride, num_rows, count, data);
    tin_lanes_scatter(data, count, out, (size_t)count, num_rows);
}
"""


@functools.cache
def library(lanes: int = 1, optimise: str = "-O3") -> ctypes.CDLL:
    folder = runtime_dir() / "src" / "dsp"
    request = BuildRequest(
        target=target("host"),
        sources=(folder / "tin_fft.c", Generated("program.c", PROGRAM)),
        include_dirs=(folder,),
        defines=(f"TIN_LANES={lanes}",),
        optimise=optimise,
    )
    return load(build(request))


def pointer(values: Floats) -> ctypes.c_void_p:
    return ctypes.c_void_p(values.ctypes.data)


def power(values: Floats) -> Floats:
    """Power spectra of rows [n, N], one transform after the other."""
    length = values.shape[1]
    fft = pack(tables.fft(length))
    out = np.empty((len(values), length // 2 + 1), dtype=np.float32)
    core = library()
    with ieee_floats(core):
        for row, spectrum in zip(values.copy(), out, strict=True):
            core.single(ctypes.c_void_p(fft.address), pointer(row), pointer(spectrum))
    return out


@pytest.mark.parametrize("length", LENGTHS)
def test_power_spectrum_matches_float64(length: int) -> None:
    rng = np.random.default_rng(length)
    values = rng.standard_normal((20, length)).astype(np.float32)
    wanted = np.abs(np.fft.rfft(values.astype(np.float64))) ** 2
    # The error of a bin's amplitude grows with the logarithm of the length only.
    error = np.abs(np.sqrt(power(values)) - np.sqrt(wanted))
    assert error.max() < 4e-8 * (2 + np.log2(length)) * np.sqrt(wanted.mean()) * 4


@pytest.mark.parametrize("length", LENGTHS)
def test_pure_tones_fall_into_one_bin(length: int) -> None:
    n = np.arange(length)
    for k in sorted({0, 1, length // 4, length // 2 - 1, length // 2}):
        values = np.cos(2 * np.pi * k * n / length).astype(np.float32)
        spectrum = power(values[None])[0]
        top = length**2 if k in (0, length // 2) else length**2 / 4
        assert spectrum[k] == pytest.approx(top, rel=1e-5)
        assert np.delete(spectrum, k).max() < 1e-11 * top


def test_impulses_are_flat() -> None:
    for length in LENGTHS:
        for place in (0, 1, length // 2, length - 1):
            values = np.zeros((1, length), dtype=np.float32)
            values[0, place] = 1
            assert power(values)[0] == pytest.approx(1, abs=1e-6)


@pytest.mark.parametrize("optimise", ["-O0", "-O3"])
@pytest.mark.parametrize("lanes", [1, 8, 16])
def test_lanes_give_the_bits_of_single_transforms(lanes: int, optimise: str) -> None:
    core = library(lanes, optimise)
    rng = np.random.default_rng(lanes)
    for length in LENGTHS:
        rows = rng.standard_normal((lanes, length)) * 10.0 ** rng.integers(-25, 15, (lanes, 1))
        rows = rows.astype(np.float32)
        fft = pack(tables.fft(length))
        out = np.empty((lanes, length // 2 + 1), dtype=np.float32)
        with ieee_floats(core):
            core.spectra(ctypes.c_void_p(fft.address), pointer(rows), pointer(out))
        assert np.array_equal(out.view(np.uint32), power(rows).view(np.uint32)), length


@pytest.mark.parametrize("lanes", [1, 8, 16])
def test_rows_survive_the_way_into_lanes_and_back(lanes: int) -> None:
    core = library(lanes)
    source = np.arange(16 * 60, dtype=np.float32)
    for count in (1, 2, 7, 8, 9, 13, 16, 17, 40, 60):
        for num_rows in {1, lanes // 2 + 1, lanes}:
            # Rows may overlap, and nothing beyond the last is touched.
            stride = 5
            out = np.full((num_rows + 1, count), -1, dtype=np.float32)
            core.round_trip(pointer(source), stride, num_rows, count, pointer(out))
            wanted = [source[i * stride : i * stride + count] for i in range(num_rows)]
            assert np.array_equal(out[:num_rows], wanted)
            assert (out[num_rows] == -1).all()


@pytest.mark.parametrize("length", [0, 2, 24, 8192])
def test_other_lengths_are_refused(length: int) -> None:
    with pytest.raises(DesignError, match=f"FFT length is {length}; expected a power of two"):
        tables.fft(length)


def test_tables_are_the_nearest_floats() -> None:
    for length in LENGTHS[1:]:
        twiddles = np.asarray(dict(tables.fft(length).fields)["twiddles"].values)  # type: ignore[union-attr]
        # The last part: the roots that join the spectra of even and odd samples.
        k = np.arange(1, length // 4)
        roots = np.exp(-2j * np.pi * k / length)
        tail = twiddles[twiddles.size - 2 * k.size :].reshape(-1, 2)
        assert np.abs(tail - np.stack([roots.real, roots.imag], axis=1)).max(initial=0) < 3.1e-8
