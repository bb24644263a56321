"""The catalogue says all that the manifests say, as plain data."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from tinsmith.core.parameters import check
from tinsmith.datasets.sample import Sample
from tinsmith.dsp import BLOCKS
from tinsmith.impulse.catalogue import catalogue
from tinsmith.impulse.facts import DataFacts, data_facts
from tinsmith.impulse.suggest import suggest
from tinsmith.learning.layers import LAYER_TYPES, parse_layers
from tinsmith.learning.presets import PRESETS

SampleMaker = Callable[..., tuple[Sample, ...]]


def by_type(items: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    return {item["type"]: item for item in items}


def starred(items: list[dict[str, Any]]) -> set[str]:
    return {item["type"] for item in items if item["recommended"]}


def test_it_is_plain_and_complete() -> None:
    found = catalogue()
    assert json.loads(json.dumps(found)) == found
    assert set(by_type(found["processing"])) == set(BLOCKS)
    assert set(by_type(found["input"])) == {"time-series", "image"}
    assert [item["name"] for item in found["networks"]] == [item.name for item in PRESETS]
    for item in found["processing"]:
        block = BLOCKS[item["type"]]
        assert item["defaults"] == {p.name: p.default for p in block.parameters}
        for plain, parameter in zip(item["parameters"], block.parameters, strict=True):
            assert (plain["help"], plain["unit"]) == (parameter.help, parameter.unit)
        assert "supported" not in item


def test_schemas_allow_what_the_blocks_allow() -> None:
    for item in catalogue()["processing"]:
        for parameter in BLOCKS[item["type"]].parameters:
            schema = item["schema"]["properties"][parameter.name]
            for value in (parameter.default, *parameter.search):
                assert value in schema.get("enum", [value])
                if "minimum" in schema:
                    assert schema["minimum"] <= check(parameter, value) <= schema["maximum"]
    spectral = by_type(catalogue()["processing"])["spectral_analysis"]
    (cutoff,) = (p for p in spectral["parameters"] if p["name"] == "filter_cutoff_hz")
    assert cutoff["show_if"] == {"parameter": "filter_type", "values": ["low", "high"]}
    assert spectral["groups"] == ["Filter", "Analysis"]


def test_inputs_explain_their_fields() -> None:
    series = by_type(catalogue()["input"])["time-series"]
    assert series["defaults"]["zero_pad"] is True
    assert "stride_ms" not in series["defaults"]
    assert "starts of two windows" in series["schema"]["properties"]["stride_ms"]["description"]


def test_layers_can_be_made_from_their_fields() -> None:
    layers = by_type(catalogue()["layers"])
    assert set(layers) == set(LAYER_TYPES)
    assert layers["pool1d"]["fields"][0]["choices"] == ["max", "average"]
    for name, layer in layers.items():
        given = {f["name"]: [1] if f["name"] == "shape" else 3
                 for f in layer["fields"] if f["required"]}  # fmt: skip
        parse_layers([{"type": name, **given}])


def test_recommended_blocks_are_those_a_first_design_takes(
    motion_samples: SampleMaker, sound_samples: SampleMaker, picture_samples: SampleMaker
) -> None:
    for samples in (motion_samples(6), sound_samples(6), picture_samples(6)):
        found = catalogue(data_facts(samples))
        design = suggest(samples)
        assert {item.type for item in design.processing} <= starred(found["processing"])
        assert {item.type for item in design.learning} <= starred(found["learning"])
        assert starred(found["input"]) == {design.input.type}
        assert all(i["reason"] for i in found["processing"] if i["recommended"])


@pytest.mark.parametrize(
    ("interval_ms", "axes", "wanted"),
    [
        (1000.0, ("t",), {"flatten"}),
        (0.0, ("a", "b"), {"raw"}),
        (20.0, ("x", "y"), {"spectral_analysis", "flatten"}),
        (0.0625, ("audio",), {"mfe", "mfcc"}),
        (0.0625, ("left", "right"), {"spectral_analysis", "flatten"}),
    ],
)
def test_rate_and_axes_decide(interval_ms: float, axes: tuple[str, ...], wanted: set[str]) -> None:
    found = catalogue(DataFacts("signal", 4, axes, interval_ms, labels=("a", "b")))["processing"]
    assert starred(found) == wanted
    blocks = by_type(found)
    assert blocks["image"]["supported"] is False
    assert blocks["mfe"]["supported"] == (interval_ms > 0)


def test_labels_decide_what_can_be_learned() -> None:
    numbers = tuple(str(value) for value in range(12))
    for labels, wanted in ((("ok",), {"anomaly_kmeans"}), (("a", "b"), {"classification"}),
                           (numbers, {"regression"})):  # fmt: skip
        found = catalogue(DataFacts("signal", 4, ("x",), 10.0, labels=labels))["learning"]
        assert starred(found) == wanted
