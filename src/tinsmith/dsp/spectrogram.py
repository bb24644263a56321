"""Spectrogram: the spectrum of a signal over time, for sounds and for vibration."""

from __future__ import annotations

from tinsmith.core.cvalue import Struct
from tinsmith.core.parameters import Settings
from tinsmith.core.shapes import FeatureShape
from tinsmith.dsp import tables
from tinsmith.dsp.block import Block, BlockInput, BlockPlan
from tinsmith.dsp.framing import (
    frame_parameters,
    input_fields,
    noise_floor_parameter,
    plan_framing,
)

# Level of a value of 1.0, in decibels.
TOP_DB = 12


def plan(window: BlockInput, settings: Settings) -> BlockPlan:
    """One row of `fft_length / 2 + 1` values per frame.

    |FFT|^2 / N, 10 log10, (dB - floor) / (12 - floor), negatives cut to 0. Samples are taken as
    they are: values around 1 (after division by full scale) give results around 0 to 1, audio on
    the int16 scale gives results above 1.

    Raises:
        DesignError: See `plan_framing`.
    """
    fft_length = settings["fft_length"]
    framing = plan_framing(
        window, settings["frame_length_s"], settings["frame_stride_s"], fft_length
    )
    floor = settings["noise_floor_db"]
    config = Struct(
        "tin_spectrogram_config",
        (
            *input_fields(window),
            ("power_scale", 1.0 / fft_length),
            ("gain", 10.0 / (TOP_DB - floor)),
            ("offset", float(-floor) / (TOP_DB - floor)),
            ("framing", framing.struct()),
            ("fft", tables.fft(fft_length)),
        ),
    )
    shape = FeatureShape("spectrogram", (framing.count, framing.num_bins))
    return BlockPlan(config, shape, warnings=framing.warnings())


BLOCK = Block(
    name="spectrogram",
    stem="spectrogram",
    title="Spectrogram",
    description="How strong each frequency is at each moment, on a decibel scale. For sounds whose "
    "exact frequencies matter, and for vibration or other single signals.",
    version=4,
    accepts="time-series",
    parameters=(
        *frame_parameters(stride_s=0.01, fft_length=128),
        noise_floor_parameter(),
    ),
    sources=(
        "dsp/tin_signal.c",
        "dsp/tin_fft.c",
        "dsp/tin_frames.c",
        "dsp/tin_spectrogram.c",
    ),
    plan=plan,
    batched=True,
)
