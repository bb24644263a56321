"""Flatten: each axis of the window becomes a few statistics."""

from __future__ import annotations

from tinsmith.core.cvalue import Struct
from tinsmith.core.errors import DesignError
from tinsmith.core.parameters import Parameter, Settings
from tinsmith.core.shapes import FeatureShape
from tinsmith.dsp.block import Block, BlockInput, BlockPlan
from tinsmith.dsp.series import SCALE_AXES, finite_scale, window_fields

# (parameter, label, help), in the order of the TIN_FLATTEN_ bits of tin/flatten.h.
_STATISTICS = (
    ("average", "Average", "Mean of the axis. Keeps what spectral features throw away: the level "
     "of a slow sensor, or the direction of gravity."),
    ("minimum", "Minimum", "Smallest value of the axis."),
    ("maximum", "Maximum", "Largest value of the axis."),
    ("rms", "RMS", "Root of the mean square: how strong the signal is, its level included."),
    ("stdev", "Stdev", "Standard deviation (of the population): how strongly the signal varies "
     "about its mean."),
    ("skewness", "Skewness", "Whether the values lean to one side of the mean; 0 when balanced, "
     "and when the axis does not vary."),
    ("kurtosis", "Kurtosis", "How much of the variation comes from rare large values; 0 for a "
     "normal distribution, −3 when the axis does not vary."),
)  # fmt: skip


def _plan(seen: BlockInput, settings: Settings) -> BlockPlan:
    chosen = [bit for bit, (name, _, _) in enumerate(_STATISTICS) if settings[name]]
    if not chosen:
        raise DesignError(
            "every statistic of flatten is off; expected at least one",
            hint="turn on average, for example",
        )
    config = Struct(
        "tin_flatten_config",
        (
            *window_fields(seen),
            ("scale", finite_scale(settings["scale_axes"])),
            ("statistics", sum(1 << bit for bit in chosen)),
        ),
    )
    labels = tuple(_STATISTICS[bit][1] for bit in chosen)
    return BlockPlan(config, FeatureShape("flat", (len(labels) * len(seen.axes),)), labels)


def _switch(name: str, label: str, text: str) -> Parameter:
    return Parameter(
        name=name,
        type="bool",
        default=True,
        title=label,
        help=text,
        group="Statistics",
    )


BLOCK = Block(
    name="flatten",
    stem="flatten",
    title="Flatten",
    description="Describes each axis by its average, extremes, RMS, deviation, skewness and "
    "kurtosis. Right for slow signals such as temperature, gas or light, and a cheap companion of "
    "spectral features for motion: it keeps the average, and with it the direction of gravity.",
    version=1,
    accepts="time-series",
    parameters=(SCALE_AXES, *(_switch(*statistic) for statistic in _STATISTICS)),
    sources=("dsp/tin_flatten.c", "dsp/tin_moments.c", "dsp/tin_math.c", "dsp/tin_signal.c"),
    plan=_plan,
)
