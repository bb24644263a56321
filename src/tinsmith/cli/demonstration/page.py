"""The demonstration's report: one HTML file with everything inside."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tinsmith import __version__
from tinsmith.cli.demonstration import plots
from tinsmith.cli.demonstration.steps import PROGRAM_WINDOWS, Demonstration
from tinsmith.cli.output import count, kilobytes, percent
from tinsmith.core.errors import VerificationError
from tinsmith.core.paths import write_atomic
from tinsmith.impulse.design import ImageInput
from tinsmith.impulse.evaluate import Evaluation
from tinsmith.impulse.fitted import FittedImpulse
from tinsmith.impulse.profile import Profile

CREDIT = (
    "D. M. Burns et al., “Shoulder physiotherapy exercise recognition: machine learning the "
    "inertial signals from a smartwatch”, Physiological Measurement 2018, from the package "
    "seglearn (BSD-3-Clause)."
)


def write(demo: Demonstration, found: dict[str, Any], path: Path) -> Path:
    """Renders the report to `path`.

    Raises:
        VerificationError: The demonstration did not finish.
    """
    from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape
    from markupsafe import Markup

    if demo.fitted is None or demo.profile is None or demo.deployment is None:
        raise VerificationError("the demonstration did not finish")
    environment = Environment(
        loader=PackageLoader("tinsmith.cli.demonstration", "."),
        autoescape=select_autoescape(["html.j2", "j2"]),
        undefined=StrictUndefined,
    )
    result = demo.evaluations["int8"]
    values = {
        **_people(demo),
        "title": "Shoulder exercises on a smartwatch",
        "cards": _cards(found),
        "flow": _flow(demo.fitted),
        "plots": {key: Markup(svg) for key, svg in _plots(demo, result).items()},
        "classes": _classes(result),
        "core": demo.deployment.report.target_title,
        "compared": found["windows_compared"],
        "verdict": _verdict(found),
        "memory": _memory(demo.profile),
        "library": demo.deployment.path,
        "project": demo.project.root,
        "program_windows": PROGRAM_WINDOWS,
        "program_agreement": percent(found["library_agreement"]),
        "credit": CREDIT,
        "version": __version__,
        "seconds": found["seconds"],
    }
    text = environment.get_template("page.html.j2").render(values)
    write_atomic(path, text.encode())
    return path


def _people(demo: Demonstration) -> dict[str, int]:
    def people(category: str) -> set[str]:
        samples = demo.project.library.read().samples
        return {item.metadata["subject"] for item in samples if item.category == category}

    trained, tested = people("training"), people("testing")
    return {
        "recordings": len(demo.evaluations["int8"].classes),
        "people": len(trained | tested),
        "trained_people": len(trained),
        "tested_people": len(tested),
    }


def _verdict(found: dict[str, Any]) -> str:
    same = found["features_bit_identical"] and found["scores_bit_identical"]
    return "identical" if same else "DIFFERENT"


def _cards(found: dict[str, Any]) -> list[dict[str, Any]]:
    identical = found["features_bit_identical"]
    return [
        {"name": "accuracy, int8", "value": percent(found["accuracy_int8"]), "good": False},
        {"name": "accuracy, float32", "value": percent(found["accuracy_float32"]), "good": False},
        {
            "name": "same class on device",
            "value": percent(found["agreement"]),
            "good": found["agreement"] == 1,
        },
        {
            "name": "bit-identical features",
            "value": "yes" if identical else "no",
            "good": identical,
        },
        {"name": "instructions a window", "value": count(found["instructions"]), "good": False},
        {"name": "RAM", "value": kilobytes(found["ram_bytes"]), "good": False},
        {"name": "flash", "value": kilobytes(found["flash_bytes"]), "good": False},
    ]


def _flow(fitted: FittedImpulse) -> list[dict[str, str]]:
    source = fitted.design.input
    if isinstance(source, ImageInput):
        what = f"{source.width} × {source.height} pixels"
    else:
        rate = 1000 / source.interval_ms
        what = f"{source.window_ms / 1000:g} s, {fitted.window.num_axes} axes at {rate:g} Hz"
    boxes = [{"name": "window", "what": what}]
    boxes += [
        {"name": item.block.title, "what": f"{item.plan.num_features} features"}
        for item in fitted.blocks
    ]
    if fitted.network:
        what = f"{fitted.network.parameters:,} parameters, {len(fitted.classes)} classes"
        boxes.append({"name": "neural network, int8", "what": what})
    return boxes


def _plots(demo: Demonstration, result: Evaluation) -> dict[str, str]:
    fitted, cost = demo.fitted, demo.profile
    if fitted is None or cost is None or fitted.network is None:
        return {}
    source = fitted.design.input
    stride = 1.0 if isinstance(source, ImageInput) else source.stride_ms / 1000
    return {
        "windows": plots.windows(result, fitted.window.axis_names, fitted.window.interval_ms),
        "history": plots.history(fitted.network.history),
        "confusion": plots.confusion(result),
        "explorer": plots.explorer(result),
        "timeline": plots.timeline(result, stride),
        "costs": plots.costs(cost.stages),
    }


def _classes(result: Evaluation) -> list[dict[str, Any]]:
    metrics = result.classification
    return [
        {
            "name": item.name.replace("_", " "),
            "support": item.support,
            "precision": percent(item.precision),
            "recall": percent(item.recall),
            "f1": f"{item.f1:.3f}",
            "auc": "–" if item.roc_auc is None else f"{item.roc_auc:.3f}",
        }
        for item in (metrics.classes if metrics else ())
    ]


def _memory(cost: Profile) -> list[dict[str, str]]:
    return [
        {"name": "RAM in all", "value": kilobytes(cost.ram_bytes)},
        {"name": "of which stack", "value": kilobytes(cost.stack_bytes)},
        {"name": "of which model arena", "value": kilobytes(cost.arena_bytes)},
        {"name": "flash: code, tables, weights", "value": kilobytes(cost.flash_bytes)},
        {
            "name": "one raw window as float32, held by the firmware in whatever form it likes",
            "value": kilobytes(cost.window_bytes),
        },
    ]
