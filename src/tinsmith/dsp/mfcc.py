"""MFCC: cepstral coefficients, the compact description of speech."""

from __future__ import annotations

from tinsmith.core.cvalue import Array, Struct
from tinsmith.core.errors import DesignError
from tinsmith.core.parameters import Parameter, Settings
from tinsmith.core.shapes import FeatureShape
from tinsmith.dsp import tables
from tinsmith.dsp.block import Block, BlockInput, BlockPlan
from tinsmith.dsp.framing import frame_parameters, input_fields, plan_framing
from tinsmith.dsp.mel import mel_parameters, plan_mel


def plan(window: BlockInput, settings: Settings) -> BlockPlan:
    """One row of `num_cepstral` coefficients per frame.

    Samples stay on the int16 scale. Pre-emphasis (before the window's first sample comes its last),
    |FFT|^2 / N, mel energies, natural logarithm (of 1e-10 where the energy is zero), orthonormal
    DCT-II; coefficient 0 is ln of the frame's energy. With `win_size`, each coefficient loses its
    sliding mean over that many frames, then is divided by its sliding standard deviation + 1e-10;
    rows beyond the ends are mirrored.

    Raises:
        DesignError: More coefficients than filters, an even `win_size`; see also `plan_framing`
            and `plan_mel`.
    """
    fft_length, num_filters = settings["fft_length"], settings["num_filters"]
    _check(settings)
    framing = plan_framing(
        window, settings["frame_length_s"], settings["frame_stride_s"], fft_length
    )
    mel = plan_mel(settings, fft_length, window.sample_rate_hz)
    num_cepstral = settings["num_cepstral"]
    basis = tables.dct(num_cepstral, num_filters)
    config = Struct(
        "tin_mfcc_config",
        (
            *input_fields(window),
            ("num_cepstral", num_cepstral),
            ("win_size", settings["win_size"]),
            ("pre_emphasis", settings["pre_emphasis"]),
            ("power_scale", 1.0 / fft_length),
            # Basis vectors are symmetric or antisymmetric: half of each is enough.
            ("dct", Array.f32(basis[1:, : (num_filters + 1) // 2])),
            ("framing", framing.struct()),
            ("fft", tables.fft(fft_length)),
            # A power of two: where it is multiplied in does not change a bit of the result.
            ("mel", mel.struct(1.0 / fft_length)),
        ),
    )
    shape = FeatureShape("spectrogram", (framing.count, num_cepstral))
    warnings = framing.warnings()
    if framing.count == 1 and settings["win_size"] > 0:
        warnings += (
            "the window has one frame, so normalisation over time makes every feature 0; "
            "set win_size to 0 or use a longer window",
        )
    return BlockPlan(config, shape, warnings=warnings)


def _check(settings: Settings) -> None:
    num_cepstral, num_filters = settings["num_cepstral"], settings["num_filters"]
    if num_cepstral > num_filters:
        raise DesignError(
            f"num_cepstral is {num_cepstral}; expected at most num_filters ({num_filters})",
            hint="keep fewer coefficients or use more filters",
        )
    if settings["win_size"] > 0 and settings["win_size"] % 2 == 0:
        raise DesignError(
            f"win_size is {settings['win_size']}; expected an odd number, or 0 for none",
            hint=f"set it to {settings['win_size'] + 1}",
        )


BLOCK = Block(
    name="mfcc",
    stem="mfcc",
    title="Audio (MFCC)",
    description="Shape of the spectrum over time in a few coefficients, adapted to loudness and "
    "microphone. The usual choice for keywords and other speech.",
    version=4,
    accepts="time-series",
    parameters=(
        Parameter(
            name="num_cepstral",
            type="int",
            default=13,
            title="Coefficients",
            help="Numbers kept per frame. 13 describe the vowels and consonants of speech; more "
            "add fine detail and noise.",
            minimum=1,
            maximum=256,
            group="Cepstrum",
            search=(10, 13, 20),
        ),
        *frame_parameters(stride_s=0.02, fft_length=256),
        *mel_parameters(num_filters=32),
        Parameter(
            name="win_size",
            type="int",
            default=101,
            title="Normalisation window",
            help="Frames over which each coefficient is brought to mean 0 and deviation 1, an odd "
            "number; 0 turns it off. It makes the result independent of loudness and microphone.",
            minimum=0,
            maximum=9999,
            group="Normalisation",
            search=(0, 51, 101),
        ),
        Parameter(
            name="pre_emphasis",
            type="float",
            default=0.98,
            title="Pre-emphasis",
            help="Share of the previous sample that is subtracted from each sample, which lifts "
            "the weak high frequencies of speech; 0 turns it off.",
            minimum=0.0,
            maximum=1.0,
            group="Pre-emphasis",
            search=(0.0, 0.98),
        ),
    ),
    sources=(
        "dsp/tin_signal.c",
        "dsp/tin_math.c",
        "dsp/tin_fft.c",
        "dsp/tin_frames.c",
        "dsp/tin_mfcc.c",
    ),
    plan=plan,
    batched=True,
)
