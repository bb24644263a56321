"""A fitted impulse: the design plus everything learned from the training windows."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from tinsmith.core.errors import DesignError
from tinsmith.core.hashing import digest, hash_bytes
from tinsmith.core.parameters import Settings, resolve
from tinsmith.core.paths import write_atomic
from tinsmith.core.shapes import FeatureShape
from tinsmith.dsp import KMeansModel
from tinsmith.dsp import block as find_block
from tinsmith.dsp.block import Block, BlockInput, BlockPlan
from tinsmith.impulse.design import Impulse, ProcessingBlock, dump_impulse, load_impulse
from tinsmith.learning.config import concatenated
from tinsmith.learning.scaler import Scaler

FloatArray = npt.NDArray[np.float32]
Variant = Literal["float32", "int8"]
VARIANTS: tuple[Variant, ...] = ("float32", "int8")


@dataclass(frozen=True)
class WindowFormat:
    """What every window of an impulse looks like.

    Args:
        num_frames: Frames of a window; pixels of an image.
        axis_names: Names of the values of a frame.
        interval_ms: Time between frames; 0 for images.
        image_size: (height, width), or None for a time series.
    """

    num_frames: int
    axis_names: tuple[str, ...]
    interval_ms: float
    image_size: tuple[int, int] | None = None

    @property
    def num_axes(self) -> int:
        return len(self.axis_names)

    @property
    def length(self) -> int:
        """Values of a window."""
        return self.num_frames * self.num_axes


@dataclass(frozen=True)
class PlannedBlock:
    """A processing block of a design, configured for a window format.

    Args:
        labels: One name per feature, `axis label` where the block names its features.
    """

    id: str
    block: Block
    plan: BlockPlan
    settings: Settings
    normalize: bool
    labels: tuple[str, ...]

    @property
    def label_parts(self) -> tuple[tuple[str, str], ...]:
        """(axis, name) of every feature; ("", label) where features have no names."""
        if not self.plan.labels:
            return tuple(("", label) for label in self.labels)
        names = sorted(self.plan.labels, key=len, reverse=True)
        found = []
        for label in self.labels:
            # Axis names may hold spaces; the names after them are known.
            name = next(item for item in names if label.endswith(f" {item}"))
            found.append((label.removesuffix(f" {name}"), name))
        return tuple(found)


def plan_block(design: ProcessingBlock, window: WindowFormat) -> PlannedBlock:
    """Configures a processing block.

    Raises:
        DesignError: Unknown block or axis, or parameters that do not fit the window.
    """
    block = find_block(design.type)
    wanted = "image" if window.image_size else "time-series"
    if block.accepts != wanted:
        raise DesignError(
            f"{design.id}: block {block.name} takes {block.accepts} input, the impulse has "
            f"{wanted}",
            hint="choose a block for this kind of input",
        )
    settings = resolve(block.parameters, design.parameters, where=design.id)
    axes = _axis_indices(design, window)
    seen = BlockInput(
        num_frames=window.num_frames,
        num_axes=window.num_axes,
        axes=axes,
        interval_ms=window.interval_ms,
        image_size=window.image_size,
    )
    plan = block.plan(seen, settings)
    names = tuple(window.axis_names[index] for index in axes)
    return PlannedBlock(
        design.id, block, plan, settings, design.normalize, plan.feature_labels(names)
    )


def _axis_indices(design: ProcessingBlock, window: WindowFormat) -> tuple[int, ...]:
    if not design.axes:
        return tuple(range(window.num_axes))
    unknown = [name for name in design.axes if name not in window.axis_names]
    if unknown:
        known = ", ".join(window.axis_names)
        raise DesignError(f"{design.id}: axis {unknown[0]!r} is none of {known}")
    return tuple(window.axis_names.index(name) for name in design.axes)


@dataclass(frozen=True)
class Network:
    """The trained classification or regression block: model files and how training went."""

    id: str
    kind: Literal["classification", "regression"]
    float32: bytes
    int8: bytes
    parameters: int
    history: list[dict[str, float]] = field(default_factory=list)

    def model(self, variant: Variant) -> bytes:
        """The .tflite bytes of a variant."""
        return self.float32 if variant == "float32" else self.int8


@dataclass(frozen=True)
class Clusters:
    """The fitted K-means block; the model's axes index the concatenated features of its inputs.

    Args:
        labels: Names of the features used.
        threshold: Suggested limit of the score; above it a window is anomalous.
        normal: Labels of the training windows; testing takes every other label as an anomaly.
    """

    id: str
    model: KMeansModel
    labels: tuple[str, ...]
    threshold: float
    normal: tuple[str, ...]


@dataclass(frozen=True)
class FittedImpulse:
    """Everything a device needs, and everything evaluation needs to know about training."""

    design: Impulse
    window: WindowFormat
    classes: tuple[str, ...]
    scalers: dict[str, Scaler]
    network: Network | None
    clusters: Clusters | None
    warnings: tuple[str, ...] = ()

    @property
    def blocks(self) -> tuple[PlannedBlock, ...]:
        """The processing blocks, configured."""
        return tuple(plan_block(item, self.window) for item in self.design.processing)

    @property
    def key(self) -> str:
        """Hash of everything that decides what a build of this impulse computes."""
        return digest(
            self.design, self.window, self.classes, self.scalers, self.network, self.clusters
        )


def joint_shape(blocks: tuple[PlannedBlock, ...]) -> FeatureShape:
    """The shape a network sees: a lone block's own, several blocks flat side by side."""
    return concatenated([block.plan.shape for block in blocks])


def save_fitted(fitted: FittedImpulse, folder: Path) -> None:
    """Writes `impulse.toml`, `fitted.json` and the model files into `folder`."""
    meta: dict[str, Any] = {
        "window": asdict(fitted.window),
        "classes": list(fitted.classes),
        "scalers": {key: _lists(asdict(item)) for key, item in fitted.scalers.items()},
        "network": None,
        "clusters": _clusters_meta(fitted.clusters) if fitted.clusters else None,
        "warnings": list(fitted.warnings),
    }
    if fitted.network:
        network = fitted.network
        meta["network"] = {
            "id": network.id,
            "kind": network.kind,
            "parameters": network.parameters,
            "history": network.history,
        }
        meta["sha256"] = {variant: hash_bytes(network.model(variant)) for variant in VARIANTS}
        for variant in VARIANTS:
            write_atomic(folder / f"{variant}.tflite", network.model(variant))
    write_atomic(folder / "impulse.toml", dump_impulse(fitted.design).encode())
    write_atomic(folder / "fitted.json", (json.dumps(meta, indent=1) + "\n").encode())


def load_fitted(folder: Path) -> FittedImpulse:
    """Reads what `save_fitted` wrote.

    Raises:
        DesignError: Nothing has been trained yet, or the files are damaged.
    """
    path = folder / "fitted.json"
    if not path.is_file():
        raise DesignError("nothing has been trained yet", path=folder, hint="run `tinsmith train`")
    try:
        meta = json.loads(path.read_text(encoding="utf-8"))
        return _from_files(meta, folder)
    except (ValueError, LookupError, TypeError, AttributeError, OSError) as error:
        raise DesignError(
            f"the trained impulse is damaged: {_reason(error)}",
            path=path,
            hint="run `tinsmith train` again",
        ) from error


def _reason(error: Exception) -> str:
    return f"{error} is missing" if isinstance(error, KeyError) else str(error)


def _from_files(meta: dict[str, Any], folder: Path) -> FittedImpulse:
    window = meta["window"]
    size = window["image_size"]
    network = None
    if meta["network"]:
        network = Network(
            float32=_model_file(folder, "float32", meta["sha256"]),
            int8=_model_file(folder, "int8", meta["sha256"]),
            **meta["network"],
        )
    clusters = _clusters(meta["clusters"]) if meta["clusters"] else None
    return FittedImpulse(
        design=load_impulse(folder / "impulse.toml"),
        window=WindowFormat(
            window["num_frames"],
            tuple(window["axis_names"]),
            window["interval_ms"],
            tuple(size) if size else None,
        ),
        classes=tuple(meta["classes"]),
        scalers={
            key: Scaler(np.asarray(item["mean"], np.float32), np.asarray(item["scale"], np.float32))
            for key, item in meta["scalers"].items()
        },
        network=network,
        clusters=clusters,
        warnings=tuple(meta["warnings"]),
    )


def _model_file(folder: Path, variant: Variant, sha256: dict[str, str]) -> bytes:
    path = folder / f"{variant}.tflite"
    data = path.read_bytes()
    if hash_bytes(data) != sha256[variant]:
        raise ValueError(f"{path.name} is not the file that was trained")
    return data


def _clusters_meta(clusters: Clusters) -> dict[str, Any]:
    return {
        "id": clusters.id,
        "labels": list(clusters.labels),
        "threshold": clusters.threshold,
        "normal": list(clusters.normal),
        **_lists(asdict(clusters.model)),
    }


def _clusters(meta: dict[str, Any]) -> Clusters:
    arrays = {name: np.asarray(meta[name], np.float32) for name in _KMEANS_ARRAYS}
    model = KMeansModel(axes=np.asarray(meta["axes"], np.int32), **arrays)
    labels, normal = tuple(meta["labels"]), tuple(meta["normal"])
    return Clusters(meta["id"], model, labels, meta["threshold"], normal)


_KMEANS_ARRAYS = ("mean", "scale", "centres", "radius")


def _lists(data: dict[str, Any]) -> dict[str, Any]:
    return {key: np.asarray(value).tolist() for key, value in data.items()}
