"""The deployment target `cpp-library`: sources, C and C++ interfaces, examples, build files.

include/tin/                 C API, only the headers needed
include/tin_cpp/, include/edge-impulse-sdk/, include/model-parameters/    C++ layer
src/                         the core, only the files needed
model/                       generated network, configuration and tables
examples/                    main.c, main.cpp, a test window and its scores
CMakeLists.txt Makefile README.md LICENSE verification.json sbom.cdx.json
"""

from __future__ import annotations

import numpy as np

from tinsmith import __version__
from tinsmith.deployment.includes import needed_headers, runtime_files
from tinsmith.deployment.metadata import (
    METADATA_NAME,
    VARIABLES_NAME,
    model_metadata,
    model_variables,
    sensor,
)
from tinsmith.deployment.rendering import TEMPLATES, render
from tinsmith.deployment.report import Quality, VerificationReport
from tinsmith.deployment.sbom import SBOM_NAME, bill_of_materials
from tinsmith.deployment.subject import FloatArray, Subject
from tinsmith.deployment.verify import Verification

_PORT_SOURCE = "src/port/tin_port.cpp"
# Beside what the impulse itself runs: continuous classification.
_EXTRA_SOURCES = ("src/sdk/tin_slices.c",)
_FORWARDING = "include/edge-impulse-sdk"
_GENERATED = "model"


def package(subject: Subject, verification: Verification) -> dict[str, bytes]:
    """All files of the library by path; the same arguments give the same bytes."""
    sources = source_files(subject)
    files = {
        **sources,
        **_examples(subject, verification),
        **_documents(subject, verification, sorted(sources)),
        "LICENSE": (TEMPLATES / "LICENSE").read_bytes(),
        "verification.json": verification.report.to_json(),
    }
    files[SBOM_NAME] = bill_of_materials(subject.name, files, generated=_GENERATED)
    return files


def source_files(subject: Subject) -> dict[str, bytes]:
    """Sources and headers that the impulse and the two interfaces need, by path in the package."""
    generated = {f"{_GENERATED}/{item.name}": item.text.encode() for item in subject.sources} | {
        f"include/{METADATA_NAME}": model_metadata(subject).encode(),
        f"include/{VARIABLES_NAME}": model_variables(subject).encode(),
    }
    available = runtime_files() | generated
    roots = [
        *(f"src/{name}" for name in subject.core_sources),
        *_EXTRA_SOURCES,
        _PORT_SOURCE,
        *generated,
        *(path for path in available if path.startswith(f"{_FORWARDING}/")),
    ]
    headers = needed_headers(roots, available, ("include", _GENERATED))
    return {path: available[path] for path in sorted({*roots, *headers})}


def _examples(subject: Subject, verification: Verification) -> dict[str, bytes]:
    names = ("features.h", "main.c", "main.cpp")
    files = {f"examples/{name}": (TEMPLATES / "cpp_library" / name).read_bytes() for name in names}
    window = ",".join(_text(value) for value in verification.windows[0])
    files["examples/window.csv"] = f"{window}\n".encode()
    files["examples/expected.txt"] = expected_output(subject, verification.values[0]).encode()
    return files


def expected_output(subject: Subject, values: FloatArray) -> str:
    """What the example programs print for one window: scores of the labels, then the anomaly."""
    first = subject.network_offset
    rows = list(zip(subject.labels, values[first:], strict=False))
    if subject.anomaly_offset is not None:
        rows.append(("anomaly", values[subject.anomaly_offset]))
    return "".join(f"{name}: {_text(value)}\n" for name, value in rows)


def _text(value: np.float32) -> str:
    # Nine significant digits bring a float32 back to the same bits.
    return f"{float(value):.9g}"


def _documents(subject: Subject, verification: Verification, paths: list[str]) -> dict[str, bytes]:
    compiled = [path for path in paths if path.endswith((".c", ".S"))]
    values = {
        "name": subject.name,
        "title": _plain(subject.title),
        "variant": subject.variant,
        "version": __version__,
        "summary": _summary(subject),
        "sources": compiled,
        "port": _PORT_SOURCE,
        "report": verification.report,
        "where": "in an emulator" if verification.report.instructions else "there",
        "facts": _facts(subject, verification.report),
        "memory": _memory(verification.report),
        "ring_bytes": 4 * subject.layout.window_length,
        "has_anomaly": subject.has_anomaly,
        "input_note": _input_note(subject),
    }
    return {
        name: render("cpp_library", f"{name}.j2", values)
        for name in ("CMakeLists.txt", "Makefile", "README.md")
    }


def _plain(text: str) -> str:
    """Text that neither breaks a line nor a table."""
    return " ".join(text.replace("|", "/").split())


def _summary(subject: Subject) -> str:
    what = {
        "classification": f"Tells {_plain(', '.join(subject.labels))} apart",
        "regression": "Estimates a number",
        "none": "Scores how unusual a window is",
    }[subject.learning]
    also = " and scores how unusual a window is" if subject.has_anomaly else ""
    return what + (also if subject.learning != "none" else "") + "."


def _input_note(subject: Subject) -> str:
    if subject.image_size:
        return " A pixel is one number, 0xRRGGBB, row by row."
    if sensor(subject) == "MICROPHONE":
        return " Audio is on the int16 scale, −32768 to 32767."
    return ""


def _facts(subject: Subject, report: VerificationReport) -> list[tuple[str, str]]:
    facts = [("window", _window(subject))]
    if not subject.image_size:
        facts.append(("axes", _plain(", ".join(subject.axis_names))))
    facts.append(("features", f"{subject.layout.num_features}"))
    if subject.labels:
        facts.append(("scores", _plain(", ".join(subject.labels))))
    if subject.has_anomaly:
        facts.append(("anomaly", "above 0: outside everything seen in training"))
    if report.quality:
        facts.append(_quality(report.quality))
    return facts


def _quality(quality: Quality) -> tuple[str, str]:
    if quality.metric == "accuracy":
        return "accuracy", f"{quality.value:.1%} of {quality.windows} test windows"
    return "mean absolute error", f"{quality.value:.4g} on {quality.windows} test windows"


def _window(subject: Subject) -> str:
    if subject.image_size:
        height, width = subject.image_size
        return f"picture of {width} × {height} pixels"
    duration = subject.num_frames * subject.interval_ms
    return (
        f"{subject.num_frames} frames × {subject.num_axes} axes = {subject.layout.window_length} "
        f"values, one frame every {subject.interval_ms:g} ms ({duration:g} ms)"
    )


def _memory(report: VerificationReport) -> list[tuple[str, str]]:
    memory = report.memory
    rows = [
        ("features", memory.features),
        ("scores", memory.values),
        ("scratch (all stages share it)", memory.scratch),
        ("stack", memory.stack),
        ("RAM: static memory of a minimal firmware", memory.static_ram),
        ("flash of a minimal firmware", memory.flash),
    ]
    table = [(name, f"{size:,} bytes") for name, size in rows if size is not None]
    if report.instructions is not None:
        table.append(("instructions for a window", f"{report.instructions:,}"))
    return table
