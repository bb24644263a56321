"""How the tests of blocks run them: through the product, and in builds of other compilers."""

from __future__ import annotations

import ctypes
import functools
import re
import shutil
import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from tinsmith.core.cvalue import define, pack
from tinsmith.core.hashing import digest
from tinsmith.core.parameters import resolve
from tinsmith.core.paths import cache_dir, runtime_dir, write_atomic
from tinsmith.dsp import block as find_block
from tinsmith.dsp import extract, scratch_floats
from tinsmith.dsp.block import Block, BlockInput, BlockPlan
from tinsmith.emulation import Layout
from tinsmith.emulation import run as emulate
from tinsmith.toolchain import BuildRequest, Generated, build, target

Floats = npt.NDArray[np.float32]

_GCC_FLAGS = """
    -std=c99 -shared -fPIC -ffreestanding -fno-builtin -fno-math-errno -ffp-contract=off -nostdlib
    -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Wmissing-prototypes -Wstrict-prototypes -Wvla
    -Wdouble-promotion -Wundef -Werror
"""


def plan_block(
    name: str,
    length: int,
    *,
    num_axes: int = 1,
    axes: Sequence[int] | None = None,
    rate_hz: float = 100.0,
    image_size: tuple[int, int] | None = None,
    **settings: Any,
) -> tuple[Block, BlockPlan]:
    """A block configured for windows of `length` values."""
    block = find_block(name)
    seen = BlockInput(
        num_frames=length // num_axes,
        num_axes=num_axes,
        axes=tuple(range(num_axes)) if axes is None else tuple(axes),
        interval_ms=0.0 if image_size else 1000.0 / rate_hz,
        image_size=image_size,
    )
    return block, block.plan(seen, resolve(block.parameters, settings, where="test"))


def run_block(name: str, windows: npt.ArrayLike, **options: Any) -> Floats:
    """Features of windows [n, values], or of one window [values], through the product."""
    rows = np.atleast_2d(np.asarray(windows, dtype=np.float32))
    block, plan = plan_block(name, rows.shape[1], **options)
    features = extract(block, plan, rows, threads=1)
    return features if np.ndim(windows) == 2 else features[0]


@pytest.fixture(scope="session")
def features() -> Callable[..., Floats]:
    """`features(block name, windows, num_axes=, axes=, rate_hz=, **settings)`."""
    return run_block


@pytest.fixture(scope="session")
def plan() -> Callable[..., tuple[Block, BlockPlan]]:
    """`plan(block name, values of a window, num_axes=, axes=, rate_hz=, **settings)`."""
    return plan_block


@pytest.fixture
def everywhere(tmp_path: Path) -> Callable[..., dict[str, Floats]]:
    """`everywhere(block name, windows, **options)`: features by build.

    Builds are the product's, and one-lane ones as devices have them: gcc and clang with and without
    optimisation, WebAssembly, emulated Cortex-M.
    """

    def run(name: str, windows: Floats, **options: Any) -> dict[str, Floats]:
        block, plan = plan_block(name, windows.shape[1], **options)
        results = {"product": extract(block, plan, windows, threads=2)}
        sources = _sources(block, plan, windows.shape[1])
        for optimise in ("-O0", "-O3 -march=native"):
            if shutil.which("gcc"):
                built = _gcc(sources, tmp_path, optimise)
                results[f"gcc {optimise}"] = _call(built, block, plan, windows)
        for where, optimise in (("host", "-O0"), ("wasm32", "-O2"), ("cortex-m4f", "-O2")):
            results[f"{where} {optimise}"] = _emulated(
                sources, block, plan, windows, where, optimise
            )
        return results

    return run


def _sources(block: Block, plan: BlockPlan, length: int) -> tuple[Path | Generated, ...]:
    """The block with its configuration printed as C, behind the entry every impulse has."""
    text = f"""
        #include "tin/{block.stem}.h"
        #include "tin/windows.h"
        {define("config", plan.config)}
        int32_t tin_run_windows(const float *windows, int32_t count, float *features,
                                float *values, void *scratch) {{
            tin_signal signal = {{windows, NULL, NULL, {length}}};
            int32_t status = tin_{block.stem}_init(&config);
            for (int32_t i = 0; i < count && status == 0; i++) {{
                status = tin_{block.stem}_run(&config, &signal, features, scratch);
                signal.data += {length};
                features += {plan.num_features};
                *values++ = 0.0f;
            }}
            return status;
        }}
    """
    core = tuple(runtime_dir() / "src" / name for name in block.sources)
    return (*core, Generated("block_entry.c", text))


def _gcc(sources: Sequence[Path | Generated], folder: Path, optimise: str) -> ctypes.CDLL:
    """The sources as a library, which is kept for as long as nothing it is made of changes."""
    # Without a C library the compiler still calls memcpy and memset, which the process has.
    flags = [*_GCC_FLAGS.split(), *optimise.split(), f"-I{runtime_dir() / 'include'}"]
    paths = []
    for source in sources:
        if isinstance(source, Generated):
            (folder / source.name).write_text(source.text)
            paths.append(folder / source.name)
        else:
            paths.append(source)
    texts = [(path.name, path.read_bytes()) for path in (*paths, *_included(paths))]
    kept = (
        cache_dir() / "gcc" / f"{digest(_gcc_for_this_machine(), _GCC_FLAGS, optimise, texts)}.so"
    )
    if not kept.is_file():
        made = folder / f"{kept.name}.new"
        command = ["gcc", *flags, *map(str, paths), "-o", str(made)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        write_atomic(kept, made.read_bytes())
    return ctypes.CDLL(str(kept))


def _included(paths: Sequence[Path]) -> list[Path]:
    """Headers of the core that the files include, and those that these include."""
    found: set[Path] = set()
    waiting = list(paths)
    while waiting:
        path = waiting.pop()
        for name in re.findall(r'^\s*#\s*include "(.+)"', path.read_text(), re.MULTILINE):
            places = (path.parent / name, runtime_dir() / "include" / name)
            header = next(place for place in places if place.is_file())
            if header not in found:
                found.add(header)
                waiting.append(header)
    return sorted(found)


@functools.cache
def _gcc_for_this_machine() -> str:
    """Version of the compiler and what `-march=native` means."""
    command = ["gcc", "-march=native", "-E", "-v", "-xc", "/dev/null"]
    return subprocess.run(command, capture_output=True, text=True, check=True).stderr


def _call(library: ctypes.CDLL, block: Block, plan: BlockPlan, windows: Floats) -> Floats:
    out = np.zeros((len(windows), plan.num_features), dtype=np.float32)
    values = np.zeros(len(windows), dtype=np.float32)
    size = scratch_floats(block, plan)
    # What lies behind the scratch must stay as it is.
    scratch = np.full(size + 64, np.nan, dtype=np.float32)
    windows = np.ascontiguousarray(windows)
    status = library.tin_run_windows(
        ctypes.c_void_p(windows.ctypes.data),
        ctypes.c_int32(len(windows)),
        ctypes.c_void_p(out.ctypes.data),
        ctypes.c_void_p(values.ctypes.data),
        ctypes.c_void_p(scratch.ctypes.data),
    )
    assert status == 0
    assert np.isnan(scratch[size:]).all()
    return out


def _emulated(
    sources: tuple[Path | Generated, ...],
    block: Block,
    plan: BlockPlan,
    windows: Floats,
    where: str,
    optimise: str,
) -> Floats:
    built = build(
        BuildRequest(
            target=target(where), sources=sources, exports=("tin_run_windows",), optimise=optimise
        )
    )
    layout = Layout(
        window_length=windows.shape[1],
        num_features=plan.num_features,
        num_values=1,
        scratch_bytes=max(16, 4 * scratch_floats(block, plan)),
    )
    return emulate(built, layout, windows, threads=1).features


def assert_same_bits(results: dict[str, Floats]) -> None:
    """Every build computed the same bits, and no NaN."""
    first = results["product"]
    assert np.isfinite(first).all()
    for name, values in results.items():
        assert np.array_equal(values.view(np.uint32), first.view(np.uint32)), name


@pytest.fixture
def configured() -> Callable[[BlockPlan], Any]:
    """`configured(plan)`: the configuration in memory, for calls of the C functions."""
    return lambda plan: pack(plan.config)


@pytest.fixture
def same_bits() -> Callable[[dict[str, Floats]], None]:
    return assert_same_bits


class AudioOracle:
    """The audio blocks' definition in float64 NumPy, written as plainly as it reads."""

    @staticmethod
    def power(
        window: npt.ArrayLike, rate: float, length_s: float, stride_s: float, fft: int, pre: float
    ) -> npt.NDArray[np.float64]:
        """[frames, bins] of |FFT|^2 / fft after circular pre-emphasis."""
        x = np.asarray(window, dtype=np.float64)
        x = x - pre * np.roll(x, 1)
        length, stride = AudioOracle.samples(rate * length_s), AudioOracle.samples(rate * stride_s)
        count = int((len(x) - (length - stride)) / stride)
        frames = [x[i * stride : i * stride + length][:fft] for i in range(count)]
        return np.array([np.abs(np.fft.rfft(frame, fft)) ** 2 / fft for frame in frames])

    @staticmethod
    def samples(value: float) -> int:
        return int(value) if value - int(value) < 0.001 else int(value) + 1

    @staticmethod
    def mel(rate: float, fft: int, filters: int, low: float, high: float) -> Any:
        """[filters, bins] triangles."""
        ends = 1127 * np.log(1 + np.array([low, high or rate / 2]) / 700)
        hertz = 700 * (np.exp(np.linspace(ends[0], ends[1], filters + 2) / 1127) - 1)
        hertz[-1] -= 0.001
        edges = np.floor((fft + 1) * hertz / rate).astype(int)
        bank = np.zeros((filters, fft // 2 + 1))
        for i, (left, middle, right) in enumerate(zip(edges, edges[1:], edges[2:], strict=False)):
            for k in range(left, right + 1):
                if left < k <= middle:
                    bank[i, k] = (k - left) / (middle - left)
                if middle <= k < right:
                    bank[i, k] = (right - k) / (right - middle)
        return bank


@pytest.fixture(scope="session")
def audio() -> type[AudioOracle]:
    return AudioOracle


@pytest.fixture(scope="session")
def g3() -> Floats:
    """One second of two tones and noise at 16 kHz, for which reference values are known."""
    k = np.arange(16000)
    tones = 8000 * np.sin(2 * np.pi * 440 * k / 16000) + 3000 * np.sin(2 * np.pi * 3000 * k / 16000)
    signal: Floats = np.round(tones + 0.5 * ((7919 * k % 2001) - 1000)).astype(np.float32)
    return signal
