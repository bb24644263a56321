"""One program, the same bits wherever it runs; and every way a build can be wrong."""

from __future__ import annotations

import numpy as np
import pytest

from tinsmith.core.errors import DatasetError, DesignError, InternalError, VerificationError
from tinsmith.emulation import Layout, run

TARGETS = [
    "wasm32",
    "linux-x86_64",
    "cortex-m0plus",
    "cortex-m3",
    "cortex-m4f",
    "cortex-m7f",
    "cortex-m33",
    "rv32imc",
    "aarch64",
]

# Filters, a division, a square root by iteration, branches and integer work of several widths.
PROGRAM = """
#define LENGTH 64
static NOINLINE void filter(const float *x, float *y, float *s) {
    for (int i = 0; i < LENGTH; i++) s[i] = x[i];
    for (int i = 0; i < LENGTH - 7; i++) {
        float sum = 0.0f;
        for (int j = 0; j < 8; j++) sum += s[i + j] * (0.1f * (float)j - 0.3f);
        y[i] = sum;
    }
}
static NOINLINE float root(float x) {
    float guess = x > 1.0f ? x : 1.0f;
    for (int i = 0; i < 40; i++) guess = 0.5f * (guess + x / guess);
    return guess;
}
static NOINLINE int32_t walk(const float *x) {
    int32_t n = 0;
    for (int i = 0; i < LENGTH; i++) {
        int32_t v = (int32_t)(x[i] * 100.0f);
        if (v > 0) n += v; else if (v < -50) n -= 3; else n ^= v;
        n = n < -1000 ? -1000 : n;
    }
    return n;
}
ENTRY {
    float *s = scratch;
    for (int32_t k = 0; k < count; k++) {
        const float *x = windows + LENGTH * k;
        float *y = features + (LENGTH - 7) * k;
        float energy = 0.0f;
        filter(x, y, s);
        for (int i = 0; i < LENGTH - 7; i++) energy += y[i] * y[i];
        int32_t n = walk(x);
        int64_t wide = (int64_t)n * 1234567891;
        values[3 * k] = root(energy);
        values[3 * k + 1] = (float)(n / 7) * 1e-40f;
        values[3 * k + 2] = (float)(wide / 1000003) + (float)(uint32_t)wide;
    }
    return 0;
}
"""
LAYOUT = Layout(window_length=64, num_features=57, num_values=3, scratch_bytes=256)


def some_windows(count: int) -> np.ndarray:
    return np.random.default_rng(1).normal(size=(count, 64)).astype(np.float32)


@pytest.mark.parametrize("name", TARGETS)
def test_every_target_computes_the_same_bits_as_the_host(make_build, name: str) -> None:
    windows = some_windows(40)
    host = run(make_build("host", PROGRAM), LAYOUT, windows)
    other = run(make_build(name, PROGRAM), LAYOUT, windows)
    assert other.target == name
    assert host.features.shape == (40, 57)
    assert host.values.shape == (40, 3)
    assert other.features.tobytes() == host.features.tobytes()
    assert other.values.tobytes() == host.values.tobytes()
    assert 0 < abs(host.values[0, 1]) < np.finfo(np.float32).tiny  # denormals are among them


@pytest.mark.parametrize("name", ["host", "wasm32", "cortex-m4f"])
def test_results_are_right_and_do_not_depend_on_threads(make_build, name: str) -> None:
    windows = some_windows(90)
    made = make_build(name, PROGRAM)
    reports = [run(made, LAYOUT, windows, threads=threads) for threads in (1, 2, 3)]
    taps = np.float32(0.1) * np.arange(8, dtype=np.float32) - np.float32(0.3)
    expected = np.stack([np.correlate(window, taps, mode="valid") for window in windows])
    np.testing.assert_allclose(reports[0].features, expected, rtol=1e-4, atol=1e-5)
    energy = np.sum(expected.astype(np.float64) ** 2, axis=1)
    np.testing.assert_allclose(reports[0].values[:, 0], np.sqrt(energy), rtol=1e-4)
    for report in reports[1:]:
        assert report.features.tobytes() == reports[0].features.tobytes()
        assert report.values.tobytes() == reports[0].values.tobytes()


def test_only_cortex_m_has_costs(make_build) -> None:
    report = run(make_build("host", PROGRAM), LAYOUT, some_windows(1))
    assert report.trace == ()
    assert report.instructions is report.stack_bytes is report.flash_bytes is None
    assert report.static_ram_bytes is None
    assert report.summary()["target"] == "host"


EVERYWHERE = pytest.mark.parametrize("name", ["host", "wasm32", "cortex-m4f"])
SIMPLE = Layout(window_length=4, num_features=2, num_values=1, scratch_bytes=64)
COPY = """
ENTRY {
    for (int32_t k = 0; k < count; k++) {
        if (windows[4 * k] < 0.0f) return -2;
        features[2 * k] = windows[4 * k];
        features[2 * k + 1] = windows[4 * k + 3];
        values[k] = windows[4 * k + 1];
    }
    ((char *)scratch)[0] = 1;
    return 0;
}
"""


def ramp(count: int) -> np.ndarray:
    return np.arange(4 * count, dtype=np.float32).reshape(count, 4)


@EVERYWHERE
def test_one_and_many_windows_land_in_their_rows(make_build, name: str) -> None:
    made = make_build(name, COPY)
    for count in (1, 2, 131):
        report = run(made, SIMPLE, ramp(count))
        assert (report.features == ramp(count)[:, [0, 3]]).all()
        assert (report.values == ramp(count)[:, [1]]).all()


@EVERYWHERE
def test_windows_need_not_be_contiguous(make_build, name: str) -> None:
    wide = np.arange(80, dtype=np.float32).reshape(10, 8)
    report = run(make_build(name, COPY), SIMPLE, wide[::2, ::2])
    assert (report.features == wide[::2, ::2][:, [0, 3]]).all()


@EVERYWHERE
def test_a_status_names_the_window(make_build, name: str) -> None:
    windows = ramp(100)
    windows[77, 0] = -1.0
    with pytest.raises(VerificationError, match=r"status -2 .*wrong length.* for window 77"):
        run(make_build(name, COPY), SIMPLE, windows, threads=1)


@EVERYWHERE
@pytest.mark.parametrize("buffer", ["features", "values", "scratch"])
def test_writing_past_a_buffer_is_found(make_build, name: str, buffer: str) -> None:
    sizes = {"features": 2, "values": 1, "scratch": 16}
    # Far enough to be past the end however many windows one call has.
    overrun = COPY.replace(
        "return 0;", f"((float *){buffer})[{sizes[buffer]} * CAPACITY + 3] = 1.0f; return 0;"
    )
    capacity = {"host": 1, "wasm32": 1, "cortex-m4f": 2}[name] if buffer != "scratch" else 1
    made = make_build(name, overrun.replace("CAPACITY", str(capacity)))
    with pytest.raises(VerificationError, match=rf"past the \d+ bytes of its {buffer}"):
        run(made, SIMPLE, ramp(1))


@EVERYWHERE
def test_a_result_left_unwritten_is_found(make_build, name: str) -> None:
    made = make_build(name, COPY)
    layout = Layout(window_length=4, num_features=2, num_values=2, scratch_bytes=64)
    with pytest.raises(VerificationError, match=r"wrote no values\[1\]"):
        run(made, layout, ramp(1))


@EVERYWHERE
def test_a_canonical_nan_is_a_result(make_build, name: str) -> None:
    text = COPY.replace("values[k] = windows[4 * k + 1]", 'values[k] = __builtin_nanf("")')
    report = run(make_build(name, text), SIMPLE, ramp(1))
    assert report.values.view(np.uint32)[0, 0] == 0x7FC00000


def test_impulses_without_features_or_values_run(make_build) -> None:
    unused = "".join(
        f"(void){name};" for name in ("windows", "count", "features", "values", "scratch")
    )
    text = f"ENTRY {{ {unused} return 0; }}"
    layout = Layout(window_length=1, num_features=0, num_values=0, scratch_bytes=0)
    for name in ("host", "wasm32", "cortex-m4f"):
        report = run(make_build(name, text), layout, np.zeros((3, 1), np.float32))
        assert report.features.shape == (3, 0)
        assert report.values.shape == (3, 0)


def test_windows_that_do_not_fit_are_refused(make_build) -> None:
    made = make_build("host", COPY)
    with pytest.raises(DesignError, match="windows have 5 values; the impulse takes 4"):
        run(made, SIMPLE, np.zeros((2, 5), np.float32))
    with pytest.raises(DatasetError, match="no window"):
        run(made, SIMPLE, np.zeros((0, 4), np.float32))
    with pytest.raises(InternalError, match="float64"):
        run(made, SIMPLE, np.zeros((2, 4)))
    with pytest.raises(InternalError, match="size that no impulse has"):
        run(made, Layout(0, 1, 1, 1), np.zeros((2, 0), np.float32))
