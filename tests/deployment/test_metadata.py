"""What the generated macros say about an impulse."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from tinsmith.deployment import Subject
from tinsmith.deployment.metadata import model_metadata, model_variables


def macros(subject: Subject) -> dict[str, str]:
    found = re.findall(r"#define EI_CLASSIFIER_(\w+) (.+)", model_metadata(subject))
    return dict(found)


def test_sizes_and_rates(subject: Subject) -> None:
    values = macros(subject)
    assert values["RAW_SAMPLE_COUNT"] == "26"
    assert values["RAW_SAMPLES_PER_FRAME"] == "3"
    assert values["DSP_INPUT_FRAME_SIZE"] == "78"
    assert values["INTERVAL_MS"] == "62.5"
    assert values["FREQUENCY"] == "16"
    assert values["FUSION_AXES_STRING"] == '"accX + accY + accZ"'
    assert values["HAS_ANOMALY"] == "EI_ANOMALY_TYPE_KMEANS"


def test_pictures(subject: Subject) -> None:
    picture = replace(
        subject,
        image_size=(48, 96),
        num_frames=48 * 96,
        axis_names=("rgb",),
        interval_ms=0.0,
        resize_mode="fit-short",
        anomaly_offset=None,
        variant="int8",
    )
    values = macros(picture)
    assert (values["INPUT_WIDTH"], values["INPUT_HEIGHT"]) == ("96", "48")
    assert values["RESIZE_MODE"] == "EI_CLASSIFIER_RESIZE_FIT_SHORTEST"
    assert values["SENSOR"] == "EI_CLASSIFIER_SENSOR_CAMERA"
    assert values["TFLITE_INPUT_DATATYPE"] == "EI_CLASSIFIER_DATATYPE_INT8"
    assert values["HAS_ANOMALY"] == "EI_ANOMALY_TYPE_UNKNOWN"


@pytest.mark.parametrize(
    ("axes", "interval_ms", "sensor"),
    [
        (("audio",), 0.0625, "MICROPHONE"),
        (("accX", "accY"), 10.0, "ACCELEROMETER"),
        (("accX", "gyrX"), 10.0, "FUSION"),
        (("temperature",), 1000.0, "UNKNOWN"),
    ],
)
def test_the_sensor_follows_from_names_and_rate(
    subject: Subject, axes: tuple[str, ...], interval_ms: float, sensor: str
) -> None:
    other = replace(subject, axis_names=axes, interval_ms=interval_ms)
    assert macros(other)["SENSOR"] == f"EI_CLASSIFIER_SENSOR_{sensor}"


def test_labels_are_escaped(subject: Subject) -> None:
    text = model_variables(subject)
    assert r'"wa\042ve"' in text
    assert r'"sn\303\244ke"' in text


def test_a_title_cannot_break_out_of_its_string(subject: Subject) -> None:
    rude = replace(subject, title='a"\n#error gotcha\n\\')
    assert "#error" not in model_metadata(rude).split('"a')[0]
    assert len(model_metadata(rude).splitlines()) == len(model_metadata(subject).splitlines())
