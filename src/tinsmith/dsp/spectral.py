"""Spectral features: the shape, the frequencies or the wavelet components of each axis."""

from __future__ import annotations

from tinsmith.core.parameters import Parameter
from tinsmith.dsp import tables
from tinsmith.dsp.block import Block
from tinsmith.dsp.series import SCALE_AXES
from tinsmith.dsp.spectral_plan import RATIOS, WAVELETS, plan_spectral

_PARAMETERS = (
    SCALE_AXES,
    Parameter(
        name="input_decimation_ratio",
        type="choice",
        default=1,
        title="Decimation",
        help="Lowers the sampling rate by this factor, after a steep low-pass, so that the same "
        "FFT looks at lower frequencies in finer steps. Choose it when what you look for is slow "
        "compared to the sampling rate. A cutoff may reach 90 % of half the new rate.",
        choices=tuple(RATIOS),
        group="Filter",
        search=(1, 3),
    ),
    Parameter(
        name="filter_type",
        type="choice",
        default="none",
        title="Filter",
        help="low keeps what is slower than the cutoff (posture, gait), high what is faster "
        "(vibration), none keeps all. Features of frequencies that it removes are left out.",
        choices=("none", "low", "high"),
        group="Filter",
        search=("none", "low"),
    ),
    Parameter(
        name="filter_cutoff_hz",
        type="float",
        default=3.0,
        title="Cutoff",
        help="Where the filter begins to remove: half the power at this frequency. Must lie below "
        "half the sampling rate.",
        unit="Hz",
        minimum=1e-3,
        maximum=1e6,
        group="Filter",
        show_if=("filter_type", ("low", "high")),
        search=(3.0, 8.0),
    ),
    Parameter(
        name="filter_order",
        type="choice",
        default=6,
        title="Order",
        help="Steepness of the Butterworth filter: 6 dB per octave for each. 0 does not filter, "
        "but still leaves out the features beyond the cutoff, which costs nothing.",
        choices=(0, 2, 4, 6, 8),
        group="Filter",
        show_if=("filter_type", ("low", "high")),
    ),
    Parameter(
        name="analysis_type",
        type="choice",
        default="FFT",
        title="Analysis",
        help="FFT describes repeating motion and vibration by frequency. Wavelet describes signals "
        "with short events by statistics of coarse and fine components; it gives more features and "
        "costs more memory and time.",
        choices=("FFT", "Wavelet"),
        group="Analysis",
        search=("FFT", "Wavelet"),
    ),
    Parameter(
        name="fft_length",
        type="int",
        default=16,
        title="FFT length",
        help="Values per frame, a power of two. Longer tells neighbouring frequencies apart (bins "
        "are sampling rate / length wide) and gives length/2 features an axis; shorter is cheaper "
        "and generalises from less data.",
        minimum=tables.MIN_FFT_LENGTH,
        maximum=tables.MAX_FFT_LENGTH,
        group="Analysis",
        show_if=("analysis_type", "FFT"),
        search=(16, 32, 64, 128),
    ),
    Parameter(
        name="do_log",
        type="bool",
        default=True,
        title="Logarithm",
        help="Takes log10 of the power in each bin, so that weak frequencies count beside strong "
        "ones. An exact zero counts as 1e-10.",
        group="Analysis",
        show_if=("analysis_type", "FFT"),
        search=(True, False),
    ),
    Parameter(
        name="do_fft_overlap",
        type="bool",
        default=True,
        title="Overlap frames",
        help="Lets each frame begin in the middle of the one before: short events between two "
        "frames are not missed, for twice the work.",
        group="Analysis",
        show_if=("analysis_type", "FFT"),
    ),
    Parameter(
        name="extra_low_freq",
        type="bool",
        default=False,
        title="Extra low frequencies",
        help="Adds a second set of features at a tenth of the sampling rate: coarse bins for fast "
        "and fine bins for slow motion. Needs 10 × fft_length / 2 values per axis.",
        group="Analysis",
        show_if=("analysis_type", "FFT"),
        search=(False, True),
    ),
    Parameter(
        name="wavelet_level",
        type="int",
        default=1,
        title="Levels",
        help="How often the signal is halved into a coarse and a fine component. Level n needs "
        "32 × 2^n values per axis and gives 14 × (n + 1) features.",
        minimum=1,
        maximum=7,
        group="Analysis",
        show_if=("analysis_type", "Wavelet"),
        search=(1, 2, 3),
    ),
    Parameter(
        name="wavelet",
        type="choice",
        default="db4",
        title="Wavelet",
        help="Shape the signal is compared with. haar finds steps, db4 is a good start, higher "
        "numbers are smoother and cost more.",
        choices=WAVELETS,
        group="Analysis",
        show_if=("analysis_type", "Wavelet"),
        search=("haar", "db4", "bior3.1"),
    ),
)

BLOCK = Block(
    name="spectral_analysis",
    stem="spectral",
    title="Spectral features",
    description="Describes motion and vibration by strength, shape and frequencies of each axis. "
    "The mean of the window is removed, and with it gravity: when posture or the orientation of "
    "the device tells classes apart, add a flatten block beside it and feed both to the learning "
    "block. Each frequency counts with the largest power it reaches in any part of the window.",
    version=4,
    accepts="time-series",
    parameters=_PARAMETERS,
    sources=(
        "dsp/tin_spectral.c",
        "dsp/tin_cascade.c",
        "dsp/tin_moments.c",
        "dsp/tin_welch.c",
        "dsp/tin_wavelet.c",
        "dsp/tin_fft.c",
        "dsp/tin_math.c",
        "dsp/tin_signal.c",
    ),
    plan=plan_spectral,
    batched=True,
)
