"""What is compared: features of random windows, by the core and by others."""

from __future__ import annotations

import sys
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from benchmarks.dsp import audio_peer, spectral_peer

from tinsmith.core.parameters import resolve
from tinsmith.dsp import block, extract
from tinsmith.dsp.block import Block, BlockInput, BlockPlan
from tinsmith.dsp.framing import plan_framing
from tinsmith.dsp.mel import plan_mel

Floats = npt.NDArray[np.float32]
Calls = dict[str, Callable[[], Any]]

# NumPy over all windows and frames at once is what one writes; the same in pieces that fit the
# processor's caches is faster, and shown beside it.
NUMPY = "NumPy/SciPy"
BLOCKED = "NumPy/SciPy in pieces"
LIBROSA = "librosa"
PIECES = (2, 4, 8, 16, 32)
MAX_MEAN_DIFFERENCE = 1e-4
SECOND = BlockInput(16000, 1, (0,), 1 / 16)


@dataclass(frozen=True)
class Case:
    """Features of `count` windows: ours, and variants of others by who they are."""

    name: str
    count: int
    ours: Callable[[], Floats]
    others: dict[str, Calls]
    required: tuple[str, ...]


def spectral(count: int) -> Case:
    """Two seconds of three axes at 62.5 Hz, defaults."""
    return _spectral("spectral", 4 * count, {})


def spectral_low_pass(count: int) -> Case:
    """The same through a low-pass of order 6 at 10 Hz."""
    settings = {"filter_type": "low", "filter_cutoff_hz": 10.0}
    return _spectral("spectral, low-pass", 4 * count, settings)


def mfe(count: int) -> Case:
    """One second of sound at 16 kHz, defaults."""
    windows = _sound(count)
    audio = {kind: _audio("mfe", kind) for kind in ("float32", "float64")}

    def peer(values: Any) -> Any:
        return audio_peer.mfe(values, audio[values.dtype.name])

    return _case("MFE", windows, _plan("mfe", SECOND), _numpy_calls(peer, windows))


def mfcc(count: int) -> Case:
    """One second of sound at 16 kHz, defaults."""
    windows = _sound(count)
    audio = {kind: _audio("mfcc", kind) for kind in ("float32", "float64")}

    def peer(values: Any) -> Any:
        return audio_peer.mfcc(values, audio[values.dtype.name])

    return _case("MFCC", windows, _plan("mfcc", SECOND), _numpy_calls(peer, windows))


def mfcc_plain(count: int) -> Case:
    """The same without normalisation over time, which librosa does not have."""
    windows = _sound(count)
    plan = _plan("mfcc", SECOND, {"win_size": 0})

    def ours() -> Floats:
        return extract(*plan, windows, threads=1)

    return Case("MFCC, plain", count, ours, {LIBROSA: _librosa_calls(windows)}, (LIBROSA,))


CASES = (spectral, spectral_low_pass, mfe, mfcc, mfcc_plain)


def _spectral(name: str, count: int, settings: dict[str, Any]) -> Case:
    windows = np.random.default_rng(1).standard_normal((count, 375)).astype(np.float32)
    plan = _plan("spectral_analysis", BlockInput(125, 3, (0, 1, 2), 16.0), settings)

    def peer(block_values: int) -> Callable[[], Any]:
        cutoff = settings.get("filter_cutoff_hz", 0.0)
        return lambda: spectral_peer.spectral_features(
            windows, 3, 62.5, low_pass_hz=cutoff, block_values=block_values
        )

    pieces = {f"float32, {size} windows": peer(375 * size) for size in (64, 256, 1024)}
    others = {NUMPY: {"float32, all windows": peer(windows.size)}, BLOCKED: pieces}
    return _case(name, windows, plan, others)


def _case(
    name: str, windows: Floats, plan: tuple[Block, BlockPlan], others: dict[str, Calls]
) -> Case:
    few = windows[:16]
    _check_same(name, extract(*plan, few), next(iter(others[NUMPY].values()))()[:16])
    required = tuple(who for who in others if who != BLOCKED)
    return Case(name, len(windows), lambda: extract(*plan, windows, threads=1), others, required)


def _check_same(name: str, ours: Floats, theirs: Any) -> None:
    # On average: where a bin is nearly empty, its logarithm magnifies the rounding of the FFT.
    difference = float(np.abs(ours - theirs).mean())
    if not difference <= MAX_MEAN_DIFFERENCE:
        sys.exit(f"{name}: the two implementations differ by {difference} on average")


def _numpy_calls(peer: Callable[[Any], Any], windows: Floats) -> dict[str, Calls]:
    # Conversion to float64 is outside the measurement.
    inputs = {kind: windows.astype(kind) for kind in ("float32", "float64")}
    whole = {
        f"{kind}, all windows": _in_pieces(peer, values, len(values))
        for kind, values in inputs.items()
    }
    pieces = {
        f"{kind}, {size} windows": _in_pieces(peer, values, size)
        for kind, values in inputs.items()
        for size in PIECES
    }
    return {NUMPY: whole, BLOCKED: pieces}


def _in_pieces(function: Callable[[Any], Any], values: Any, size: int) -> Callable[[], Any]:
    def call() -> Any:
        parts = [function(values[i : i + size]) for i in range(0, len(values), size)]
        return np.concatenate(parts) if len(parts) > 1 else parts[0]

    return call


def _librosa_calls(windows: Floats) -> Calls:
    import librosa

    def call(values: Any) -> Any:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return librosa.feature.mfcc(
                y=librosa.effects.preemphasis(values, coef=0.98),
                sr=16000,
                n_mfcc=13,
                n_mels=32,
                n_fft=256,
                hop_length=320,
                center=False,
                htk=True,
            )

    scaled = windows / np.float32(32768)
    return {
        f"float32, {size or 'all'} windows": _in_pieces(call, scaled, size or len(scaled))
        for size in (1, 4, 16, 64, 0)
    }


def _sound(count: int) -> Floats:
    rng = np.random.default_rng(2)
    return np.round(rng.standard_normal((count, 16000), dtype=np.float32) * 3000)


def _plan(
    name: str, window: BlockInput, settings: dict[str, Any] | None = None
) -> tuple[Block, BlockPlan]:
    item = block(name)
    return item, item.plan(window, resolve(item.parameters, settings or {}, where=name))


def _audio(name: str, kind: str) -> audio_peer.Audio:
    settings = resolve(block(name).parameters, {}, where=name)
    fft_length = settings["fft_length"]
    framing = plan_framing(
        SECOND, settings["frame_length_s"], settings["frame_stride_s"], fft_length
    )
    mel = plan_mel(settings, fft_length, SECOND.sample_rate_hz).weights.T
    return audio_peer.Audio(
        framing.length,
        framing.stride,
        framing.count,
        fft_length,
        np.ascontiguousarray(mel.astype(kind)),
        settings.get("num_cepstral", 0),
        settings.get("win_size", 0),
    )
