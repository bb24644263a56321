"""Image: pixels as numbers from 0 to 1, in colour or grey."""

from __future__ import annotations

from tinsmith.core.cvalue import Struct
from tinsmith.core.errors import DesignError
from tinsmith.core.parameters import Parameter, Settings
from tinsmith.core.shapes import FeatureShape
from tinsmith.dsp.block import Block, BlockInput, BlockPlan

_CHANNELS = {"RGB": 3, "Grayscale": 1}


def _plan(seen: BlockInput, settings: Settings) -> BlockPlan:
    if seen.image_size is None:
        raise DesignError(
            "the image block got a time series; expected images",
            hint="choose a block for time series, such as spectral_analysis or raw",
        )
    height, width = seen.image_size
    if height < 1 or width < 1 or seen.num_frames != height * width:
        raise DesignError(
            f"images are {width} × {height} pixels and the window has {seen.num_frames} values; "
            "expected one value per pixel",
        )
    channels = _CHANNELS[settings["channels"]]
    config = Struct(
        "tin_image_config", (("num_pixels", height * width), ("num_channels", channels))
    )
    return BlockPlan(config, FeatureShape("image", (height, width, channels)))


BLOCK = Block(
    name="image",
    stem="image",
    title="Image",
    description="Brings each pixel to numbers from 0 to 1: red, green and blue, or one grey value. "
    "Grey needs a third of the memory; choose colour when colour tells the classes apart.",
    version=1,
    accepts="image",
    parameters=(
        Parameter(
            name="channels",
            type="choice",
            default="RGB",
            title="Colour",
            help="RGB gives three features a pixel (red, green, blue over 255). Grayscale gives "
            "one: (0.299 red + 0.587 green + 0.114 blue) over 255.",
            choices=("RGB", "Grayscale"),
            search=("RGB", "Grayscale"),
        ),
    ),
    sources=("dsp/tin_image.c", "dsp/tin_signal.c"),
    plan=_plan,
)
