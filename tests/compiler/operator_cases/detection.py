"""TFLite_Detection_PostProcess.

The reference leaves what it found in memory in slots without a detection, so every box counts
here and there are always enough; `test_detection.py` looks at the others.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from flatbuffers import flexbuffers

from operator_cases.making import Case, scale_of

_OPTIONS = {
    "max_detections": 5,
    "max_classes_per_detection": 1,
    "detections_per_class": 4,
    "num_classes": 3,
    "nms_score_threshold": -1e9,
    "nms_iou_threshold": 0.4,
    "y_scale": 20.0,
    "x_scale": 10.0,
    "h_scale": 25.0,
    "w_scale": 40.0,
    "use_regular_nms": False,
}


def options_bytes(**changes: Any) -> bytes:
    """The options as a flexbuffer; None takes one away."""
    builder = flexbuffers.Builder()
    with builder.Map():
        for name, value in {**_OPTIONS, **changes}.items():
            if value is not None:
                builder.Add(name, value)
    return bytes(builder.Finish())


def detector(
    dtype: str, boxes: int = 30, *, num_scores: int = 4, steps: bool = False, **changes: Any
) -> Case:
    """Anchors in a grid of overlapping squares; `changes` of the options.

    `num_scores` is one more than the number of classes where the first means background.
    With `steps` float anchors are multiples of int8's scale.
    """
    found = min({**_OPTIONS, **changes}["max_detections"], 100)

    def make(maker: Any, rng: np.random.Generator) -> bytes:
        columns = int(np.ceil(np.sqrt(boxes)))
        centres = np.stack(np.divmod(np.arange(boxes), columns), 1) / columns
        anchors = np.concatenate([centres, rng.uniform(0.2, 0.4, (boxes, 2))], 1)
        if steps:
            anchors = np.round(anchors * 127.0)
            if dtype == "float32":
                anchors = np.float32(1 / 127) * anchors.astype(np.float32)
        encodings = maker.tensor((1, boxes, 4), dtype, **scale_of(dtype, 0.3, 4))
        scores = maker.tensor((1, boxes, num_scores), dtype, **scale_of(dtype, 1 / 256, -128))
        constant = maker.tensor((boxes, 4), dtype, data=anchors, **scale_of(dtype, 1 / 127, 0))
        shapes = ((1, found, 4), (1, found), (1, found), (1,))
        outputs = [maker.tensor(shape, "float32") for shape in shapes]
        inputs = [encodings, scores, constant]
        maker.operator(
            "TFLite_Detection_PostProcess", inputs, outputs, custom=options_bytes(**changes)
        )
        return bytes(maker.finish(inputs[:2], outputs))

    return make


CASES: dict[str, Case] = {
    f"detection_{name}": detector("float32", **changes)
    for name, changes in {
        "fast": {},
        "fast_without_background": {"num_scores": 3},
        "fast_one_class": {"num_classes": 1, "num_scores": 2},
        "fast_strict": {"nms_iou_threshold": 0.1, "max_detections": 2},
        "per_class": {"use_regular_nms": True},
        "per_class_without_background": {"use_regular_nms": True, "num_scores": 3},
        "per_class_one": {
            "use_regular_nms": True,
            "num_classes": 1,
            "num_scores": 1,
            "detections_per_class": 9,
        },
        "per_class_many": {
            "use_regular_nms": True,
            "num_classes": 20,
            "num_scores": 21,
            "boxes": 60,
        },
    }.items()
}
