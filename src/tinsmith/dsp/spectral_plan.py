"""Planning of the spectral block: checks, bins and labels, and the C configuration."""

from __future__ import annotations

import math
from dataclasses import dataclass

from tinsmith.core.cvalue import Array, Struct, Value
from tinsmith.core.errors import DesignError
from tinsmith.core.parameters import Settings
from tinsmith.core.shapes import FeatureShape
from tinsmith.dsp import filters, tables
from tinsmith.dsp.block import BlockInput, BlockPlan
from tinsmith.dsp.series import finite_scale, window_fields

# Decimation ratios and the stages they are made of.
RATIOS = {1: (), 3: (3,), 10: (10,), 30: (3, 10), 100: (10, 10), 1000: (10, 10, 10)}
_LOW_BAND_RATIO = 10
# Share of the Nyquist frequency after decimation that a cutoff may reach.
_USABLE_BAND = 0.9
# A wavelet component needs this many values times 2^level.
_VALUES_PER_LEVEL = 32

WAVELETS = (
    *(f"bior{number}" for number in ("1.3", "1.5", "2.2", "2.4", "2.6", "2.8", "3.1", "3.3", "3.5",
                                     "3.7", "3.9", "4.4", "5.5", "6.8")),
    "coif1", "coif2", "coif3",
    *(f"db{number}" for number in range(2, 11)),
    "haar",
    *(f"rbio{number}" for number in ("1.3", "1.5", "2.2", "2.4", "2.6", "2.8", "3.1", "3.3", "3.5",
                                     "3.7", "3.9", "4.4", "5.5", "6.8")),
    *(f"sym{number}" for number in range(2, 11)),
)  # fmt: skip

_STATISTICS = ("RMS", "Skewness", "Kurtosis", "Spectral Skewness", "Spectral Kurtosis")
_COMPONENT = ("entropy", "zcross", "mcross", "n5", "n25", "n75", "n95", "median", "mean", "std",
              "var", "rms", "skew", "kurtosis")  # fmt: skip


@dataclass(frozen=True)
class _Analysis:
    """What follows the filter: part of the configuration, labels of one axis, warnings.

    `groups`: sizes of the runs of labels that come for every axis before the next run starts.
    """

    fields: tuple[tuple[str, Value], ...]
    labels: tuple[str, ...]
    groups: tuple[int, ...] = ()
    warnings: tuple[str, ...] = ()


def plan_spectral(seen: BlockInput, settings: Settings) -> BlockPlan:
    """Configures the block for a window.

    Raises:
        DesignError: A cutoff beyond the usable band, an FFT length that is no power of two, no bin
            left by the filter, too few values for the wavelet level or the extra low frequencies.
    """
    window = window_fields(seen)
    ratio = int(settings["input_decimation_ratio"])
    rate_hz = seen.sample_rate_hz / ratio
    count = _decimated(seen.num_frames, RATIOS[ratio])
    _check_cutoff(settings, rate_hz, ratio)
    if settings["analysis_type"] == "Wavelet":
        analysis = _wavelet(settings, rate_hz, count)
    else:
        analysis = _spectrum(settings, rate_hz, count)
    config = Struct(
        "tin_spectral_config",
        (
            *window,
            ("scale", finite_scale(settings["scale_axes"])),
            *_filter_fields(settings, rate_hz, RATIOS[ratio]),
            *analysis.fields,
        ),
    )
    width = len(analysis.labels) * len(seen.axes)
    return BlockPlan(
        config,
        FeatureShape("flat", (width,)),
        analysis.labels,
        analysis.warnings,
        analysis.groups,
    )


def _decimated(count: int, ratios: tuple[int, ...]) -> int:
    for ratio in ratios:
        count = -(-count // ratio)
    return count


def _check_cutoff(settings: Settings, rate_hz: float, ratio: int) -> None:
    if settings["filter_type"] == "none":
        return
    cutoff, nyquist = settings["filter_cutoff_hz"], rate_hz / 2
    after = f" after decimation by {ratio}" if ratio > 1 else ""
    if cutoff >= nyquist:
        raise DesignError(
            f"filter_cutoff_hz is {cutoff:g} Hz; expected less than {nyquist:g} Hz, half the "
            f"sampling rate{after}",
            hint="lower the cutoff" + (" or the decimation ratio" if ratio > 1 else ""),
        )
    if ratio > 1 and cutoff > _USABLE_BAND * nyquist:
        raise DesignError(
            f"filter_cutoff_hz is {cutoff:g} Hz; expected at most {_USABLE_BAND * nyquist:g} Hz, "
            f"the band that decimation by {ratio} leaves intact",
            hint="lower the decimation ratio or the cutoff",
        )
    if settings["filter_order"] % 2:
        raise DesignError(
            f"filter_order is {settings['filter_order']}; expected an even number from 0 to 8"
        )


def _filter_fields(
    settings: Settings, rate_hz: float, ratios: tuple[int, ...]
) -> tuple[tuple[str, Value], ...]:
    tenth = 10 in ratios or _has_low_bands(settings)
    kind, order = settings["filter_type"], int(settings["filter_order"])
    designed = filters.NO_FILTER
    if kind != "none" and order > 0:
        designed = filters.butterworth(
            order, settings["filter_cutoff_hz"], rate_hz, high_pass=kind == "high"
        )
    return (
        ("ratios", Array.i32(ratios)),
        ("num_ratios", len(ratios)),
        ("third", filters.anti_aliasing(3) if 3 in ratios else filters.NO_FILTER),
        ("tenth", filters.anti_aliasing(10) if tenth else filters.NO_FILTER),
        ("filter", designed),
    )


def _has_low_bands(settings: Settings) -> bool:
    return bool(settings["extra_low_freq"]) and settings["analysis_type"] == "FFT"


def _spectrum(settings: Settings, rate_hz: float, count: int) -> _Analysis:
    length = int(settings["fft_length"])
    if length & (length - 1):
        raise DesignError(
            f"fft_length is {length}; expected a power of two",
            hint=f"use {1 << (length.bit_length() - 1)} or {1 << length.bit_length()}",
        )
    low_bands = _has_low_bands(settings)
    bins = _bins(settings, length, rate_hz)
    low_bins = _bins(settings, length, rate_hz / _LOW_BAND_RATIO) if low_bands else range(1, 2)
    if low_bands and _decimated(count, (_LOW_BAND_RATIO,)) < length // 2:
        raise DesignError(
            f"extra_low_freq has {_decimated(count, (_LOW_BAND_RATIO,))} values at a tenth of the "
            f"rate; expected at least {length // 2}, half of fft_length",
            hint="make the window longer, or turn extra_low_freq off or fft_length down",
        )
    labels = (*_STATISTICS, *_bin_labels(bins, rate_hz / length))
    groups: tuple[int, ...] = ()
    if low_bands:
        spacing = rate_hz / _LOW_BAND_RATIO / length
        low = (*(f"{name} LF" for name in _STATISTICS), *_bin_labels(low_bins, spacing))
        groups = (len(labels), len(low))
        labels += low
    step = length // 2 if settings["do_fft_overlap"] else length
    fields: tuple[tuple[str, Value], ...] = (
        ("use_wavelet", 0),
        ("wavelet", _wavelet_struct([], [], 0)),
        ("welch", Struct("tin_welch", (("fft", tables.fft(length)), ("step", step)))),
        ("bins", _bins_struct(bins)),
        ("use_log", int(settings["do_log"])),
        ("use_low_bands", int(low_bands)),
        ("low_bins", _bins_struct(low_bins)),
    )
    return _Analysis(fields, labels, groups, _short_window(count, length))


def _short_window(count: int, length: int) -> tuple[str, ...]:
    if count >= length:
        return ()
    return (
        f"the window has {count} values per axis, fewer than fft_length {length}: the rest is "
        "filled with zeros and the spectrum is no finer than that of a shorter FFT",
    )


def _bins(settings: Settings, length: int, rate_hz: float) -> range:
    """Bins to keep: up to, or from, the one the cutoff lies in; never bin 0."""
    kind = settings["filter_type"]
    cutoff = min(settings["filter_cutoff_hz"], rate_hz / 2)
    position = cutoff * length / rate_hz
    first, last = 1, length // 2
    if kind == "low":
        last = int(position + 0.5)
    elif kind == "high":
        first = max(1, int(position - 0.5) + 1)
    if first > last:
        raise DesignError(
            f"a {kind}-pass at {cutoff:g} Hz leaves no frequency bin: they are "
            f"{rate_hz / length:g} Hz apart",
            hint="raise the cutoff or fft_length",
        )
    return range(first, last + 1)


def _bin_labels(bins: range, spacing_hz: float) -> tuple[str, ...]:
    return tuple(
        f"Spectral Power {_hertz((k - 0.5) * spacing_hz)} - {_hertz((k + 0.5) * spacing_hz)} Hz"
        for k in bins
    )


def _hertz(value: float) -> str:
    return f"{value:.2f}".rstrip("0").rstrip(".")


def _bins_struct(bins: range) -> Struct:
    return Struct("tin_spectral_bins", (("first", bins.start), ("last", bins.stop - 1)))


def _wavelet(settings: Settings, rate_hz: float, count: int) -> _Analysis:
    import pywt

    level = int(settings["wavelet_level"])
    needed = _VALUES_PER_LEVEL << level
    if count < needed:
        fitting = (count // _VALUES_PER_LEVEL).bit_length() - 1
        raise DesignError(
            f"wavelet_level {level} needs {needed} values per axis; the window has {count}",
            hint=f"make the window at least {math.ceil(needed / rate_hz * 1000)} ms long"
            + (f" or use level {fitting}" if fitting > 0 else ""),
        )
    wavelet = pywt.Wavelet(settings["wavelet"])
    fields: tuple[tuple[str, Value], ...] = (
        ("use_wavelet", 1),
        ("wavelet", _wavelet_struct(wavelet.dec_lo, wavelet.dec_hi, level)),
        ("welch", Struct("tin_welch", (("fft", _NO_FFT), ("step", 0)))),
        ("bins", _bins_struct(range(0, 0))),
        ("use_log", 0),
        ("use_low_bands", 0),
        ("low_bins", _bins_struct(range(0, 0))),
    )
    labels = tuple(f"L{index}-{name}" for index in range(level + 1) for name in _COMPONENT)
    return _Analysis(fields, labels)


_NO_FFT = Struct("tin_fft", (("length", 0), ("twiddles", Array.f32([]))))


def _wavelet_struct(low: list[float], high: list[float], levels: int) -> Struct:
    return Struct(
        "tin_wavelet",
        (
            ("low", Array.f32(low)),
            ("high", Array.f32(high)),
            ("num_taps", len(low)),
            ("levels", levels),
        ),
    )
