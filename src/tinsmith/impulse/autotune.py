"""Settings of a processing block that suit the data, each with the measurement behind it.

The statistics are simple and the same for the same data:

- Spectrum: of up to 200 windows spread evenly over up to 64 samples, each axis without its mean,
  under a Hann window; power averaged, every axis counting the same.
- f50, f95, f99: frequencies below which 50, 95 and 99 % of that power lie (the mean excluded).
- Levels of sound: decibels of the cells the block itself computes with its lowest noise floor.
- Colour: mean distance of the colour channels of a pixel from their mean.

Nothing here enters a feature; it only proposes settings.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from tinsmith.core.errors import DesignError
from tinsmith.datasets.sample import Sample
from tinsmith.dsp import block as find_block
from tinsmith.impulse.cache import FloatArray
from tinsmith.impulse.design import (
    ImageInput,
    Impulse,
    LearningBlock,
    ProcessingBlock,
    TimeSeriesInput,
)
from tinsmith.impulse.features import cut_windows, extract_features, window_format
from tinsmith.impulse.fitted import PlannedBlock, WindowFormat, plan_block

Doubles = npt.NDArray[np.float64]

_SAMPLES = 64
_WINDOWS = 200
_LONG_WINDOW_MS = 2000.0
_MOST_FRAMES = 100
# Fewer values than this have no spectrum worth the name.
_FEWEST_VALUES = 16
_TOP_DB = 12
_FILTERS = (40, 32, 24, 20, 16, 12, 8, 4)
# Level against the loudest frequency below which a band counts as empty.
_EMPTY_DB = -80.0
# Mean distance of channels (0 to 1) below which pictures are as good as grey.
_GREY = 0.02


@dataclass(frozen=True)
class Proposal:
    """A value for one parameter, and why."""

    parameter: str
    value: Any
    reason: str

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return asdict(self)


@dataclass(frozen=True)
class _Seen:
    """What proposals are made from: windows, and the block they are for."""

    block: str
    design: ProcessingBlock
    window: WindowFormat
    values: FloatArray

    @property
    def rate_hz(self) -> float:
        return 1000 / self.window.interval_ms

    def fits(self, settings: dict[str, Any]) -> PlannedBlock | None:
        """The block with these settings, if it can be planned."""
        try:
            return plan_block(self.design.model_copy(update={"parameters": settings}), self.window)
        except DesignError:
            return None


def autotune(
    block: str,
    samples: Sequence[Sample],
    source: TimeSeriesInput | ImageInput,
    *,
    axes: tuple[str, ...] = (),
) -> tuple[Proposal, ...]:
    """Settings for a block on a data set; together they are always valid.

    Args:
        block: Type of processing block.
        samples: What it shall work on; labels do not matter.
        source: How samples are cut into windows.
        axes: Names of the axes the block uses; empty: all.

    Returns:
        One proposal a parameter; empty for blocks with nothing to choose by measuring.

    Raises:
        DatasetError: No samples, or samples that do not fit the input.
        DesignError: No such block, an axis that is not there, or input of another kind.
    """
    find_block(block)
    design = ProcessingBlock(id="tuned", type=block, axes=axes)
    impulse = Impulse(
        input=source.model_copy(update={"group_key": ""}),
        processing=(design,),
        learning=(LearningBlock(id="unused", type="anomaly_kmeans"),),
    )
    chosen = [samples[at] for at in _spread(len(samples), _SAMPLES)]
    window = window_format(chosen, impulse)
    tuner = _TUNERS.get(block)
    if tuner is None:
        return ()
    values = cut_windows(chosen, impulse, window).values
    seen = _Seen(block, design, window, values[_spread(len(values), _WINDOWS)])
    found = tuner(seen)
    settings = {item.parameter: item.value for item in found}
    plan_block(design.model_copy(update={"parameters": settings}), window)
    return tuple(found)


def _spread(count: int, most: int) -> npt.NDArray[np.int64]:
    """At most `most` of `count` positions, spread evenly."""
    found: npt.NDArray[np.int64] = np.linspace(0, count - 1, min(count, most)).round().astype(int)
    return found


@dataclass(frozen=True)
class _Spectrum:
    """Mean power [bins] at `hertz` [bins], bin 0 left out."""

    hertz: Doubles
    power: Doubles

    def below(self, share: float) -> float:
        """The frequency below which a share of the power lies."""
        total = np.cumsum(self.power)
        if total[-1] <= 0:
            return float(self.hertz[-1])
        return float(self.hertz[int(np.searchsorted(total, share * total[-1]))])


def _spectrum(seen: _Seen) -> _Spectrum:
    frames, axes = seen.window.num_frames, seen.window.num_axes
    names = seen.design.axes or seen.window.axis_names
    columns = [seen.window.axis_names.index(name) for name in names]
    cube = seen.values.reshape(len(seen.values), frames, axes)[:, :, columns].astype(np.float64)
    cube -= cube.mean(axis=1, keepdims=True)
    power = np.abs(np.fft.rfft(cube * np.hanning(frames)[None, :, None], axis=1)) ** 2
    per_axis = power.mean(axis=0)[1:]
    shares = per_axis / np.maximum(per_axis.sum(axis=0), 1e-300)
    hertz = np.arange(1, len(power[0])) * seen.rate_hz / frames
    return _Spectrum(hertz, shares.sum(axis=1))


def _spectral(seen: _Seen) -> list[Proposal]:
    """Decimation, filter, FFT length and logarithm from the spectrum and the window."""
    frames = seen.window.num_frames
    if frames < _FEWEST_VALUES:
        return []
    spectrum = _spectrum(seen)
    f50, f95, f99 = (spectrum.below(share) for share in (0.5, 0.95, 0.99))
    nyquist = seen.rate_hz / 2
    ratio = max(
        item
        for item in (1, 3, 10)
        if item == 1 or (f99 <= 0.7 * nyquist / item and frames // item >= 64)
    )
    rate = seen.rate_hz / ratio
    text = f"99 % of the power lies below {f99:.3g} Hz, of {nyquist:.4g} Hz that the rate allows"
    found = [Proposal("input_decimation_ratio", ratio, text)]
    length = _fft_length(frames // ratio, rate, f50)
    settings = {"input_decimation_ratio": ratio, "fft_length": length}
    cutoff = float(f"{f99:.2g}")
    filtered = {**settings, "filter_type": "low", "filter_cutoff_hz": cutoff}
    if f95 < 0.25 * rate and seen.fits(filtered):
        text = f"95 % of the power lies below {f95:.3g} Hz: what is faster is mostly noise"
        found.append(Proposal("filter_type", "low", text))
        found.append(Proposal("filter_cutoff_hz", cutoff, f"99 % lies below {f99:.3g} Hz"))
    else:
        text = f"the power reaches up to {f95:.3g} Hz (95 %): every frequency may tell something"
        found.append(Proposal("filter_type", "none", text))
    text = (
        f"bins of {rate / length:.3g} Hz: half of the power lies below {f50:.3g} Hz, and the "
        f"window has {frames // ratio} values"
    )
    found.append(Proposal("fft_length", length, text))
    power = np.maximum(spectrum.power, 1e-300)
    decades = float(np.log10(power.max() / np.median(power)))
    text = f"the strongest frequency stands {10 * decades:.0f} dB above the median one"
    return [*found, Proposal("do_log", decades >= 1, text)]


def _fft_length(values: int, rate: float, f50: float) -> int:
    """Four bins below the median frequency; no longer than the window, from 16 to 256."""
    wanted = 1 << max(0, int(np.ceil(np.log2(4 * rate / max(f50, 1e-9)))))
    longest = 1 << (values.bit_length() - 1)
    return int(max(16, min(wanted, longest, 256)))


def _sound(seen: _Seen) -> list[Proposal]:
    """Frames from the window, filters from the bins, frequencies and levels from the sound."""
    if seen.window.num_frames < _FEWEST_VALUES:
        return []
    window_ms = seen.window.num_frames * seen.window.interval_ms
    least_s = 32 / seen.rate_hz
    length_s = max(0.04 if window_ms > _LONG_WINDOW_MS else 0.02, least_s)
    length_s = min(length_s, window_ms / 4000)
    stride_s = max(length_s / 2, (window_ms / 1000 - length_s) / (_MOST_FRAMES - 1))
    length_s, stride_s = float(f"{length_s:.3g}"), float(f"{stride_s:.3g}")
    fft_length = 1 << max(4, (int(length_s * seen.rate_hz) - 1).bit_length())
    fft_length = min(fft_length, 4096)
    count = int((window_ms / 1000 - length_s) / stride_s) + 1
    found = [
        Proposal(
            "frame_length_s",
            length_s,
            f"the window lasts {window_ms:g} ms and has {seen.rate_hz:g} values a second",
        ),
        Proposal("frame_stride_s", stride_s, f"gives about {count} rows, which overlap by half"
                 if stride_s <= length_s / 2 else f"gives about {count} rows"),
        Proposal("fft_length", fft_length,
                 f"a frame has {int(length_s * seen.rate_hz)} values; the next power of two"),
    ]  # fmt: skip
    settings = {item.parameter: item.value for item in found}
    if seen.block in ("mfe", "mfcc"):
        found += _bands(seen, settings)
        settings = {item.parameter: item.value for item in found}
    if seen.block in ("mfe", "spectrogram"):
        found += _floor(seen, settings)
    return found


def _bands(seen: _Seen, settings: dict[str, Any]) -> list[Proposal]:
    spectrum = _spectrum(seen)
    # Single bins of few windows scatter; a band of 1 % of them does not.
    width = max(1, len(spectrum.power) // 100)
    smooth = np.convolve(spectrum.power, np.ones(width) / width, mode="same")
    decibels = 10 * np.log10(np.maximum(smooth, 1e-300) / max(float(smooth.max()), 1e-300))
    used = float(spectrum.hertz[np.flatnonzero(decibels > _EMPTY_DB)[-1]])
    nyquist = seen.rate_hz / 2
    found = []
    if used < 0.8 * nyquist:
        text = f"above {used:.0f} Hz there is nothing ({_EMPTY_DB:g} dB and less)"
        found.append(Proposal("high_frequency_hz", float(round(used)), text))
    settings = {**settings, **{item.parameter: item.value for item in found}}
    most = 40 if seen.block == "mfe" else 32
    for filters in (item for item in _FILTERS if item <= most):
        cepstral = {"num_cepstral": min(13, filters)} if seen.block == "mfcc" else {}
        if seen.fits({**settings, **cepstral, "num_filters": filters}):
            bins = settings["fft_length"] // 2 + 1
            text = f"the most that {bins} bins of the spectrum allow, {most} at the most"
            found.append(Proposal("num_filters", filters, text))
            if cepstral:
                text = "describes vowels and consonants; never more than filters"
                found.append(Proposal("num_cepstral", cepstral["num_cepstral"], text))
            break
    return found


def _floor(seen: _Seen, settings: dict[str, Any]) -> list[Proposal]:
    """The level a tenth of all audible cells stay below, as the block itself measures it."""
    lowest = -100
    planned = seen.fits({**settings, "noise_floor_db": lowest})
    if planned is None:
        return []
    cells = extract_features([planned], seen.values)[planned.id]
    # Digital silence, from padding or a muted microphone, is no noise.
    heard = cells[cells > 0]
    if not heard.size:
        return []
    quiet = float(np.percentile(heard, 10)) * (_TOP_DB - lowest) + lowest
    value = int(np.clip(round(quiet), lowest, 0))
    text = f"a tenth of all cells that hold any sound lie below {quiet:.0f} dB"
    return [Proposal("noise_floor_db", value, text)]


def _colour(seen: _Seen) -> list[Proposal]:
    packed = seen.values.astype(np.uint32)
    channels = np.stack([(packed >> shift) & 255 for shift in (16, 8, 0)]) / 255
    distance = float(np.abs(channels - channels.mean(axis=0)).mean())
    grey = distance < _GREY
    text = f"colours differ from grey by {100 * distance:.1f} % on average"
    return [Proposal("channels", "Grayscale" if grey else "RGB", text)]


_TUNERS: dict[str, Callable[[_Seen], list[Proposal]]] = {
    "spectral_analysis": _spectral,
    "mfe": _sound,
    "mfcc": _sound,
    "spectrogram": _sound,
    "image": _colour,
}
