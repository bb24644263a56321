"""MFE: mel filterbank energies, the picture of a sound for models that look at noises."""

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
from tinsmith.dsp.mel import mel_parameters, plan_mel

PRE_EMPHASIS = 0.98
# Level of a cell of 1.0, in decibels.
TOP_DB = 12
# Samples come on the int16 scale.
FULL_SCALE = 32768


def plan(window: BlockInput, settings: Settings) -> BlockPlan:
    """One row of `num_filters` values from 0 to 1 per frame.

    Samples / 32768, pre-emphasis with 0.98 (before the window's first sample comes its last),
    |FFT|^2 / N, mel energies, 10 log10, (dB - floor) / (12 - floor) cut to [0, 1] and rounded to
    256ths, half to even. A level of +12 dB or more is 256/256 = 1.

    Raises:
        DesignError: See `plan_framing` and `plan_mel`.
    """
    fft_length = settings["fft_length"]
    framing = plan_framing(
        window, settings["frame_length_s"], settings["frame_stride_s"], fft_length
    )
    mel = plan_mel(settings, fft_length, window.sample_rate_hz)
    floor = settings["noise_floor_db"]
    config = Struct(
        "tin_mfe_config",
        (
            *input_fields(window),
            ("pre_emphasis", PRE_EMPHASIS),
            ("gain", 2560.0 / (TOP_DB - floor)),
            ("offset", 256.0 * -floor / (TOP_DB - floor)),
            ("framing", framing.struct()),
            ("fft", tables.fft(fft_length)),
            # Powers of two: where they are multiplied in does not change a bit of the result.
            ("mel", mel.struct(1.0 / (FULL_SCALE**2 * fft_length))),
        ),
    )
    shape = FeatureShape("spectrogram", (framing.count, settings["num_filters"]))
    return BlockPlan(config, shape, warnings=framing.warnings())


BLOCK = Block(
    name="mfe",
    stem="mfe",
    title="Audio (MFE)",
    description="Energy of a sound in bands spaced as in hearing, over time, on a decibel scale. "
    "The usual choice for noises, machines and other sounds that are not speech.",
    version=4,
    accepts="time-series",
    parameters=(
        *frame_parameters(stride_s=0.01, fft_length=256),
        *mel_parameters(num_filters=40),
        noise_floor_parameter(),
    ),
    sources=(
        "dsp/tin_signal.c",
        "dsp/tin_fft.c",
        "dsp/tin_frames.c",
        "dsp/tin_mfe.c",
    ),
    plan=plan,
    batched=True,
)
