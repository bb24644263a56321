"""The processing blocks there are."""

from __future__ import annotations

from tinsmith.core.errors import DesignError
from tinsmith.dsp import flatten, image, mfcc, mfe, raw, spectral, spectrogram
from tinsmith.dsp.block import Block

_MODULES = (raw, flatten, spectral, spectrogram, mfe, mfcc, image)

BLOCKS: dict[str, Block] = {module.BLOCK.name: module.BLOCK for module in _MODULES}


def block(name: str) -> Block:
    """The block of that name.

    Raises:
        DesignError: There is none.
    """
    try:
        return BLOCKS[name]
    except KeyError:
        raise DesignError(
            f"unknown processing block {name!r}; known: {', '.join(BLOCKS)}",
            hint="correct the name of the block in the impulse",
        ) from None
