"""TFLite_Detection_PostProcess: the boxes of a single-shot detector, as a custom operator."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from tinsmith.compiler.ir import Shape
from tinsmith.compiler.operators.base import SUFFIXES, KernelCall, Lowering, Operation, Operator
from tinsmith.compiler.read.flexbuffer import Option, read_flexbuffer
from tinsmith.core.cvalue import Array, Struct, Value

_MOST = 1 << 16  # of every count
_KEPT_BYTES, _CANDIDATE_BYTES = 16, 8

_Options = dict[str, Option]


def _options(operation: Operation) -> _Options:
    raw = operation.node.attributes["custom_options"]
    found = read_flexbuffer(bytes(raw) if isinstance(raw, tuple) else b"")
    return {"use_regular_nms": 0, "detections_per_class": 100, **found}


def _count(operation: Operation, options: _Options, name: str) -> int:
    value = options.get(name)
    if not isinstance(value, int) or not 0 < value < _MOST:
        raise operation.reject(f"has {name} {value!r}; expected 1 to {_MOST - 1}")
    return value


def _real(operation: Operation, options: _Options, name: str) -> float:
    value = options.get(name)
    if not isinstance(value, int | float) or not abs(value) < float(np.finfo(np.float32).max):
        raise operation.reject(f"has {name} {value!r}; expected a finite number")
    return float(np.float32(value))


def _positive(operation: Operation, options: _Options, name: str, most: float = math.inf) -> float:
    value = _real(operation, options, name)
    if not 0.0 < value <= most:
        limit = "" if most == math.inf else f" and at most {most:g}"
        raise operation.reject(f"has {name} {value:g}; expected above 0{limit}")
    return value


def _shape(operation: Operation) -> list[Shape]:
    encodings, scores, anchors = (operation.input(i) for i in range(3))
    operation.require_types(encodings, scores, anchors)
    operation.require_quantized(encodings, scores, anchors)
    boxes = encodings.shape[1] if len(encodings.shape) == 3 else 0
    expected = [(1, boxes, 4), (1, boxes, *scores.shape[2:3]), (boxes, 4)]
    found = [encodings.shape, scores.shape, anchors.shape]
    if found != expected or len(scores.shape) != 3 or boxes >= _MOST:
        raise operation.reject(
            f"has boxes, scores and anchors of shapes {', '.join(str(list(s)) for s in found)}; "
            f"expected [1, n, 4], [1, n, classes] and [n, 4] with n below {_MOST}"
        )
    operation.constant(2, "anchors")
    for index in operation.node.outputs:
        operation.require_types(operation.graph.tensors[index], types=("float32",))
    options = _options(operation)
    _fields(operation, options)
    count = _count(operation, options, "max_detections")
    return [(1, count, 4), (1, count), (1, count), (1,)]


def _anchors(operation: Operation) -> npt.NDArray[np.float32]:
    """[n, 4]: centre y, centre x, height, width."""
    tensor, values = operation.input(2), operation.constant(2, "anchors")
    if tensor.dtype == "float32":
        return np.asarray(values, np.float32)
    steps = values.astype(np.int32) - tensor.zero_point
    return np.float32(tensor.scale) * steps.astype(np.float32)


def _fields(operation: Operation, options: _Options) -> tuple[tuple[str, Value], ...]:
    boxes, num_scores = operation.input(1).shape[1:]
    classes = _count(operation, options, "num_classes")
    if num_scores - classes not in (0, 1):
        raise operation.reject(
            f"has {num_scores} scores a box for num_classes {classes}; expected as many, "
            "or one more for the background"
        )
    ranks = _count(operation, options, "max_classes_per_detection")
    if ranks != 1:
        raise operation.reject(
            f"has max_classes_per_detection {ranks}; supported: 1, with more the reference "
            "interpreter writes outside its outputs"
        )
    is_per_class = bool(options["use_regular_nms"])
    kept = _count(operation, options, "detections_per_class" if is_per_class else "max_detections")
    return (
        ("num_boxes", boxes),
        ("num_scores", num_scores),
        ("num_classes", classes),
        ("max_detections", _count(operation, options, "max_detections")),
        ("max_kept", min(kept, boxes)),
        ("is_per_class", int(is_per_class)),
        ("score_threshold", _real(operation, options, "nms_score_threshold")),
        ("overlap_limit", _positive(operation, options, "nms_iou_threshold", 1.0)),
        ("y_scale", _positive(operation, options, "y_scale")),
        ("x_scale", _positive(operation, options, "x_scale")),
        ("height_scale", _positive(operation, options, "h_scale")),
        ("width_scale", _positive(operation, options, "w_scale")),
        ("anchors", Array.f32(_anchors(operation))),
    )


def _lower(operation: Operation) -> Lowering:
    encodings, scores = operation.input(0), operation.input(1)
    fields = _fields(operation, _options(operation))
    params = Struct("tin_detection_f32", fields)
    if encodings.dtype == "int8":
        steps: tuple[tuple[str, Value], ...] = (
            ("box_scale", encodings.scale),
            ("box_zero_point", encodings.zero_point),
            ("score_scale", scores.scale),
            ("score_zero_point", scores.zero_point),
        )
        params = Struct("tin_detection_s8", (("shape", params), *steps))
    call = KernelCall(
        function=f"tin_detection_run_{SUFFIXES[encodings.dtype]}",
        header="tin/nn/detection.h",
        params=params,
        inputs=operation.node.inputs[:2],
        outputs=operation.node.outputs,
        scratch="int8",
    )
    kept = dict(fields)["max_kept"]
    assert isinstance(kept, int)
    scratch = _KEPT_BYTES * kept + _CANDIDATE_BYTES * encodings.shape[1]
    return Lowering((call,), ("nn/tin_detection.c", "dsp/tin_math.c"), scratch_bytes=scratch)


OPERATORS = (
    Operator("TFLite_Detection_PostProcess", "detection", _shape, _lower, defined_here=("int8",)),
)
