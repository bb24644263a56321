"""The impulse document: input → processing blocks → learning blocks, typed and versioned.

It is what a person designs, what the studio edits, and what lies in `impulse.toml` of a project.
"""

from __future__ import annotations

import inspect
import json
import re
import tomllib
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from tinsmith.core.errors import DesignError
from tinsmith.core.paths import write_atomic

SCHEMA_VERSION = 1

Identifier = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,31}$")]


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class TimeSeriesInput(_Model):
    """Windows of sensor data or audio.

    Attributes:
        window_ms: Length of a window.
        stride_ms: Distance between the starts of two windows of one recording.
        interval_ms: Time between frames; recordings at other rates are resampled.
        axes: Names of the sensors used, in order; empty: all, in the order of the recordings.
        zero_pad: Recordings shorter than a window are filled up with zeros instead of refused.
        label_rule: Which label a window gets when its labels change over time.
        group_key: Metadata that says which recordings belong together (a person, a device);
            windows of one group never lie on both sides of a validation split. Empty: each
            recording.
    """

    type: Literal["time-series"] = "time-series"
    window_ms: float = Field(gt=0)
    stride_ms: float = Field(gt=0)
    interval_ms: float = Field(gt=0)
    axes: tuple[str, ...] = ()
    zero_pad: bool = True
    label_rule: Literal["majority", "last"] = "majority"
    group_key: str = ""


class ImageInput(_Model):
    """Pictures of one size.

    Attributes:
        width, height: Pixels at the block input.
        resize_mode: How pictures of another shape fit in: `squash` distorts, `fit-short` crops the
            centre, `fit-long` adds black bars.
        group_key: Metadata that says which pictures belong together, as for time series.
    """

    type: Literal["image"] = "image"
    width: int = Field(ge=8, le=1024)
    height: int = Field(ge=8, le=1024)
    resize_mode: Literal["squash", "fit-short", "fit-long"] = "fit-short"
    group_key: str = ""


class ProcessingBlock(_Model):
    """Turns a window into features.

    Attributes:
        id: Name within the impulse.
        type: A block of `tinsmith.dsp` (`spectral_analysis`, `mfe`, ...).
        axes: Names of the axes it uses; empty: all.
        normalize: Standardise its features (fitted on the training windows, clipped at ±5) before
            they reach a neural network.
        parameters: Settings that differ from the block's defaults.
    """

    id: Identifier
    type: str
    axes: tuple[str, ...] = ()
    normalize: bool = True
    parameters: dict[str, Any] = Field(default_factory=dict)


class LearningBlock(_Model):
    """Learns from features.

    Attributes:
        id: Name within the impulse.
        type: What it learns.
        inputs: Ids of the processing blocks it sees, in order; empty: all.
        network: Preset name or list of layers (networks only).
        training: Settings that differ from the defaults (networks only).
        augmentation: Window augmentation applied to training windows (networks only).
        axes: Labels of the features used (K-means only), `<block id>/<label>` or just `<label>`.
        clusters: Number of clusters (K-means only).
    """

    id: Identifier
    type: Literal["classification", "regression", "anomaly_kmeans"]
    inputs: tuple[str, ...] = ()
    network: str | list[dict[str, Any]] = "auto"
    training: dict[str, Any] = Field(default_factory=dict)
    augmentation: dict[str, Any] = Field(default_factory=dict)
    axes: tuple[str, ...] = ()
    clusters: int = Field(default=32, ge=1, le=1024)


class Impulse(_Model):
    """The whole design."""

    schema_version: int = SCHEMA_VERSION
    name: str = "impulse"
    input: Annotated[TimeSeriesInput | ImageInput, Field(discriminator="type")]
    processing: tuple[ProcessingBlock, ...] = Field(min_length=1)
    learning: tuple[LearningBlock, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _consistent(self) -> Impulse:
        if self.schema_version != SCHEMA_VERSION:
            raise ValueError(
                f"schema_version is {self.schema_version}; this Tinsmith reads {SCHEMA_VERSION}"
            )
        blocks = [block.id for block in self.processing]
        _unique([*blocks, *(block.id for block in self.learning)])
        for block in self.learning:
            unknown = [name for name in block.inputs if name not in blocks]
            if unknown:
                raise ValueError(f"{block.id}: input {unknown[0]!r} is none of {', '.join(blocks)}")
        _at_most_one("classification or regression", [block.id for block in self._networks()])
        _at_most_one("anomaly", [block.id for block in self._anomalies()])
        return self

    def inputs_of(self, block: LearningBlock) -> tuple[ProcessingBlock, ...]:
        """The processing blocks a learning block sees, in its order."""
        if not block.inputs:
            return self.processing
        by_id = {item.id: item for item in self.processing}
        return tuple(by_id[name] for name in block.inputs)

    def network(self) -> LearningBlock | None:
        """The classification or regression block, if there is one."""
        return next(iter(self._networks()), None)

    def anomaly(self) -> LearningBlock | None:
        """The anomaly block, if there is one."""
        return next(iter(self._anomalies()), None)

    def _networks(self) -> list[LearningBlock]:
        return [block for block in self.learning if block.type != "anomaly_kmeans"]

    def _anomalies(self) -> list[LearningBlock]:
        return [block for block in self.learning if block.type == "anomaly_kmeans"]


def field_help(model: type[BaseModel]) -> dict[str, str]:
    """The `Attributes:` section of a docstring by name; `a, b: text` gives both the text."""
    section = inspect.cleandoc(model.__doc__ or "").partition("Attributes:\n")[2]
    found: dict[str, str] = {}
    for match in re.finditer(r"^ {4}(\w[\w, ]*): (.*(?:\n {8}.*)*)", section, re.MULTILINE):
        for name in match[1].split(","):
            found[name.strip()] = " ".join(match[2].split())
    return found


def _at_most_one(kind: str, ids: list[str]) -> None:
    if len(ids) > 1:
        raise ValueError(f"an impulse has at most one {kind} block; found {', '.join(ids)}")


def _unique(ids: Iterable[str]) -> None:
    seen: set[str] = set()
    for name in ids:
        if name in seen:
            raise ValueError(f"two blocks are called {name!r}; ids must differ")
        if name.startswith("tin_"):
            raise ValueError(f"the id {name!r} begins with tin_, which the C core keeps to itself")
        seen.add(name)


def parse_impulse(data: dict[str, Any], *, where: str = "impulse") -> Impulse:
    """An impulse from plain values.

    Raises:
        DesignError: Every problem, each with its place in the document.
    """
    try:
        return Impulse.model_validate(data)
    except ValidationError as error:
        raise DesignError(_explain(error), path=where, hint="correct these entries") from error


def _explain(error: ValidationError) -> str:
    lines = []
    for item in error.errors(include_url=False):
        place = ".".join(str(part) for part in item["loc"]) or "document"
        message = item["msg"].removeprefix("Value error, ")
        seen = item.get("input")
        shown = f" (found {seen!r})" if isinstance(seen, str | int | float | bool) else ""
        lines.append(f"{place}: {message}{shown}")
    return "; ".join(lines)


def load_impulse(path: Path) -> Impulse:
    """Reads `impulse.toml` or `.json`.

    Raises:
        DesignError: Missing, not TOML/JSON, or not a valid impulse.
    """
    try:
        text = path.read_text(encoding="utf-8")
        data = json.loads(text) if path.suffix == ".json" else tomllib.loads(text)
    except FileNotFoundError as error:
        raise DesignError(
            "there is no impulse yet", path=path, hint="design one with `tinsmith design`"
        ) from error
    except (OSError, ValueError) as error:
        raise DesignError(f"not readable: {error}", path=path, hint="fix the syntax") from error
    if not isinstance(data, dict):
        raise DesignError("holds no impulse", path=path, hint="expected an object with `input`")
    return parse_impulse(data, where=str(path))


def dump_impulse(impulse: Impulse) -> str:
    """The impulse as TOML, only what differs from the defaults; parses back to an equal impulse.

    Settings are sorted by name, so that equal impulses give the same text wherever they come from.
    """
    import tomlkit

    plain = impulse.model_dump(mode="json", exclude_defaults=True)
    for block in (*plain["processing"], *plain["learning"]):
        block.update({name: _sorted(block[name]) for name in _SETTINGS if name in block})
    document: dict[str, Any] = {"schema_version": SCHEMA_VERSION, "name": impulse.name}
    document["input"] = {"type": impulse.input.type, **plain.pop("input")}
    document.update({key: value for key, value in plain.items() if key not in document})
    return tomlkit.dumps(document)


_SETTINGS = ("parameters", "network", "training", "augmentation")


def _sorted(value: Any) -> Any:
    """The same with names in order, a layer's type before its settings."""
    if isinstance(value, dict):
        names = sorted(value, key=lambda name: (name != "type", name))
        return {name: _sorted(value[name]) for name in names}
    return [_sorted(item) for item in value] if isinstance(value, list) else value


def save_impulse(impulse: Impulse, path: Path) -> None:
    """Writes `dump_impulse` atomically."""
    write_atomic(path, dump_impulse(impulse).encode())
