"""From a fitted impulse to C: constant tables, the compiled network, and the list of core sources.

The same output is built for the host (evaluation), for the emulator (verification) and packaged for
firmware, so that all three compute the same thing.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from tinsmith import __version__
from tinsmith.core.cvalue import (
    Array,
    Struct,
    Symbol,
    Text,
    define,
    define_table,
    define_texts,
)
from tinsmith.core.paths import runtime_dir
from tinsmith.dsp import scratch_floats
from tinsmith.emulation import ENTRY, Layout
from tinsmith.impulse.fitted import Clusters, FittedImpulse, PlannedBlock, Variant
from tinsmith.learning.scaler import LIMIT, Scaler
from tinsmith.toolchain import Build, BuildRequest, Generated, Target, build

if TYPE_CHECKING:
    from tinsmith.compiler import CompiledModel

DATA_HEADER = "tin_impulse_data.h"
DATA_SOURCE = "tin_impulse_data.c"
MODEL_NAME = "tin_network"

# Needed by every impulse, whatever its blocks.
_BASE_SOURCES = ("dsp/tin_signal.c", "post/tin_scaler.c", "sdk/tin_classify.c")
_KMEANS_SOURCES = ("dsp/tin_math.c", "post/tin_kmeans.c")
# tin_classify.c refers to both kinds of learning block; the linker drops what an impulse lacks.
_LEARNING_SOURCES = ("nn/tin_model.c", *_KMEANS_SOURCES)
ENTRY_SOURCE = "sdk/tin_windows.c"


@dataclass(frozen=True)
class GeneratedImpulse:
    """C of one variant of a fitted impulse.

    Args:
        name: C identifier made from the design's name.
        sources: Generated files; `tin_impulse_data.c` defines `const tin_impulse tin_the_impulse`.
        core_sources: Files of the C core it needs, relative to `runtime/src`.
        layout: Sizes of its window, results and scratch.
        markers: Symbols of its stages and layers in order of execution.
        model: The compiled network, if the impulse has one.
    """

    name: str
    sources: tuple[Generated, ...]
    core_sources: tuple[str, ...]
    layout: Layout
    markers: tuple[str, ...]
    model: CompiledModel | None


def generate(
    fitted: FittedImpulse, variant: Variant, target: Target, memory: str = "balanced"
) -> GeneratedImpulse:
    """C for `variant` with the kernels of `target`; the same arguments give the same bytes.

    It computes the same bits on every machine, and fast on `target`.

    Args:
        memory: Of the network, `balanced` or `smallest`; see `compile_model`.
    """
    # The compiler is large; whoever only reads designs, as a server does at its start, needs none.
    from tinsmith.compiler import compile_model

    blocks = fitted.blocks
    model = None
    if fitted.network:
        tflite = fitted.network.model(variant)
        model = compile_model(tflite, name=MODEL_NAME, backend=target.backend, memory=memory)
    layout = _layout(fitted, blocks, model)
    sources = [
        Generated(DATA_HEADER, _header(fitted, layout)),
        Generated(DATA_SOURCE, _source(fitted, blocks, layout)),
    ]
    if model:
        sources += [
            Generated(f"{MODEL_NAME}.h", model.header),
            Generated(f"{MODEL_NAME}.c", model.source),
        ]
    return GeneratedImpulse(
        name=identifier(fitted.design.name),
        sources=tuple(sources),
        core_sources=_core_sources(blocks, model),
        layout=layout,
        markers=_markers(fitted, blocks, model),
        model=model,
    )


def build_impulse(generated: GeneratedImpulse, target: Target) -> Build:
    """Compiles a generated impulse with the many-windows entry (see `tin/windows.h`)."""
    sources = build_sources(generated.sources, generated.core_sources)
    return build(BuildRequest(target=target, sources=sources, exports=(ENTRY,)))


def build_sources(
    generated: tuple[Generated, ...], core_sources: tuple[str, ...]
) -> tuple[Path | Generated, ...]:
    """All that is compiled: generated files, files of the C core, and the many-windows entry."""
    root = runtime_dir() / "src"
    return (*generated, *(root / name for name in (*core_sources, ENTRY_SOURCE)))


def identifier(name: str) -> str:
    """A C identifier made from any name."""
    plain = re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_")
    return plain if plain and plain[0].isalpha() else f"impulse_{plain}".rstrip("_")


def _layout(
    fitted: FittedImpulse, blocks: tuple[PlannedBlock, ...], model: CompiledModel | None
) -> Layout:
    scratch = max(4 * scratch_floats(item.block, item.plan) for item in blocks)
    if model:
        scratch = max(scratch, model.arena_bytes)
    kept = model.state_bytes if model else 0
    values = len(fitted.classes) if fitted.network else 0
    return Layout(
        window_length=fitted.window.length,
        num_features=sum(item.plan.num_features for item in blocks),
        num_values=values + (1 if fitted.clusters else 0),
        scratch_bytes=max(16, (scratch + 15) // 16 * 16) + kept,
    )


def _core_sources(blocks: tuple[PlannedBlock, ...], model: CompiledModel | None) -> tuple[str, ...]:
    names = {*_BASE_SOURCES, *_LEARNING_SOURCES}
    for item in blocks:
        names.update(item.block.sources)
    if model:
        names.update(model.core_sources)
    return tuple(sorted(names))


def _markers(
    fitted: FittedImpulse, blocks: tuple[PlannedBlock, ...], model: CompiledModel | None
) -> tuple[str, ...]:
    stages = [f"tin_{item.block.stem}_run" for item in blocks]
    layers = [layer.symbol for layer in model.layers] if model else []
    anomaly = ["tin_kmeans_score"] if fitted.clusters else []
    return ("tin_process", *dict.fromkeys(stages), "tin_learn", *layers, *anomaly)


def _header(fitted: FittedImpulse, layout: Layout) -> str:
    window = fitted.window
    macros = {
        "WINDOW_LENGTH": window.length,
        "NUM_FRAMES": window.num_frames,
        "NUM_AXES": window.num_axes,
        "NUM_LABELS": len(fitted.classes),
        "NUM_FEATURES": layout.num_features,
        "NUM_VALUES": layout.num_values,
        "SCRATCH_BYTES": layout.scratch_bytes,
    }
    lines = [f"#define TIN_IMPULSE_{name} {value}\n" for name, value in macros.items()]
    return (
        f"/* {_comment(fitted.design.name)}: sizes of the compiled impulse. "
        f"Tinsmith {__version__}. */\n"
        "#ifndef TIN_IMPULSE_DATA_H\n#define TIN_IMPULSE_DATA_H\n\n"
        '#include "tin/impulse.h"\n\n'
        '#ifdef __cplusplus\nextern "C" {\n#endif\n\n'
        f"{''.join(lines)}\n"
        "extern const tin_impulse tin_the_impulse;\n\n"
        "#ifdef __cplusplus\n}\n#endif\n\n#endif\n"
    )


def _comment(text: str) -> str:
    printable = "".join(char if char.isprintable() else " " for char in text)
    return printable.replace("*/", "* /").replace("/*", "/ *")


def _source(fitted: FittedImpulse, blocks: tuple[PlannedBlock, ...], layout: Layout) -> str:
    headers = [DATA_HEADER, "tin/kmeans.h", *(f"tin/{item.block.stem}.h" for item in blocks)]
    if fitted.network:
        headers.append(f"{MODEL_NAME}.h")
    includes = "".join(f'#include "{name}"\n' for name in dict.fromkeys(headers))
    parts = [
        f"/* {_comment(fitted.design.name)}: the compiled impulse. Tinsmith {__version__}. */\n"
        f"{includes}",
        *(_block_data(item, fitted.scalers.get(item.id)) for item in blocks),
        _processing_table(fitted, blocks),
        _learning_data(fitted, blocks),
        define_texts("labels", fitted.classes) if fitted.classes else "",
        _impulse(fitted, layout),
    ]
    return "\n".join(part for part in parts if part)


def _block_data(item: PlannedBlock, scaler: Scaler | None) -> str:
    text = define(f"{item.id}_config", item.plan.config)
    if scaler is None:
        return text
    struct = Struct(
        "tin_scaler",
        (
            ("mean", Array.f32(scaler.mean)),
            ("scale", Array.f32(scaler.scale)),
            ("count", item.plan.num_features),
            ("limit", LIMIT),
        ),
    )
    return f"{text}\n{define(f'{item.id}_scaler', struct)}"


def _processing_table(fitted: FittedImpulse, blocks: tuple[PlannedBlock, ...]) -> str:
    rows = []
    offset = 0
    for item in blocks:
        stem = item.block.stem
        scaler = f"&{item.id}_scaler" if item.id in fitted.scalers else "0"
        rows.append(
            Struct(
                "tin_processing_block",
                (
                    ("name", Text(item.id)),
                    ("init", Symbol(f"tin_{stem}_init")),
                    ("run", Symbol(f"tin_{stem}_run")),
                    ("config", Symbol(f"&{item.id}_config")),
                    ("scaler", Symbol(scaler)),
                    ("num_features", item.plan.num_features),
                    ("offset", offset),
                ),
            )
        )
        offset += item.plan.num_features
    return define_table("processing", "tin_processing_block", rows)


def _learning_data(fitted: FittedImpulse, blocks: tuple[PlannedBlock, ...]) -> str:
    order = [item.id for item in blocks]
    parts: list[str] = []
    rows: list[Struct] = []
    offset = 0
    for design in fitted.design.learning:
        inputs = [order.index(item.id) for item in fitted.design.inputs_of(design)]
        is_network = design.type != "anomaly_kmeans"
        num_values = len(fitted.classes) if is_network else 1
        if not is_network and fitted.clusters:
            axes = _global_axes(fitted.clusters, blocks, [order[index] for index in inputs])
            parts.append(define(f"{design.id}_config", _kmeans(fitted.clusters, axes)))
        kind = {"classification": "CLASSIFICATION", "regression": "REGRESSION"}
        rows.append(
            Struct(
                "tin_learning_block",
                (
                    ("name", Text(design.id)),
                    ("kind", Symbol(f"TIN_LEARNING_{kind.get(design.type, 'ANOMALY_KMEANS')}")),
                    ("config", Symbol(f"&{MODEL_NAME if is_network else f'{design.id}_config'}")),
                    ("inputs", Array.i32(inputs)),
                    ("num_inputs", len(inputs)),
                    ("num_values", num_values),
                    ("offset", offset),
                ),
            )
        )
        offset += num_values
    parts.append(define_table("learning", "tin_learning_block", rows))
    return "\n".join(parts)


def _global_axes(
    clusters: Clusters, blocks: tuple[PlannedBlock, ...], inputs: list[str]
) -> npt.NDArray[np.int32]:
    """Indices into the window's whole feature vector of the features a K-means block uses."""
    first: dict[str, int] = {}
    offset = 0
    for item in blocks:
        first[item.id] = offset
        offset += item.plan.num_features
    width = {item.id: item.plan.num_features for item in blocks}
    seen = np.concatenate([np.arange(first[name], first[name] + width[name]) for name in inputs])
    return seen[clusters.model.axes].astype(np.int32)


def _kmeans(clusters: Clusters, axes: npt.NDArray[np.int32]) -> Struct:
    model = clusters.model
    return Struct(
        "tin_kmeans",
        (
            ("axes", Array.i32(axes)),
            ("mean", Array.f32(model.mean)),
            ("scale", Array.f32(model.scale)),
            ("centres", Array.f32(model.centres)),
            ("radius", Array.f32(model.radius)),
            ("num_axes", len(axes)),
            ("num_clusters", len(model.radius)),
        ),
    )


def _impulse(fitted: FittedImpulse, layout: Layout) -> str:
    window = fitted.window
    struct = Struct(
        "tin_impulse",
        (
            ("name", Text(fitted.design.name)),
            ("labels", Symbol("labels" if fitted.classes else "0")),
            ("num_labels", len(fitted.classes)),
            ("num_frames", window.num_frames),
            ("num_axes", window.num_axes),
            ("interval_ms", float(window.interval_ms)),
            ("num_features", layout.num_features),
            ("num_values", layout.num_values),
            ("scratch_bytes", layout.scratch_bytes),
            ("processing", Symbol("processing")),
            ("num_processing", len(fitted.design.processing)),
            ("learning", Symbol("learning")),
            ("num_learning", len(fitted.design.learning)),
        ),
    )
    return define("tin_the_impulse", struct).replace("static const", "const", 1)
