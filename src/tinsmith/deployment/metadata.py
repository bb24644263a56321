"""The two generated headers of the C++ layer: `model_metadata.h` and `model_variables.h`."""

from __future__ import annotations

from tinsmith.core.cvalue import define_texts, text_literal
from tinsmith.deployment.subject import Subject

METADATA_NAME = "model-parameters/model_metadata.h"
VARIABLES_NAME = "model-parameters/model_variables.h"

# Scores from here on count as a detection, unless the firmware decides otherwise.
_THRESHOLD = "0.6f"
_AUDIO_RATE_HZ = 4000.0
_RESIZE = {
    "none": "NONE",
    "fit-short": "FIT_SHORTEST",
    "fit-long": "FIT_LONGEST",
    "squash": "SQUASH",
}


def model_metadata(subject: Subject) -> str:
    """`model_metadata.h`: macros about the impulse; plain C."""
    lines = [f"#define EI_CLASSIFIER_{name} {value}\n" for name, value in _macros(subject).items()]
    return (
        "/* SPDX-License-Identifier: Apache-2.0 */\n"
        "/* Sizes and properties of the impulse, as macros. Generated. */\n"
        "#ifndef TIN_MODEL_METADATA_H\n#define TIN_MODEL_METADATA_H\n\n"
        '#include "tin_cpp/constants.h"\n\n'
        f"{''.join(lines)}\n"
        "/* Slices of a window in continuous classification; may be set before the include. */\n"
        "#ifndef EI_CLASSIFIER_SLICES_PER_MODEL_WINDOW\n"
        "#define EI_CLASSIFIER_SLICES_PER_MODEL_WINDOW 4\n"
        "#endif\n"
        "#define EI_CLASSIFIER_SLICE_SIZE \\\n"
        "    (EI_CLASSIFIER_RAW_SAMPLE_COUNT / EI_CLASSIFIER_SLICES_PER_MODEL_WINDOW)\n\n"
        "#endif\n"
    )


def model_variables(subject: Subject) -> str:
    """`model_variables.h`: the categories and the default impulse; C++."""
    name = "ei_classifier_inferencing_categories"
    categories = (
        define_texts(name, subject.labels)
        if subject.labels
        else f"static const char *const *const {name} = 0;\n"
    )
    return (
        "/* SPDX-License-Identifier: Apache-2.0 */\n"
        "/* The categories of the impulse, and the impulse with its memory. Generated. */\n"
        "#ifndef TIN_MODEL_VARIABLES_H\n#define TIN_MODEL_VARIABLES_H\n\n"
        f"{categories}\n"
        '#include "tin_cpp/default_impulse.hpp"\n\n'
        "#endif\n"
    )


def _macros(subject: Subject) -> dict[str, str | int]:
    return {
        **_project(subject),
        **_input(subject),
        **_results(subject),
        **_model(subject),
        **_ABSENT,
    }


# Features of other platforms that firmware asks about; none is part of this library.
_ABSENT: dict[str, str | int] = {
    "OBJECT_DETECTION": 0,
    "OBJECT_DETECTION_LAST_LAYER": "EI_CLASSIFIER_LAST_LAYER_UNKNOWN",
    "OBJECT_DETECTION_COUNT": 0,
    "OBJECT_TRACKING_ENABLED": 0,
    "OBJECT_COUNTING_ENABLED": 0,
    "CALIBRATION_ENABLED": 0,
    "FREEFORM_OUTPUT": 0,
    "HR_ENABLED": 0,
    "EEG_ENABLED": 0,
}


def _project(subject: Subject) -> dict[str, str | int]:
    return {
        "PROJECT_ID": 0,
        "PROJECT_OWNER": text_literal(""),
        "PROJECT_NAME": text_literal(subject.title),
        "PROJECT_DEPLOY_VERSION": 1,
    }


def _input(subject: Subject) -> dict[str, str | int]:
    height, width = subject.image_size or (0, 0)
    rate = 1000.0 / subject.interval_ms if subject.interval_ms else 0.0
    return {
        "RAW_SAMPLE_COUNT": subject.num_frames,
        "RAW_SAMPLES_PER_FRAME": subject.num_axes,
        "DSP_INPUT_FRAME_SIZE": subject.layout.window_length,
        "INPUT_WIDTH": width,
        "INPUT_HEIGHT": height,
        "INPUT_FRAMES": 1 if subject.image_size else 0,
        "RESIZE_MODE": f"EI_CLASSIFIER_RESIZE_{_RESIZE[subject.resize_mode]}",
        "INTERVAL_MS": _number(subject.interval_ms),
        "FREQUENCY": _number(float(round(rate)) if abs(rate - round(rate)) < 0.01 else rate),
        "SENSOR": f"EI_CLASSIFIER_SENSOR_{sensor(subject)}",
        "FUSION_AXES_STRING": text_literal(" + ".join(subject.axis_names)),
        "SINGLE_FEATURE_INPUT": 1,
    }


def sensor(subject: Subject) -> str:
    """The sensor firmware should sample, as far as names and rate tell."""
    if subject.image_size:
        return "CAMERA"
    names = [name.lower() for name in subject.axis_names]
    if all(name.startswith("acc") for name in names):
        return "ACCELEROMETER"
    if len(names) == 1 and 1000.0 / subject.interval_ms >= _AUDIO_RATE_HZ:
        return "MICROPHONE"
    return "FUSION" if len(names) > 1 else "UNKNOWN"


def _results(subject: Subject) -> dict[str, str | int]:
    anomaly = int(subject.has_anomaly)
    return {
        "NN_INPUT_FRAME_SIZE": subject.layout.num_features,
        "NN_OUTPUT_COUNT": len(subject.labels),
        "LABEL_COUNT": len(subject.labels),
        "THRESHOLD": _THRESHOLD,
        "HAS_ANOMALY": "EI_ANOMALY_TYPE_KMEANS" if anomaly else "EI_ANOMALY_TYPE_UNKNOWN",
        "HAS_ANOMALY_KMEANS": anomaly,
        "HAS_ANOMALY_GMM": 0,
        "HAS_VISUAL_ANOMALY": 0,
        "HAS_ANOMALY_VISUAL_GMM": 0,
        "HAS_ANOMALY_VISUAL_PATCHCORE": 0,
    }


def _model(subject: Subject) -> dict[str, str | int]:
    is_int8 = subject.variant == "int8"
    has_network = subject.learning != "none"
    datatype = f"EI_CLASSIFIER_DATATYPE_{'INT8' if is_int8 else 'FLOAT32'}"
    return {
        "INFERENCING_ENGINE": f"EI_CLASSIFIER_{'TFLITE' if has_network else 'NONE'}",
        "COMPILED": 1,
        "HAS_TFLITE_OPS_RESOLVER": 0,
        "HAS_MODEL_VARIABLES": 1,
        "HAS_DATA_NORMALIZATION": int(has_network),
        "QUANTIZATION_ENABLED": int(is_int8),
        "TFLITE_INPUT_DATATYPE": datatype,
        "TFLITE_OUTPUT_DATATYPE": datatype,
        "TFLITE_LARGEST_ARENA_SIZE": subject.layout.scratch_bytes,
    }


def _number(value: float) -> str:
    """A whole number without a point, so that the preprocessor can compare it; else a double."""
    return str(int(value)) if value.is_integer() else repr(value)
