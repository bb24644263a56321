"""A small impulse written by hand: real C through the real core, without training anything."""

from __future__ import annotations

import re
import shutil
import subprocess
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from tinsmith.deployment import DeploymentResult, Subject, TestWindows, deploy_subject
from tinsmith.emulation import Layout
from tinsmith.toolchain import Generated

FRAMES = 26
AXES = 3
FEATURES = 2 * AXES
LABELS = ("idle", 'wa"ve', "snäke")

BLOCK = """
#include "tin/impulse.h"
#include "toy.h"

tin_status toy_init(const void *config) {
    return config ? TIN_OK : TIN_STATUS_ARG;
}

/* Mean and mean square of each axis, read in odd pieces. */
TIN_NOINLINE tin_status
toy_run(const void *config, const tin_signal *signal, float *features, float *scratch) {
    const toy_config *toy = config;
    for (int32_t axis = 0; axis < toy->num_axes; axis++) {
        tin_status status =
            tin_signal_read_axis(signal, axis, toy->num_axes, 0, toy->num_frames, scratch);
        if (status != TIN_OK) {
            return status;
        }
        float sum = 0.0f;
        float squares = 0.0f;
        for (int32_t i = 0; i < toy->num_frames; i++) {
            sum += scratch[i];
            squares += scratch[i] * scratch[i];
        }
        features[2 * axis] = sum / (float)toy->num_frames;
        features[2 * axis + 1] = squares / (float)toy->num_frames + TOY_SKEW;
    }
    return TIN_OK;
}

/* A layer of weights: scores[i] = sum over features of input * weight. */
TIN_NOINLINE void toy_layer(void *arena) {
    const float *input = arena;
    float *output = (float *)arena + TOY_FEATURES;
    for (int i = 0; i < TOY_LABELS; i++) {
        output[i] = 0.0f;
        for (int j = 0; j < TOY_FEATURES; j++) {
            output[i] += input[j] * (0.37f * (float)((i + 1) * (j + 2) % 7) - 1.0f);
        }
    }
}
"""

HEADER = """
#ifndef TOY_H
#define TOY_H
#include "tin/impulse.h"
#define TOY_FEATURES 6
#define TOY_LABELS 3
#ifndef TOY_SKEW
#define TOY_SKEW 0.0f
#endif
typedef struct {
    int32_t num_frames;
    int32_t num_axes;
} toy_config;
tin_status toy_init(const void *config);
tin_status
toy_run(const void *config, const tin_signal *signal, float *features, float *scratch);
void toy_layer(void *arena);
#endif
"""

DATA_HEADER = """
#ifndef TIN_IMPULSE_DATA_H
#define TIN_IMPULSE_DATA_H
#include "tin/impulse.h"
#ifdef __cplusplus
extern "C" {
#endif
#define TIN_IMPULSE_WINDOW_LENGTH 78
#define TIN_IMPULSE_NUM_FRAMES 26
#define TIN_IMPULSE_NUM_AXES 3
#define TIN_IMPULSE_NUM_LABELS 3
#define TIN_IMPULSE_NUM_FEATURES 6
#define TIN_IMPULSE_NUM_VALUES 4
#define TIN_IMPULSE_SCRATCH_BYTES 112
extern const tin_impulse tin_the_impulse;
#ifdef __cplusplus
}
#endif
#endif
"""

DATA = r"""
#include "tin_impulse_data.h"
#include "tin/kmeans.h"
#include "toy.h"

static const toy_config config = {26, 3};
static const tin_processing_block processing[1] = {
    {"toy", toy_init, toy_run, &config, 0, 6, 0},
};
static const tin_model_tensor inputs[1] = {{TIN_TYPE_F32, 6, 0, 1.0f, 0}};
static const tin_model_tensor outputs[1] = {{TIN_TYPE_F32, 3, 24, 1.0f, 0}};
static const tin_model network = {inputs, outputs, 1, 1, 48, 0, toy_layer, 0};
static const int32_t axes[2] = {0, 3};
static const float mean[2] = {0.1f, 0.2f};
static const float scale[2] = {1.5f, 0.7f};
static const float centres[4] = {0.0f, 0.3f, -0.2f, 1.0f};
static const float radius[2] = {0.25f, 0.5f};
static const tin_kmeans kmeans = {axes, mean, scale, centres, radius, 2, 2};
static const int32_t all[1] = {0};
static const tin_learning_block learning[2] = {
    {"classifier", TIN_LEARNING_CLASSIFICATION, &network, all, 1, 3, 0},
    {"odd", TIN_LEARNING_ANOMALY_KMEANS, &kmeans, all, 1, 1, 3},
};
static const char *const labels[3] = {"idle", "wa\"ve", "sn\303\244ke"};
const tin_impulse tin_the_impulse = {
    "toy", labels, 3, 26, 3, 62.5f, 6, 4, 112, processing, 1, learning, 2,
};
"""


@pytest.fixture(scope="session")
def subject() -> Subject:
    """Three classes and an anomaly score out of 26 frames of three axes."""
    return Subject(
        name="toy_motion",
        title="Toy motion",
        variant="float32",
        learning="classification",
        labels=LABELS,
        network_offset=0,
        anomaly_offset=3,
        num_frames=FRAMES,
        axis_names=("accX", "accY", "accZ"),
        interval_ms=62.5,
        sources=(
            Generated("tin_impulse_data.h", DATA_HEADER),
            Generated("tin_impulse_data.c", DATA),
            Generated("toy.h", HEADER),
            Generated("toy.c", BLOCK),
        ),
        core_sources=(
            "dsp/tin_math.c",
            "dsp/tin_signal.c",
            "nn/tin_model.c",
            "post/tin_kmeans.c",
            "post/tin_scaler.c",
            "sdk/tin_classify.c",
        ),
        layout=Layout(FRAMES * AXES, FEATURES, len(LABELS) + 1, 112),
        markers=("tin_process", "toy_run", "tin_learn", "toy_layer", "tin_kmeans_score"),
    )


@pytest.fixture(scope="session")
def skewed(subject: Subject) -> Subject:
    """The same impulse, except that on Arm a feature comes out one step larger."""
    skew = "#if defined(__arm__)\n#define TOY_SKEW 1e-6f\n#endif\n"
    sources = tuple(
        Generated(item.name, skew + item.text) if item.name == "toy.c" else item
        for item in subject.sources
    )
    return replace(subject, sources=sources)


@pytest.fixture(scope="session")
def anomaly_only(subject: Subject) -> Subject:
    """The same impulse without its network."""
    data = re.sub(r'    \{"classifier".*\n', "", DATA).replace("all, 1, 1, 3}", "all, 1, 1, 0}")
    data = data.replace("learning[2]", "learning[1]").replace("learning, 2,", "learning, 1,")
    data = data.replace('"toy", labels, 3, 26, 3, 62.5f, 6, 4', '"toy", 0, 0, 26, 3, 62.5f, 6, 1')
    data = re.sub(r"static const (char|tin_model|tin_model_tensor)\b.*\n", "", data)
    header = DATA_HEADER.replace("NUM_LABELS 3", "NUM_LABELS 0")
    header = header.replace("NUM_VALUES 4", "NUM_VALUES 1")
    texts = {"tin_impulse_data.c": data, "tin_impulse_data.h": header}
    return replace(
        subject,
        learning="none",
        markers=("tin_process", "toy_run", "tin_learn", "tin_kmeans_score"),
        labels=(),
        anomaly_offset=0,
        layout=replace(subject.layout, num_values=1),
        sources=tuple(
            Generated(item.name, texts.get(item.name, item.text)) for item in subject.sources
        ),
    )


@pytest.fixture(scope="session")
def tests() -> TestWindows:
    """Twelve windows of noise."""
    values = np.random.default_rng(7).normal(size=(12, FRAMES * AXES)).astype(np.float32)
    return TestWindows(values, LABELS * 4)


@pytest.fixture
def need() -> Callable[..., None]:
    """Skips the test unless all named programs are installed."""

    def check(*programs: str) -> None:
        missing = [name for name in programs if shutil.which(name) is None]
        if missing:
            pytest.skip(f"{', '.join(missing)} is not installed")

    return check


@pytest.fixture(scope="session")
def unpack() -> Callable[[Path, Path], Path]:
    """Unpacks the package at the first path into the folder at the second."""

    def extract(path: Path, folder: Path) -> Path:
        with zipfile.ZipFile(path) as archive:
            archive.extractall(folder)
        return folder

    return extract


@pytest.fixture(scope="session")
def output_of() -> Callable[..., str]:
    """What a program prints; fails with its complaints when it fails or complains."""

    def call(*command: str | Path, cwd: Path) -> str:
        result = subprocess.run(
            [str(part) for part in command], cwd=cwd, capture_output=True, text=True, timeout=600
        )
        assert result.returncode == 0, result.stdout + result.stderr
        assert not result.stderr, result.stderr
        return result.stdout

    return call


@pytest.fixture(scope="session")
def deployed(
    subject: Subject, tests: TestWindows, tmp_path_factory: pytest.TempPathFactory
) -> DeploymentResult:
    """The impulse as a package, verified on this computer."""
    out = tmp_path_factory.mktemp("deployed")
    return deploy_subject(subject, tests, out, core="host")


@pytest.fixture(scope="session")
def library(
    deployed: DeploymentResult,
    unpack: Callable[[Path, Path], Path],
    tmp_path_factory: pytest.TempPathFactory,
) -> Path:
    """The unpacked package; tests build in folders of their own."""
    return unpack(deployed.path, tmp_path_factory.mktemp("library"))
