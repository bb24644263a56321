"""Post-processing of detections: slots without one, ties, and what is refused."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from operator_cases.detection import detector

from tinsmith.compiler import compile_model
from tinsmith.core.errors import UnsupportedError

_COARSE = (2, 5, 50)


def _inputs(boxes: int, num_scores: int, count: int) -> Any:
    """(encodings, scores) in steps of int8; scores of few levels, so that many are equal."""
    rng = np.random.default_rng(5)
    for index in range(count):
        levels = _COARSE[index % len(_COARSE)]
        scores = np.round(rng.integers(0, levels + 1, boxes * num_scores) / levels * 255 - 128)
        yield np.round(rng.standard_normal(boxes * 4) * 20.0), scores


def _reals(encodings: Any, scores: Any) -> Any:
    """What the steps mean, each rounded once, as float32 does."""
    return np.concatenate(
        [
            np.float32(0.3) * (encodings - 4).astype(np.float32),
            np.float32(1 / 256) * (scores + 128).astype(np.float32),
        ]
    )


@pytest.mark.parametrize("regular", [False, True], ids=["fast", "per_class"])
@pytest.mark.parametrize(
    ("boxes", "classes", "threshold", "expected_counts"),
    [
        (30, 3, 0.3, {8}),
        (30, 3, 0.999, None),
        (30, 3, 2.0, {0}),
        (2, 3, 0.3, None),
        (30, 1, 0.6, None),
        (80, 12, 0.3, {8}),
    ],
)
def test_detections_equal_the_reference_and_other_slots_are_zero(
    bundle_of: Any,
    new_maker: type,
    oracle: Any,
    regular: bool,
    boxes: int,
    classes: int,
    threshold: float,
    expected_counts: set[int] | None,
) -> None:
    case = detector(
        "float32",
        boxes,
        num_scores=classes + 1,
        num_classes=classes,
        nms_score_threshold=threshold,
        use_regular_nms=regular,
        max_detections=8,
    )
    bundle = bundle_of({"network": case(new_maker(), np.random.default_rng(0))})
    reference = oracle(bundle.files["network"])
    windows = np.array([_reals(*pair) for pair in _inputs(boxes, classes + 1, 20)])
    counts = set()
    for window, row in zip(windows, bundle.run("host", windows).values, strict=True):
        reference.run(bundle.split_inputs(window)["network"])
        outputs = bundle.split_outputs(row)["network"]
        count = int(outputs[3][0])
        counts.add(count)
        assert count == int(reference.output(3)[0])
        for index, output in enumerate(outputs[:3]):
            expected = reference.output(index)[:, :count]
            np.testing.assert_allclose(output[:, :count], expected, rtol=1e-5, atol=1e-5)
            assert not output[:, count:].any()
    assert counts == expected_counts if expected_counts else min(counts) < 8


@pytest.mark.parametrize("name", ["host", pytest.param("cortex-m4f", marks=pytest.mark.slow)])
@pytest.mark.parametrize("regular", [False, True], ids=["fast", "per_class"])
def test_int8_inputs_give_the_bits_of_the_values_they_mean(
    bundle_of: Any, new_maker: type, name: str, regular: bool
) -> None:
    """The reference interpreter has no kernel for int8."""
    models = {}
    for dtype in ("int8", "float32"):
        case = detector(dtype, steps=True, use_regular_nms=regular, nms_score_threshold=0.3)
        models[dtype] = bundle_of({"network": case(new_maker(), np.random.default_rng(0))})
    pairs = list(_inputs(30, 4, 10))
    steps = np.array([np.concatenate(pair) for pair in pairs], np.float32)
    reals = np.array([_reals(*pair) for pair in pairs])
    found = models["int8"].run(name, steps).values
    expected = models["float32"].run("host", reals).values
    assert found.tobytes() == expected.tobytes()


def test_boxes_that_are_no_numbers_come_out_as_one_nan(bundle_of: Any, maker: Any) -> None:
    case = detector("float32", 2, nms_score_threshold=0.3, max_detections=2)
    bundle = bundle_of({"network": case(maker, np.random.default_rng(0))})
    encodings = [np.inf, np.nan, 1e9, 1e9, 0.0, 0.0, 0.0, 0.0]
    window = np.array([[*encodings, 0.0, 0.9, np.nan, 0.1, 0.0, np.nan, 0.8, 0.1]], np.float32)
    outputs = bundle.split_outputs(bundle.run("host", window).values[0])["network"]
    bits = outputs[0].view(np.uint32)[0, 0].tolist()
    assert bits == [0x7FC00000, 0x7FC00000, 0x7F800000, 0x7FC00000]
    assert outputs[3].tolist() == [1.0]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"max_classes_per_detection": 2}, "max_classes_per_detection 2"),
        ({"nms_iou_threshold": 0.0}, "nms_iou_threshold 0; expected above 0 and at most 1"),
        ({"nms_iou_threshold": 1.5}, "nms_iou_threshold 1.5"),
        ({"nms_score_threshold": float("nan")}, "nms_score_threshold nan"),
        ({"h_scale": -1.0}, "h_scale -1"),
        ({"w_scale": None}, "w_scale None"),
        ({"num_classes": "many"}, "num_classes 'many'"),
        ({"detections_per_class": 0, "use_regular_nms": True}, "detections_per_class 0"),
        ({"max_detections": 1 << 20}, "max_detections 1048576"),
    ],
)
def test_options_that_cannot_be_are_refused(
    maker: Any, changes: dict[str, Any], message: str
) -> None:
    case = detector("float32", **changes)
    with pytest.raises(UnsupportedError, match=message):
        compile_model(case(maker, np.random.default_rng(0)), name="network")


def test_more_scores_than_classes_are_refused(maker: Any) -> None:
    case = detector("float32", num_scores=5)
    with pytest.raises(UnsupportedError, match="5 scores a box for num_classes 3"):
        compile_model(case(maker, np.random.default_rng(0)), name="network")
