"""The blocks an impulse can be made of, as plain data: what forms, pages and clients show.

Everything comes from the manifests; nothing about a block is written down here a second time, but
for which data it suits.
"""

from __future__ import annotations

import dataclasses
import typing
from typing import Any

from pydantic import BaseModel

from tinsmith.core.parameters import Parameter
from tinsmith.datasets.augment import PARAMETERS as AUGMENTATION
from tinsmith.dsp import BLOCKS
from tinsmith.dsp.block import Block
from tinsmith.impulse.design import ImageInput, LearningBlock, TimeSeriesInput, field_help
from tinsmith.impulse.facts import DataFacts, Nature
from tinsmith.learning.config import TRAINING_PARAMETERS
from tinsmith.learning.layers import LAYER_TYPES
from tinsmith.learning.presets import PRESETS

# Names of one axis make a picture of sound; blocks that work on one axis at a time.
_ONE_AXIS = frozenset({"mfe", "mfcc", "spectrogram"})

_WHY: dict[str, dict[Nature, str]] = {
    "spectral_analysis": {
        "motion": "motion and vibration differ by frequency and strength, axis by axis",
    },
    "flatten": {
        "motion": "keeps the average, and with it the direction of gravity; add it beside spectral "
        "features",
        "slow": "slow signals differ by level and spread",
    },
    "raw": {"rows": "rows of finished features go to the network as they are"},
    "mfe": {"sound": "noises and machines differ by the energy in bands spaced as in hearing"},
    "mfcc": {"sound": "speech differs by the shape of the spectrum; choose it for keywords"},
    "image": {"image": "the block for pictures"},
}
"""Block -> the data it is recommended for, and the reason."""

_INPUTS: dict[type[BaseModel], tuple[str, str]] = {
    TimeSeriesInput: ("Time series", "signal"),
    ImageInput: ("Images", "image"),
}

_LEARNING: dict[str, tuple[str, str]] = {
    "classification": (
        "Classification",
        "A neural network that gives each class a score; the scores of a window add up to 1.",
    ),
    "regression": ("Regression", "A neural network that predicts one number, such as a weight."),
    "anomaly_kmeans": (
        "Anomaly detection (K-means)",
        "Learns clusters of normal windows and scores how far outside all of them a window lies; "
        "needs no examples of what is not normal.",
    ),
}


def catalogue(facts: DataFacts | None = None) -> dict[str, Any]:
    """All blocks as plain values for JSON.

    Args:
        facts: Of a data set; None leaves out what is supported and recommended for it.

    Returns:
        `input`, `processing` and `learning`: lists of blocks with `type`, `title`, `description`,
        `defaults`, `parameters` (each with title, help, unit, limits, choices, group and show_if)
        and the JSON `schema` of the parameters; `networks`: presets; `layers`: of networks. With
        `facts`, a block also has `supported`, `recommended` and `reason`, which says why or why
        not, if there is something to say.
    """
    return {
        "input": [_input(model, facts) for model in _INPUTS],
        "processing": [_processing(block, facts) for block in BLOCKS.values()],
        "learning": [_learning(name, facts) for name in _LEARNING],
        "networks": [
            {
                "name": preset.name,
                "title": preset.title,
                "help": preset.help,
                "features": preset.kind,
                "tasks": list(preset.tasks),
                "training": dict(preset.training),
            }
            for preset in PRESETS
        ],
        "layers": [_layer(name, kind) for name, kind in LAYER_TYPES.items()],
    }


def parameters_schema(parameters: tuple[Parameter, ...]) -> dict[str, Any]:
    """The JSON schema of an object that gives some of `parameters`."""
    return {
        "type": "object",
        "properties": {item.name: _schema(item) for item in parameters},
        "additionalProperties": False,
    }


def _schema(parameter: Parameter) -> dict[str, Any]:
    kinds = {"int": "integer", "float": "number", "bool": "boolean", "text": "string"}
    schema: dict[str, Any] = {"title": parameter.title, "description": parameter.help}
    if parameter.type == "choice":
        schema["enum"] = list(parameter.choices)
    else:
        schema["type"] = kinds[parameter.type]
    if parameter.minimum is not None:
        schema["minimum"] = parameter.minimum
    if parameter.maximum is not None:
        schema["maximum"] = parameter.maximum
    return {**schema, "default": parameter.default}


def _parameter(parameter: Parameter) -> dict[str, Any]:
    plain = dataclasses.asdict(parameter)
    show_if = None
    if parameter.show_if:
        name, wanted = parameter.show_if
        values = list(wanted) if isinstance(wanted, tuple) else [wanted]
        show_if = {"parameter": name, "values": values}
    return {**plain, "choices": list(parameter.choices), "search": list(parameter.search),
            "show_if": show_if}  # fmt: skip


def _settings(parameters: tuple[Parameter, ...]) -> dict[str, Any]:
    return {
        "parameters": [_parameter(item) for item in parameters],
        "groups": list(dict.fromkeys(item.group for item in parameters)),
        "defaults": {item.name: item.default for item in parameters},
        "schema": parameters_schema(parameters),
    }


def _input(model: type[BaseModel], facts: DataFacts | None) -> dict[str, Any]:
    title, kind = _INPUTS[model]
    fields, texts = model.model_fields, field_help(model)
    schema = model.model_json_schema()
    for name, text in texts.items():
        schema["properties"][name]["description"] = text
    plain = {
        "type": fields["type"].default,
        "title": title,
        "description": (model.__doc__ or "").partition("\n")[0],
        "defaults": {
            name: list(field.default) if isinstance(field.default, tuple) else field.default
            for name, field in fields.items()
            if not field.is_required()
        },
        "help": texts,
        "schema": schema,
    }
    if facts is None:
        return plain
    fits = facts.kind == kind
    return {**plain, "supported": fits, "recommended": fits, "reason": ""}


def _processing(block: Block, facts: DataFacts | None) -> dict[str, Any]:
    plain = {
        "type": block.name,
        "title": block.title,
        "description": block.description,
        "version": block.version,
        "inputs": [block.accepts],
        "one_axis": block.name in _ONE_AXIS,
        **_settings(block.parameters),
    }
    if facts is None:
        return plain
    supported = (block.accepts == "image") == (facts.kind == "image") and facts.kind != "mixed"
    if not supported:
        reason = f"takes {'pictures' if block.accepts == 'image' else 'recordings over time'}"
        return {**plain, "supported": False, "recommended": False, "reason": reason}
    why = _WHY.get(block.name, {}).get(facts.nature, "")
    note = "works on one axis; select it" if block.name in _ONE_AXIS and len(facts.axes) > 1 else ""
    if block.name in _ONE_AXIS and facts.nature == "rows":
        return {**plain, "supported": False, "recommended": False,
                "reason": "needs windows over time; the rows have none"}  # fmt: skip
    return {**plain, "supported": True, "recommended": bool(why), "reason": why or note}


def _learning(name: str, facts: DataFacts | None) -> dict[str, Any]:
    title, description = _LEARNING[name]
    is_network = name != "anomaly_kmeans"
    own = ("network", "training", "augmentation") if is_network else ("axes", "clusters")
    texts = field_help(LearningBlock)
    plain = {
        "type": name,
        "title": title,
        "description": description,
        "fields": {field: texts[field] for field in ("inputs", *own)},
        **(_settings(TRAINING_PARAMETERS) if is_network else _clusters()),
        "augmentation": _settings(AUGMENTATION) if is_network else None,
    }
    if facts is None:
        return plain
    return {**plain, **_suits(name, facts)}


def _clusters() -> dict[str, Any]:
    """The settings of K-means as if they were declared like those of training."""
    schema = LearningBlock.model_json_schema()["properties"]
    names = ("axes", "clusters")
    texts = field_help(LearningBlock)
    properties = {name: {**schema[name], "description": texts[name]} for name in names}
    return {
        "parameters": [],
        "groups": [],
        "defaults": {"axes": [], "clusters": LearningBlock.model_fields["clusters"].default},
        "schema": {"type": "object", "properties": properties, "additionalProperties": False},
    }


def _suits(name: str, facts: DataFacts) -> dict[str, Any]:
    """Whether a learning block can learn from these labels, and whether it should."""
    labels = len(facts.labels)
    if name == "anomaly_kmeans":
        if labels < 2:
            why = "there is one kind of data: it learns what is normal"
            return {"supported": True, "recommended": True, "reason": why}
        return {"supported": True, "recommended": False,
                "reason": "add it to notice windows unlike everything in training"}  # fmt: skip
    numbers = facts.has_numbers
    if name == "regression":
        why = f"the {labels} labels are numbers" if numbers else "the labels are not numbers"
        return {"supported": numbers, "recommended": numbers, "reason": why}
    if labels < 2:
        return {"supported": False, "recommended": False,
                "reason": f"needs at least two classes; there are {labels}"}  # fmt: skip
    why = (
        "the labels are numbers: predict them instead" if numbers else f"there are {labels} classes"
    )
    return {"supported": True, "recommended": not numbers, "reason": why}


def _layer(name: str, kind: type[Any]) -> dict[str, Any]:
    hints = typing.get_type_hints(kind)
    fields = []
    for field in dataclasses.fields(kind):
        required = field.default is dataclasses.MISSING
        plain = list(field.default) if isinstance(field.default, tuple) else field.default
        choices = typing.get_args(hints[field.name])
        is_choice = bool(choices) and all(isinstance(item, str) for item in choices)
        fields.append(
            {
                "name": field.name,
                "required": required,
                "default": None if required else plain,
                "choices": list(choices) if is_choice else [],
            }
        )
    return {"type": name, "help": (kind.__doc__ or "").partition("\n")[0], "fields": fields}
