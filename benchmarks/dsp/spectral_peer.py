"""Spectral features in vectorised NumPy and SciPy: the peer the C core is measured against.

All windows of a block go through each step at once, in float32, with SciPy's pocketfft; blocks are
small enough for the processor's cache, which is faster than all windows in one go.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import scipy.fft
import scipy.signal

Floats = npt.NDArray[np.float32]

_BLOCK_VALUES = 100_000


def spectral_features(
    windows: Floats,
    num_axes: int,
    rate_hz: float,
    *,
    fft_length: int = 16,
    low_pass_hz: float = 0.0,
    order: int = 6,
    block_values: int = _BLOCK_VALUES,
) -> Floats:
    """Version 4 of spectral analysis with overlapping frames and logarithm.

    Args:
        windows: float32 [n, frames * num_axes], frames interleaved.
        num_axes: Values of a frame.
        rate_hz: Sampling rate.
        fft_length: Values of an FFT frame.
        low_pass_hz: Cutoff of a Butterworth low-pass; 0: none.
        order: Of that filter.
        block_values: Input values handled at once.

    Returns:
        float32 [n, num_axes * (5 + bins)].
    """
    size = max(1, block_values // windows.shape[1])
    sections = None
    last = fft_length // 2
    if low_pass_hz:
        sections = scipy.signal.butter(order, low_pass_hz * 2 / rate_hz, output="sos")
        sections = sections.astype(np.float32)
        last = int(low_pass_hz * fft_length / rate_hz + 0.5)
    parts = [
        _features(windows[first : first + size], num_axes, fft_length, last, sections)
        for first in range(0, len(windows), size)
    ]
    return np.concatenate(parts)


def _features(
    windows: Floats, num_axes: int, fft_length: int, last: int, sections: Floats | None
) -> Floats:
    frames = windows.shape[1] // num_axes
    x = windows.reshape(len(windows), frames, num_axes).transpose(0, 2, 1)
    x = np.ascontiguousarray(x) if sections is None else scipy.signal.sosfilt(sections, x, axis=2)
    x = x - x.mean(axis=2, keepdims=True)
    power = _max_hold(x, fft_length)
    spectrum = power - power.mean(axis=2, keepdims=True)
    rms, skewness, kurtosis = _moments(x)
    _, power_skewness, power_kurtosis = _moments(spectrum)
    kept = power[:, :, 1 : last + 1]
    logs = np.log10(np.where(kept == 0, np.float32(1e-10), kept))
    statistics = np.stack([rms, skewness, kurtosis, power_skewness, power_kurtosis], axis=2)
    return np.concatenate([statistics, logs], axis=2).reshape(len(windows), -1)


def _moments(centred: Floats) -> tuple[Floats, Floats, Floats]:
    square = centred * centred
    variance = square.mean(axis=2)
    deviation = np.sqrt(variance)
    third = np.einsum("nac,nac->na", square, centred) / centred.shape[2]
    fourth = np.einsum("nac,nac->na", square, square) / centred.shape[2]
    return deviation, third / (variance * deviation), fourth / (variance * variance) - 3


def _max_hold(x: Floats, fft_length: int) -> Floats:
    step = fft_length // 2
    count = -(-x.shape[2] // step)
    padded = np.zeros((*x.shape[:2], (count - 1) * step + fft_length), dtype=np.float32)
    padded[:, :, : x.shape[2]] = x
    frames = np.lib.stride_tricks.sliding_window_view(padded, fft_length, axis=2)[:, :, ::step]
    spectra = scipy.fft.rfft(frames, axis=3, workers=1)
    largest = (spectra.real**2 + spectra.imag**2).max(axis=2)
    return largest * np.float32(1 / fft_length)
