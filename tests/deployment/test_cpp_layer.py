"""Programs written the way existing firmware is written, against the C++ layer."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from tinsmith.toolchain import zig

FLAGS = ["-std=c++11", "-fno-exceptions", "-fno-rtti", "-Wall", "-Wextra", "-Werror", "-O1"]

# A microphone firmware: a callback over an int16 buffer, its own ei_printf, labels, anomaly.
FIRMWARE = r"""
#include "edge-impulse-sdk/classifier/ei_run_classifier.h"
#include "edge-impulse-sdk/classifier/ei_classifier_smooth.h"
#include "edge-impulse-sdk/dsp/numpy.hpp"
#include "edge-impulse-sdk/porting/ei_classifier_porting.h"
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#if !defined(EI_CLASSIFIER_SENSOR) || EI_CLASSIFIER_SENSOR != EI_CLASSIFIER_SENSOR_ACCELEROMETER
#error "wrong sensor"
#endif

void ei_printf(const char *format, ...) {
    char line[256];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(line, sizeof(line), format, arguments);
    va_end(arguments);
    printf("%s", line);
}

static int16_t buffer[EI_CLASSIFIER_DSP_INPUT_FRAME_SIZE];

static int get_samples(size_t offset, size_t length, float *out_ptr) {
    return numpy::int16_to_float(&buffer[offset], out_ptr, length);
}

static int broken(size_t, size_t, float *) { return 1; }

int main() {
    for (int i = 0; i < EI_CLASSIFIER_DSP_INPUT_FRAME_SIZE; i++) {
        buffer[i] = static_cast<int16_t>(i * 7 % 11 - 5);
    }
    ei_impulse_result_t result = {};
    signal_t signal;
    signal.total_length = EI_CLASSIFIER_DSP_INPUT_FRAME_SIZE;
    signal.get_data = &get_samples;
    run_classifier_init();
    EI_IMPULSE_ERROR r = run_classifier(&signal, &result, false);
    ei_printf("run_classifier returned: %d\n", r);
    for (size_t ix = 0; ix < EI_CLASSIFIER_LABEL_COUNT; ix++) {
        const char *label = ei_classifier_inferencing_categories[ix];
        if (strcmp(result.classification[ix].label, label) != 0) {
            return 1;
        }
        ei_printf("%.9g\n", static_cast<double>(result.classification[ix].value));
    }
#if EI_CLASSIFIER_HAS_ANOMALY == 1
    ei_printf("%.9g\n", static_cast<double>(result.anomaly));
#endif
    display_results(&ei_default_impulse, &result);

    ei_classifier_smooth_t smooth;
    ei_classifier_smooth_init(&smooth, 5, 3, -1000.0f, 1e9f);
    for (int i = 0; i < 3; i++) {
        ei_printf("smooth: %s\n", ei_classifier_smooth_update(&smooth, &result));
    }
    ei_classifier_smooth_free(&smooth);

    signal.total_length = 5;
    ei_printf("short: %d\n", run_classifier(&signal, &result));
    signal.total_length = EI_CLASSIFIER_DSP_INPUT_FRAME_SIZE;
    signal.get_data = &broken;
    ei_printf("broken: %d\n", run_classifier(&signal, &result));
    run_classifier_deinit();
    return 0;
}
"""

# Slices of a stream: scores are 0 until a window is full, then those of the last window.
CONTINUOUS = r"""
#define EI_CLASSIFIER_SLICES_PER_MODEL_WINDOW 4
#include "edge-impulse-sdk/classifier/ei_run_classifier.h"
#include <stdio.h>
#include <string.h>

#define AXES EI_CLASSIFIER_RAW_SAMPLES_PER_FRAME
#define SLICE (EI_CLASSIFIER_SLICE_SIZE * AXES)
#define WINDOW EI_CLASSIFIER_DSP_INPUT_FRAME_SIZE

static float stream[SLICE * 11];

static bool same(const ei_impulse_result_t &a, const ei_impulse_result_t &b) {
    bool equal = a.anomaly == b.anomaly;
    for (size_t i = 0; i < EI_CLASSIFIER_LABEL_COUNT; i++) {
        equal = equal && a.classification[i].value == b.classification[i].value;
    }
    return equal;
}

int main() {
    for (int i = 0; i < SLICE * 11; i++) {
        stream[i] = static_cast<float>(i * 13 % 29) * 0.25f - 3.0f;
    }
    ei_impulse_result_t zero;
    memset(&zero, 0, sizeof(zero));
    for (int round = 0; round < 2; round++) {
        run_classifier_init();
        for (int i = 0; i < 11; i++) {
            signal_t slice;
            numpy::signal_from_buffer(&stream[i * SLICE], SLICE, &slice);
            ei_impulse_result_t result;
            if (run_classifier_continuous(&slice, &result, false, true) != EI_IMPULSE_OK) {
                return 1;
            }
            int received = (i + 1) * SLICE;
            if (received < WINDOW) {
                printf("%d", same(result, zero));
                continue;
            }
            signal_t window;
            numpy::signal_from_buffer(&stream[received - WINDOW], WINDOW, &window);
            ei_impulse_result_t whole;
            if (run_classifier(&window, &whole) != EI_IMPULSE_OK) {
                return 1;
            }
            printf("%d", same(result, whole) && !same(result, zero));
        }
    }
    signal_t uneven;
    numpy::signal_from_buffer(stream, AXES + 1, &uneven);
    ei_impulse_result_t result;
    printf(" %d\n", run_classifier_continuous(&uneven, &result));
    return 0;
}
"""

# Cancelling, a clock of the firmware's own, a handle, debug output; two files with the same header.
HANDLE = r"""
#include "edge-impulse-sdk/classifier/ei_run_classifier.h"
#include <stdio.h>

static bool is_canceled = false;
static uint64_t now = 0;

EI_IMPULSE_ERROR ei_run_impulse_check_canceled() {
    return is_canceled ? EI_IMPULSE_CANCELED : EI_IMPULSE_OK;
}

uint64_t ei_read_timer_us() { return now += 1700; }

ei_impulse_handle_t *other_handle();

int main() {
    static float window[EI_CLASSIFIER_DSP_INPUT_FRAME_SIZE];
    ei::signal_t signal;
    ei::numpy::signal_from_buffer(window, EI_CLASSIFIER_DSP_INPUT_FRAME_SIZE, &signal);
    ei_impulse_result_t result;
    printf("%d", other_handle() == &ei_default_impulse);
    printf(" %d", process_impulse(&ei_default_impulse, &signal, &result, true));
    printf(" %d %d %d", result.timing.dsp, result.timing.classification, result.timing.anomaly);
    is_canceled = true;
    printf(" %d", run_classifier(&ei_default_impulse, &signal, &result));
    printf(" %s %d\n", ei_default_impulse.impulse->categories[0],
           (int)ei_default_impulse.impulse->label_count);
    return 0;
}
"""

OTHER = r"""
#include "edge-impulse-sdk/classifier/ei_run_classifier.h"
ei_impulse_handle_t *other_handle();
ei_impulse_handle_t *other_handle() { return &ei_default_impulse; }
"""

BARE = r"""
#include "edge-impulse-sdk/classifier/ei_run_classifier.h"
static float window[EI_CLASSIFIER_DSP_INPUT_FRAME_SIZE];
extern "C" int classify() {
    signal_t signal;
    numpy::signal_from_buffer(window, EI_CLASSIFIER_DSP_INPUT_FRAME_SIZE, &signal);
    ei_impulse_result_t result;
    return run_classifier(&signal, &result) + run_classifier_continuous(&signal, &result);
}
"""

METADATA_IN_C = r"""
#include "model-parameters/model_metadata.h"
#if EI_CLASSIFIER_RAW_SAMPLE_COUNT != 26 || EI_CLASSIFIER_LABEL_COUNT != 3
#error "wrong sizes"
#endif
#if EI_CLASSIFIER_HAS_ANOMALY != EI_ANOMALY_TYPE_KMEANS || EI_CLASSIFIER_QUANTIZATION_ENABLED
#error "wrong properties"
#endif
int slice(void);
int slice(void) { return EI_CLASSIFIER_SLICE_SIZE; }
"""


Compile = Callable[..., str]


@pytest.fixture(scope="module")
def archive(library: Path, output_of: Compile, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The C library of the package."""
    build = tmp_path_factory.mktemp("layer")
    try:
        output_of("make", "-s", "library", f"BUILD={build}", "CC=gcc", cwd=library)
    except FileNotFoundError:
        pytest.skip("make is not installed")
    return build / "libtoy_motion.a"


@pytest.fixture
def run_firmware(
    library: Path,
    archive: Path,
    tmp_path: Path,
    need: Callable[..., None],
    output_of: Compile,
) -> Compile:
    """Compiles C++ sources against the package and runs the program."""
    need("g++")

    def run(*texts: str, flags: Sequence[str] = ()) -> str:
        sources = []
        for index, text in enumerate(texts):
            sources.append(tmp_path / f"firmware{index}.cpp")
            sources[-1].write_text(text)
        program = tmp_path / "firmware"
        folders = ["-I", library / "include", "-I", library / "model"]
        port = library / "src" / "port" / "tin_port.cpp"
        parts = [*FLAGS, *flags, *folders, *sources, port, archive, "-o", program]
        output_of("g++", *parts, cwd=tmp_path)
        return output_of(program, cwd=tmp_path)

    return run


@pytest.mark.slow
def test_firmware_with_a_callback_and_its_own_printf(
    run_firmware: Compile, library: Path, archive: Path, output_of: Compile, tmp_path: Path
) -> None:
    lines = run_firmware(FIRMWARE).splitlines()
    assert lines[0] == "run_classifier returned: 0"
    text = ",".join(str(i * 7 % 11 - 5) for i in range(78))
    build = archive.parent
    output_of("make", "-s", f"BUILD={build}", f"{build}/toy_motion_c", "CC=gcc", cwd=library)
    scores = [
        line.rpartition(": ")[2]
        for line in output_of(build / "toy_motion_c", text, cwd=tmp_path).splitlines()
    ]
    assert lines[1:5] == scores
    assert lines[5].startswith("Timing: DSP ")
    best = max(range(3), key=lambda index: float(scores[index]))
    label = ("idle", 'wa"ve', "snäke")[best]
    assert lines[-5:] == [
        "smooth: uncertain",
        "smooth: uncertain",
        f"smooth: {label}",
        "short: -1",
        "broken: -5",
    ]


@pytest.mark.slow
def test_continuous_scores_are_those_of_the_last_window(run_firmware: Compile) -> None:
    assert run_firmware(CONTINUOUS) == "1" * 22 + " -1\n"


def test_plain_function_pointers_work(run_firmware: Compile) -> None:
    flags = ["-DEIDSP_SIGNAL_C_FN_POINTER=1"]
    assert run_firmware(CONTINUOUS, flags=flags) == "1" * 22 + " -1\n"
    assert "broken: -5" in run_firmware(FIRMWARE, flags=flags)


def test_handles_timing_and_cancelling(run_firmware: Compile) -> None:
    head, _, tail = run_firmware(HANDLE, OTHER).partition("Features:")
    assert head == "1"
    # One tick of the fake clock is 1.7 ms, rounded to 2.
    assert tail.splitlines()[-1] == " 0 2 2 2 -2 idle 3"


def test_a_microcontroller_needs_no_cxx_library(library: Path, tmp_path: Path) -> None:
    (tmp_path / "firmware.cpp").write_text(BARE)
    core = ["-target", "thumb-freestanding-eabihf", "-mcpu=cortex_m4+vfp4d16sp", "-nostdinc++"]
    folders = [f"-I{library / 'include'}", f"-I{library / 'model'}"]
    flags = [*FLAGS, "-DEIDSP_SIGNAL_C_FN_POINTER=1", *folders, "-c", "firmware.cpp", "-o", "f.o"]
    zig.compile_c([*core, *flags], cwd=tmp_path, cxx=True)
    names = rb"\0(_ZNK?St\w*|_ZSt\w*|_Zn[aw]\w*|_Zd[al]\w*|__cxa\w*|malloc)\0"
    undefined = re.findall(names, (tmp_path / "f.o").read_bytes())
    assert not undefined


def test_metadata_is_plain_c(
    library: Path, tmp_path: Path, need: Callable[..., None], output_of: Compile
) -> None:
    need("gcc")
    source = tmp_path / "metadata.c"
    source.write_text(METADATA_IN_C)
    flags = ["-std=c99", "-Wall", "-Wextra", "-Wpedantic", "-Werror", "-fsyntax-only"]
    output_of("gcc", *flags, "-I", library / "include", source, cwd=tmp_path)
