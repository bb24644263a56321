"""Small models of every operator in its variants: one module a family, each with `CASES`."""

from __future__ import annotations

import zlib

import numpy as np

from operator_cases import (
    basic,
    chains,
    convolution_shapes,
    detection,
    elementwise,
    every_type,
    functions,
    int16,
    matrices,
    moves,
    recurrent,
    reductions,
    variables,
)
from operator_cases.making import Case

FAMILIES: dict[str, dict[str, Case]] = {
    "basic": basic.CASES,
    "chains": chains.CASES,
    "convolution_shapes": convolution_shapes.CASES,
    "detection": detection.CASES,
    "elementwise": elementwise.CASES,
    "every_type": every_type.CASES,
    "functions": functions.CASES,
    "int16": int16.CASES,
    "moves": moves.CASES,
    "reductions": reductions.CASES,
    "matrices": matrices.CASES,
    "recurrent": recurrent.CASES,
    "variables": variables.CASES,
}


def model_file(family: str, name: str, maker: type) -> bytes:
    """The model of one case; always the same."""
    random = np.random.default_rng(zlib.crc32(name.encode()))
    return FAMILIES[family][name](maker(), random)
