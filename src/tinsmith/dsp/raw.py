"""Raw data: the window itself as features, for networks that learn their own filters."""

from __future__ import annotations

from tinsmith.core.cvalue import Struct
from tinsmith.core.parameters import Settings
from tinsmith.core.shapes import FeatureShape
from tinsmith.dsp.block import Block, BlockInput, BlockPlan
from tinsmith.dsp.series import SCALE_AXES, finite_scale, window_fields


def _plan(seen: BlockInput, settings: Settings) -> BlockPlan:
    config = Struct(
        "tin_raw_config",
        (*window_fields(seen), ("scale", finite_scale(settings["scale_axes"]))),
    )
    return BlockPlan(config, FeatureShape("series", (seen.num_frames, len(seen.axes))))


BLOCK = Block(
    name="raw",
    stem="raw",
    title="Raw data",
    description="Hands the window to the learning block as it is, axes interleaved. Choose it for "
    "convolutional networks over motion or other sensor signals; they need more data and more "
    "memory than networks over spectral features, and can be more accurate. A window of n frames "
    "and a axes gives n × a features.",
    version=1,
    accepts="time-series",
    parameters=(SCALE_AXES,),
    sources=("dsp/tin_raw.c", "dsp/tin_moments.c", "dsp/tin_math.c", "dsp/tin_signal.c"),
    plan=_plan,
)
