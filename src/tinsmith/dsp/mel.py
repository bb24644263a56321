"""Mel filterbank: triangles over the bins of a power spectrum, evenly spaced in perceived pitch."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from tinsmith.core.cvalue import Array, Struct
from tinsmith.core.errors import DesignError
from tinsmith.core.parameters import Parameter, Settings


@dataclass(frozen=True)
class MelBank:
    """Filters over bins.

    Args:
        weights: float64 [filters, bins], peak 1.
        spans: Per filter, its first bin with a weight and the number of bins up to its last.
    """

    weights: npt.NDArray[np.float64]
    spans: tuple[tuple[int, int], ...]

    def struct(self, scale: float) -> Struct:
        """The `tin_mel` of C, with every weight multiplied by `scale`."""
        rows = zip(self.weights, self.spans, strict=True)
        packed = [row[first : first + count] for row, (first, count) in rows]
        return Struct(
            "tin_mel",
            (
                ("num_filters", len(self.spans)),
                ("spans", Array.i32(self.spans)),
                ("weights", Array.f32(np.concatenate(packed) * scale)),
            ),
        )


def mel_parameters(*, num_filters: int) -> tuple[Parameter, ...]:
    """Number of filters and their range, with a block's default."""
    return (
        Parameter(
            name="num_filters",
            type="int",
            default=num_filters,
            title="Filters",
            help="Bands the spectrum is summed into, narrow at low and wide at high frequencies "
            "as in hearing. More bands keep more detail and make a larger model.",
            minimum=2,
            maximum=256,
            group="Mel filterbank",
            search=(20, 32, 40),
        ),
        Parameter(
            name="low_frequency_hz",
            type="float",
            default=0.0,
            title="Lowest frequency",
            help="Lower end of the first band. Raise it to ignore rumble and hum.",
            unit="Hz",
            minimum=0.0,
            maximum=1e6,
            group="Mel filterbank",
            search=(0.0, 80.0, 300.0),
        ),
        Parameter(
            name="high_frequency_hz",
            type="float",
            default=0.0,
            title="Highest frequency",
            help="Upper end of the last band; 0 means half the sample rate, the highest frequency "
            "a recording can hold.",
            unit="Hz",
            minimum=0.0,
            maximum=1e6,
            group="Mel filterbank",
        ),
    )


def plan_mel(settings: Settings, fft_length: int, sample_rate_hz: float) -> MelBank:
    """The filterbank of a block's settings.

    mel(f) = 1127 ln(1 + f / 700). Filter edges are evenly spaced in mel and moved down to a bin,
    floor((fft_length + 1) * f / sample_rate).

    Raises:
        DesignError: The range is empty or reaches above half the sample rate, or a filter has no
            bin to itself.
    """
    low, high = settings["low_frequency_hz"], settings["high_frequency_hz"]
    nyquist = sample_rate_hz / 2
    if high > nyquist:
        raise DesignError(
            f"high_frequency_hz is {high:g} Hz, above half the sample rate ({nyquist:g} Hz)",
            hint=f"set it to {nyquist:g} or less; 0 means {nyquist:g}",
        )
    top = high or nyquist
    if low >= top:
        raise DesignError(
            f"low_frequency_hz is {low:g} Hz; expected less than the upper end, {top:g} Hz",
            hint="lower low_frequency_hz or raise high_frequency_hz",
        )
    edges = _edges(settings["num_filters"], fft_length, sample_rate_hz, (low, top))
    return _bank(edges, fft_length // 2 + 1)


def _edges(
    num_filters: int, fft_length: int, sample_rate_hz: float, limits: tuple[float, float]
) -> list[int]:
    bottom, top = (1127.0 * math.log1p(limit / 700.0) for limit in limits)
    step = (top - bottom) / (num_filters + 1)
    hertz = [700.0 * math.expm1((bottom + step * i) / 1127.0) for i in range(num_filters + 2)]
    # The last edge is a hair lower, so that rounding cannot lift it to the next bin.
    hertz[-1] -= 0.001
    return [math.floor((fft_length + 1) * f / sample_rate_hz) for f in hertz]


def _bank(edges: list[int], num_bins: int) -> MelBank:
    bins = np.arange(num_bins)
    rows: list[npt.NDArray[np.float64]] = []
    spans: list[tuple[int, int]] = []
    for left, middle, right in zip(edges, edges[1:], edges[2:], strict=False):
        row = _triangle(bins, left, middle, right)
        used = np.flatnonzero(row)
        if used.size == 0:
            raise DesignError(
                f"filter {len(rows) + 1} of {len(edges) - 2} has no bin of the spectrum "
                f"({num_bins} bins): the bands are narrower than the bins",
                hint=f"set num_filters to {num_bins // 4} or less, raise fft_length, "
                "or widen the frequency range",
            )
        rows.append(row)
        spans.append((int(used[0]), int(used[-1] - used[0] + 1)))
    return MelBank(np.stack(rows), tuple(spans))


def _triangle(
    bins: npt.NDArray[np.int64], left: int, middle: int, right: int
) -> npt.NDArray[np.float64]:
    row = np.zeros(bins.size)
    rising = (bins > left) & (bins <= middle)
    falling = (bins >= middle) & (bins < right)
    row[rising] = (bins[rising] - left) / max(middle - left, 1)
    row[falling] = (right - bins[falling]) / max(right - middle, 1)
    return row
