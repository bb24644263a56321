"""The impulse document: what it holds survives writing; what is wrong is said with its place."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tinsmith.core.errors import DesignError
from tinsmith.impulse.design import (
    Impulse,
    dump_impulse,
    load_impulse,
    parse_impulse,
    save_impulse,
)

Document = Callable[..., dict[str, Any]]

IDS = st.from_regex(r"[a-s][a-z0-9_]{0,31}", fullmatch=True)
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
NUMBERS = st.floats(1e-6, 1e9, allow_nan=False)
PLAIN = st.one_of(st.booleans(), st.integers(-(2**53), 2**53), NUMBERS, TEXTS)
SETTINGS = st.dictionaries(TEXTS, PLAIN, max_size=3)
SERIES = st.fixed_dictionaries(
    {
        "type": st.just("time-series"),
        "window_ms": NUMBERS,
        "stride_ms": NUMBERS,
        "interval_ms": NUMBERS,
    },
    optional={
        "axes": st.lists(TEXTS, max_size=3),
        "zero_pad": st.booleans(),
        "label_rule": st.sampled_from(["majority", "last"]),
        "group_key": TEXTS,
    },
)
IMAGES = st.fixed_dictionaries(
    {"type": st.just("image"), "width": st.integers(8, 1024), "height": st.integers(8, 1024)},
    optional={"resize_mode": st.sampled_from(["squash", "fit-short", "fit-long"])},
)
LAYERS = st.lists(st.dictionaries(IDS, PLAIN, min_size=1, max_size=3), min_size=1, max_size=3)


@st.composite
def documents(draw: st.DrawFn) -> dict[str, Any]:
    ids = draw(st.lists(IDS, min_size=3, max_size=5, unique=True))
    blocks = [
        {
            "id": name,
            "type": draw(TEXTS),
            "normalize": draw(st.booleans()),
            "axes": draw(st.lists(TEXTS, max_size=2)),
            "parameters": draw(SETTINGS),
        }
        for name in ids[2:]
    ]
    network = {
        "id": ids[0],
        "type": draw(st.sampled_from(["classification", "regression"])),
        "inputs": draw(st.lists(st.sampled_from(ids[2:]), max_size=2)),
        "network": draw(st.one_of(TEXTS, LAYERS)),
        "training": draw(SETTINGS),
        "augmentation": draw(SETTINGS),
    }
    anomaly = {"id": ids[1], "type": "anomaly_kmeans", "clusters": draw(st.integers(1, 1024))}
    learning = draw(st.sampled_from([[network], [anomaly], [network, anomaly]]))
    source = draw(st.one_of(SERIES, IMAGES))
    return {"name": draw(TEXTS), "input": source, "processing": blocks, "learning": learning}


@pytest.mark.slow
@given(documents())
def test_an_impulse_survives_toml(document: dict[str, Any]) -> None:
    import tomllib

    impulse = parse_impulse(document)
    assert parse_impulse(tomllib.loads(dump_impulse(impulse))) == impulse


@pytest.mark.slow
@given(documents())
def test_an_impulse_survives_json(document: dict[str, Any]) -> None:
    impulse = parse_impulse(document)
    assert parse_impulse(json.loads(impulse.model_dump_json())) == impulse


@pytest.mark.parametrize("name", ["impulse.toml", "impulse.json"])
def test_a_file_is_read_by_its_ending(motion_design: Impulse, tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    if name.endswith("toml"):
        save_impulse(motion_design, path)
    else:
        path.write_text(motion_design.model_dump_json(), encoding="utf-8")
    assert load_impulse(path) == motion_design


def test_the_file_holds_only_what_differs_from_the_defaults(motion_design: Impulse) -> None:
    text = dump_impulse(motion_design)
    assert text.startswith('schema_version = 1\nname = "Machine watch"\n')
    assert "window_ms = 1000.0" in text
    assert "zero_pad" not in text
    assert "normalize" not in text


WRONG: dict[str, dict[str, Any]] = {
    "input.time-series.window_ms: Input should be greater than 0 (found -5)": {
        "input": {"type": "time-series", "window_ms": -5, "stride_ms": 1, "interval_ms": 1}
    },
    "input.time-series.stride_ms: Field required": {
        "input": {"type": "time-series", "window_ms": 5, "interval_ms": 1}
    },
    "input.time-series.window_ms: Input should be a finite number (found inf)": {
        "input": {
            "type": "time-series",
            "window_ms": float("inf"),
            "stride_ms": 1,
            "interval_ms": 1,
        }
    },
    "input.image.width: Input should be less than or equal to 1024 (found 5000)": {
        "input": {"type": "image", "width": 5000, "height": 96}
    },
    "input: Input tag 'video' found using 'type' does not match any of the expected tags": {
        "input": {"type": "video"}
    },
    "processing.0.id: String should match pattern": {
        "processing": [{"id": "Big Block", "type": "flatten"}]
    },
    "processing: Tuple should have at least 1 item": {"processing": []},
    "learning.0.clusters: Input should be greater than or equal to 1 (found 0)": {
        "learning": [{"id": "odd", "type": "anomaly_kmeans", "clusters": 0}]
    },
    "learning.0.typo: Extra inputs are not permitted": {
        "learning": [{"id": "odd", "type": "anomaly_kmeans", "typo": 1}]
    },
    "odd: input 'mfe' is none of spectral, statistics": {
        "learning": [{"id": "odd", "type": "anomaly_kmeans", "inputs": ["mfe"]}]
    },
    "two blocks are called 'spectral'": {
        "learning": [{"id": "spectral", "type": "anomaly_kmeans"}]
    },
    "the id 'tin_mfe' begins with tin_": {
        "learning": [{"id": "tin_mfe", "type": "anomaly_kmeans"}]
    },
    "at most one classification or regression block; found a, b": {
        "learning": [{"id": "a", "type": "classification"}, {"id": "b", "type": "regression"}]
    },
    "at most one anomaly block; found a, b": {
        "learning": [{"id": "a", "type": "anomaly_kmeans"}, {"id": "b", "type": "anomaly_kmeans"}]
    },
    "schema_version is 9; this Tinsmith reads 1": {"schema_version": 9},
}


@pytest.mark.parametrize("message", WRONG)
def test_what_is_wrong_is_said_with_its_place(motion_document: Document, message: str) -> None:
    with pytest.raises(DesignError) as caught:
        parse_impulse(motion_document(**WRONG[message]), where="my.toml")
    assert message in caught.value.message
    assert caught.value.path == "my.toml"
    assert caught.value.hint


def test_all_that_is_wrong_is_said_at_once(motion_document: Document) -> None:
    document = motion_document(
        input={"type": "image", "width": 1, "height": "tall"}, processing="none"
    )
    with pytest.raises(DesignError) as caught:
        parse_impulse(document)
    for place in ("input.image.width", "input.image.height", "processing"):
        assert place in caught.value.message


@pytest.mark.parametrize(
    ("name", "data", "message"),
    [
        ("impulse.toml", b"name = ", "not readable: Invalid value"),
        ("impulse.toml", b"\xff\xfe", "not readable: 'utf-8' codec"),
        ("impulse.json", b"{", "not readable"),
        ("impulse.json", b"[]", "holds no impulse"),
        ("impulse.toml", b"", "input: Field required"),
    ],
)
def test_a_damaged_file_is_refused(tmp_path: Path, name: str, data: bytes, message: str) -> None:
    path = tmp_path / name
    path.write_bytes(data)
    with pytest.raises(DesignError, match=message) as caught:
        load_impulse(path)
    assert caught.value.path == str(path)


def test_a_missing_file_says_how_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(DesignError, match="there is no impulse yet") as caught:
        load_impulse(tmp_path / "impulse.toml")
    assert caught.value.hint == "design one with `tinsmith design`"


def test_blocks_see_the_processing_blocks_they_name_in_their_order(
    motion_document: Document,
) -> None:
    document = motion_document()
    document["learning"][0]["inputs"] = ["statistics", "spectral"]
    design = parse_impulse(document)
    network, anomaly = design.network(), design.anomaly()
    assert network is not None
    assert anomaly is not None
    assert [item.id for item in design.inputs_of(network)] == ["statistics", "spectral"]
    assert [item.id for item in design.inputs_of(anomaly)] == ["statistics"]
    everything = anomaly.model_copy(update={"inputs": ()})
    assert design.inputs_of(everything) == design.processing
