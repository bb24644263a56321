"""Operators that move values without changing them: transposes, parts, joins, borders."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from operator_cases.making import Case, scale_of

CASES: dict[str, Case] = {}

_ALL = ("int8", "float32", "int16", "int32", "bool")
_SHORT = {"int8": "s8", "float32": "f32", "int16": "s16", "int32": "s32", "bool": "bool"}


def _scale(dtype: str) -> dict[str, Any]:
    if dtype in ("int32", "bool"):
        return {}
    return scale_of(dtype, 0.06, 0 if dtype == "int16" else 11)


def move(
    operator: str,
    shape: Sequence[int],
    out: Sequence[int] | Sequence[Sequence[int]],
    dtype: str,
    constants: Sequence[Any] = (),
    *,
    data: int = 0,
    **options: Any,
) -> Case:
    """One operator with the run-time input at position `data` among int32 constants; `out` is a
    shape, or a list of shapes where there are several outputs."""

    def make(maker: Any, rng: np.random.Generator) -> bytes:
        shapes = out if out and not isinstance(out[0], int) else [out]
        source = maker.tensor(shape, dtype, **_scale(dtype))
        operands = []
        for value in constants:
            array = np.asarray(value)
            operands.append(maker.tensor(array.shape, "int32", data=array))
        operands.insert(data, source)
        targets = [maker.tensor(one, dtype, **_scale(dtype)) for one in shapes]
        maker.operator(operator, operands, targets, **options)
        return bytes(maker.finish([source], targets))

    return make


def _add(name: str, operator: str, *arguments: Any, types: Sequence[str], **options: Any) -> None:
    for dtype in types:
        shape, out, *constants = arguments
        CASES[f"{operator.lower()}_{name}_{_SHORT[dtype]}"] = move(
            operator, shape, out, dtype, constants, **options
        )


def _transpose(name: str, shape: Sequence[int], axes: Sequence[int]) -> None:
    out = [shape[axis] for axis in axes]
    _add(name, "TRANSPOSE", shape, out, axes, types=("int8", "float32", "int16"))


_transpose("image_to_planes", (1, 5, 7, 3), (0, 3, 1, 2))
_transpose("planes_to_image", (1, 3, 5, 7), (0, 2, 3, 1))
_transpose("matrix", (13, 17), (1, 0))
_transpose("rows_of_words", (1, 6, 3, 8), (0, 2, 1, 3))
_transpose("of_unit_axes", (1, 6, 1, 8), (1, 0, 2, 3))
_transpose("five_axes", (2, 3, 4, 2, 3), (4, 2, 0, 3, 1))
_transpose("backwards", (3, 4, 5), (2, 1, 0))
_transpose("same", (3, 4, 5), (0, 1, 2))
_transpose("many_short_axes", (2, 3, 2, 30), (3, 2, 1, 0))

_SLICED = ("int8", "float32", "int16", "int32", "bool")
_add("inner", "SLICE", (1, 6, 7, 5), (1, 3, 4, 2), (0, 2, 1, 3), (1, 3, 4, 2), types=_SLICED)
_add("rest", "SLICE", (4, 9), (4, 6), (0, 3), (-1, -1), types=_SLICED)
_add("rows", "SLICE", (9, 8), (4, 8), (3, 0), (4, -1), types=_SLICED)
_add("all", "SLICE", (2, 3, 5), (2, 3, 5), (0, 0, 0), (2, 3, 5), types=("int8", "float32"))
_add("one", "SLICE", (7,), (1,), (5,), (1,), types=("int8", "float32"))


def _strided(
    name: str,
    shape: Sequence[int],
    out: Sequence[int],
    *bounds: Sequence[int],
    types: Sequence[str] = ("int8", "float32", "int16"),
    **masks: int,
) -> None:
    _add(name, "STRIDED_SLICE", shape, out, *bounds, types=types, **masks)


_strided("steps", (1, 9, 8, 3), (1, 4, 3, 3), (0, 1, 0, 0), (1, 9, 8, 3), (1, 2, 3, 1))
_strided("rows", (1, 8, 16, 2), (1, 6, 16, 2), (0, 2, 0, 0), (1, 8, 16, 2), (1, 1, 1, 1))
_strided("reversed", (6, 5), (6, 5), (-1, -1), (-7, -6), (-1, -1), types=_ALL)
_strided("reversed_steps", (7, 10), (3, 3), (5, 9), (-8, 0), (-2, -3), types=("int8", "float32"))
_strided("open", (5, 6, 4), (4, 6, 2), (1, 3, 0), (2, 4, 4), (1, 1, 2), beginMask=2, endMask=3)
_strided("open_reversed", (5, 6), (5, 6), (0, 0), (0, 0), (-1, -1), beginMask=3, endMask=3)
_strided("negative", (5, 6, 4), (3, 2, 4), (-4, -3, 0), (-1, -1, 9), (1, 1, 1))
_strided("dropped_axis", (5, 6, 4), (5, 4), (0, 2, 0), (5, 3, 4), (1, 1, 1), shrinkAxisMask=2)
_strided("last_row", (5, 6, 4), (6, 4), (-1, 0, 0), (0, 6, 4), (1, 1, 1), shrinkAxisMask=1)
_strided("beyond", (5, 6), (5, 3), (-9, 3), (99, 99), (1, 1))
_strided(
    "channel",
    (1, 6, 5, 4),
    (1, 6, 5),
    (0, 0, 0, 2),
    (1, 6, 5, 3),
    (1, 1, 1, 1),
    shrinkAxisMask=8,
    types=_ALL,
)

_SPLIT = ("int8", "float32", "int16", "int32")
_add("channels", "SPLIT", (1, 4, 3, 6), [(1, 4, 3, 2)] * 3, 3, types=_SPLIT, data=1, numSplits=3)
_add("rows", "SPLIT", (6, 5), [(3, 5)] * 2, -2, types=_SPLIT, data=1, numSplits=2)
_add("once", "SPLIT", (6, 5), [(6, 5)], 0, types=_SPLIT, data=1, numSplits=1)
_add(
    "uneven",
    "SPLIT_V",
    (2, 9, 3),
    [(2, 4, 3), (2, 1, 3), (2, 4, 3)],
    (4, 1, 4),
    1,
    types=_SPLIT,
    numSplits=3,
)
_add("rest", "SPLIT_V", (3, 10), [(3, 7), (3, 3)], (-1, 3), 1, types=("int8",), numSplits=2)
_add("rows", "UNPACK", (3, 4, 5), [(4, 5)] * 3, types=("int8", "float32", "int32"), num=3, axis=0)
_add("last", "UNPACK", (4, 5, 3), [(4, 5)] * 3, types=("int8", "float32"), num=3, axis=-1)
_add(
    "blocks", "SPACE_TO_DEPTH", (2, 6, 4, 3), (2, 3, 2, 12), types=("int8", "float32"), blockSize=2
)
_add("wide", "SPACE_TO_DEPTH", (1, 6, 9, 4), (1, 2, 3, 36), types=("int8", "float32"), blockSize=3)
_add(
    "blocks", "DEPTH_TO_SPACE", (2, 3, 2, 12), (2, 6, 4, 3), types=("int8", "float32"), blockSize=2
)
_add("wide", "DEPTH_TO_SPACE", (1, 2, 3, 36), (1, 6, 9, 4), types=("int8", "float32"), blockSize=3)
_add("rows", "BROADCAST_TO", (1, 5), (4, 5), (4, 5), types=("int8", "float32"))
_add("columns", "BROADCAST_TO", (3, 1, 2), (2, 3, 7, 2), (2, 3, 7, 2), types=("int8", "float32"))
for _mode, _word in ((0, "reflect"), (1, "symmetric")):
    _add(
        f"{_word}_image",
        "MIRROR_PAD",
        (1, 5, 4, 3),
        (1, 8, 6, 3),
        [[0, 0], [1, 2], [2, 0], [0, 0]],
        types=("int8", "float32"),
        mode=_mode,
    )
    _add(
        f"{_word}_all",
        "MIRROR_PAD",
        (3, 4),
        (7, 8),
        [[2, 2], [1, 3]],
        types=("int8", "float32"),
        mode=_mode,
    )
_add("repeated_edge", "MIRROR_PAD", (2, 3), (6, 9), [[2, 2], [3, 3]], types=("int8",), mode=1)


def join(
    operator: str, shapes: Sequence[Sequence[int]], out: Sequence[int], dtype: str, **options: Any
) -> Case:
    """One operator on several inputs of one type."""

    def make(maker: Any, rng: np.random.Generator) -> bytes:
        sources = [maker.tensor(shape, dtype, **_scale(dtype)) for shape in shapes]
        target = maker.tensor(out, dtype, **_scale(dtype))
        maker.operator(operator, sources, [target], **options)
        return bytes(maker.finish(sources, [target]))

    return make


for _type in _ALL:
    _short = _SHORT[_type]
    CASES[f"concatenation_last_{_short}"] = join(
        "CONCATENATION", [(1, 4, 3), (1, 4, 5)], (1, 4, 8), _type, axis=-1
    )
    CASES[f"concatenation_rows_{_short}"] = join(
        "CONCATENATION", [(2, 4), (1, 4), (3, 4)], (6, 4), _type, axis=0
    )
for _type in ("int8", "float32", "int32"):
    _short = _SHORT[_type]
    CASES[f"pack_first_{_short}"] = join(
        "PACK", [(3, 4)] * 3, (3, 3, 4), _type, axis=0, valuesCount=3
    )
    CASES[f"pack_last_{_short}"] = join(
        "PACK", [(3, 4)] * 2, (3, 4, 2), _type, axis=-1, valuesCount=2
    )
for _type in ("int16", "int32"):
    for _name, _shape, _out, _pairs in (
        ("image", (1, 4, 5, 3), (1, 7, 8, 3), [[0, 0], [1, 2], [3, 0], [0, 0]]),
        ("all", (2, 3, 2, 3), (4, 4, 4, 6), [[1, 1], [0, 1], [2, 0], [1, 2]]),
        ("outside", (4, 3), (7, 3), [[2, 1], [0, 0]]),
    ):
        CASES[f"pad_{_name}_{_SHORT[_type]}"] = move("PAD", _shape, _out, _type, [_pairs])


def _joined_with_constant(maker: Any, rng: np.random.Generator) -> bytes:
    scale = _scale("int8")
    source = maker.tensor((3, 5), **scale)
    constant = maker.tensor((3, 2), data=rng.integers(-128, 128, (3, 2)), **scale)
    target = maker.tensor((3, 7), **scale)
    maker.operator("CONCATENATION", [constant, source], [target], axis=1)
    return bytes(maker.finish([source], [target]))


CASES["concatenation_with_constant_s8"] = _joined_with_constant


def gather(
    shape: Sequence[int], indices: Any, dtype: str, *, axis: int = 0, batch: int = 0
) -> Case:
    """GATHER with constant indices."""
    array = np.asarray(indices)
    out = [*shape[:axis], *array.shape[batch:], *shape[axis + 1 :]]
    return move("GATHER", shape, out, dtype, [array], axis=axis, batchDims=batch)


for _type in ("int8", "float32"):
    _short = _SHORT[_type]
    CASES[f"gather_any_{_short}"] = gather((7, 4, 3), [6, 0, 0, 5, 2], _type)
    CASES[f"gather_steps_{_short}"] = gather((4, 9, 3), [1, 3, 5, 7], _type, axis=1)
    CASES[f"gather_backwards_{_short}"] = gather((4, 5), [4, 3, 2, 1, 0], _type, axis=1)
    CASES[f"gather_one_{_short}"] = gather((4, 5), 3, _type, axis=1)
    CASES[f"gather_table_{_short}"] = gather((6, 2), [[5, 1], [0, 4]], _type)
    CASES[f"gather_last_{_short}"] = gather((3, 8), [7, 1, 2, 2], _type, axis=1)
    CASES[f"gather_batches_{_short}"] = gather(
        (2, 3, 5, 2), [[4, 0], [1, 2]], _type, axis=2, batch=1
    )


def _gather_computed(maker: Any, rng: np.random.Generator) -> bytes:
    """Indices that the network computes."""
    scale = _scale("int8")
    values, flags = maker.tensor((2, 6), **scale), maker.tensor((5,), "bool")
    indices = maker.tensor((5,), "int32")
    target = maker.tensor((5, 6), **scale)
    maker.operator("CAST", [flags], [indices])
    maker.operator("GATHER", [values, indices], [target], axis=0, batchDims=0)
    return bytes(maker.finish([values, flags], [target]))


CASES["gather_computed_s8"] = _gather_computed


def resize(operator: str, shape: Sequence[int], size: Sequence[int], dtype: str, mode: str) -> Case:
    """`mode` is plain, corners or half."""
    out = (shape[0], *size, shape[3])
    options = (
        {}
        if mode == "plain"
        else {{"corners": "alignCorners", "half": "halfPixelCenters"}[mode]: True}
    )
    return move(operator, shape, out, dtype, [list(size)], **options)


for _operator, _word in (("RESIZE_NEAREST_NEIGHBOR", "nearest"), ("RESIZE_BILINEAR", "bilinear")):
    for _type in ("int8", "float32"):
        for _mode in ("plain", "corners", "half"):
            for _name, _shape, _size in (
                ("double", (1, 5, 4, 3), (10, 8)),
                ("uneven", (2, 5, 7, 3), (8, 5)),
                ("smaller", (1, 9, 8, 4), (3, 4)),
                ("from_one", (1, 1, 1, 4), (3, 5)),
                ("to_one", (1, 6, 5, 4), (1, 1)),
                ("same", (1, 3, 4, 2), (3, 4)),
            ):
                CASES[f"{_word}_{_name}_{_mode}_{_SHORT[_type]}"] = resize(
                    _operator, _shape, _size, _type, _mode
                )


def _cast(source_type: str, target_type: str) -> Case:
    def make(maker: Any, rng: np.random.Generator) -> bytes:
        # Ports of int8 and int16 need a scale, which a cast ignores.
        source = maker.tensor((3, 7), source_type, **_scale(source_type))
        target = maker.tensor((3, 7), target_type, **_scale(target_type))
        maker.operator("CAST", [source], [target])
        return bytes(maker.finish([source], [target]))

    return make


for _from in _ALL:
    for _to in _ALL:
        CASES[f"cast_{_SHORT[_from]}_{_SHORT[_to]}"] = _cast(_from, _to)
for _type in ("int32", "bool", "int16"):
    CASES[f"reshape_{_SHORT[_type]}"] = move("RESHAPE", (3, 4), (2, 6), _type, [[2, 6]])
