"""Help with designs that are not saved: blocks, checks, windows, previews and settings."""

from __future__ import annotations

import copy
import statistics
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tinsmith.datasets.windows import WindowSpec, make_windows
from tinsmith.impulse.design import parse_impulse
from tinsmith.impulse.facts import data_facts
from tinsmith.impulse.features import extract_features, plan_blocks, window_format
from tinsmith.server.impulses.facts import project_facts
from tinsmith.store.samples import load_samples


@pytest.fixture
def design(untrained: Any) -> dict[str, Any]:
    found: dict[str, Any] = copy.deepcopy(untrained.get(f"impulses/{untrained.impulse}")["design"])
    return found


def _preview(shop: Any, design: dict[str, Any], sample: int, **more: Any) -> Any:
    body = {"design": design, "sample_id": sample, **more}
    return shop.server.client.post(shop.url("design/preview"), json=body)


@pytest.mark.slow
def test_facts_of_a_project_are_those_of_its_samples(untrained: Any) -> None:
    context = untrained.server.context
    with context.database.read() as session:
        samples = load_samples(session, untrained.project, context.blobs.path)
        assert project_facts(session, untrained.project) == data_facts(samples)


def test_blocks_are_recommended_for_the_data(untrained: Any) -> None:
    blocks = untrained.get("design/blocks")
    by_type = {item["type"]: item for item in blocks["processing"]}
    assert by_type["spectral_analysis"]["recommended"]
    assert not by_type["image"]["supported"]
    assert "recordings" in by_type["spectral_analysis"]["reason"] or by_type["image"]["reason"]
    assert by_type["spectral_analysis"]["schema"]["properties"]["fft_length"]["default"]
    learning = {item["type"]: item for item in blocks["learning"]}
    assert learning["classification"]["recommended"]
    assert not learning["regression"]["supported"]


def test_a_suggested_design_has_no_errors(untrained: Any) -> None:
    found = untrained.get("design/suggestion", name="First")
    assert found["design"]["name"] == "First"
    assert {item["name"] for item in found["presets"]} >= {"motion", "keywords", "image"}
    response = untrained.server.client.post(
        untrained.url("design/check"), json={"design": found["design"]}
    )
    assert response.json()["is_valid"], response.text


def test_a_check_finds_every_problem_with_its_place(untrained: Any, design: dict[str, Any]) -> None:
    design["processing"][0]["parameters"]["fft_lenght"] = 64
    design["learning"][0]["inputs"] = ["spectrum"]
    design["colour"] = "red"
    response = untrained.server.client.post(untrained.url("design/check"), json={"design": design})
    found = response.json()
    assert not found["is_valid"]
    paths = [item["path"] for item in found["findings"] if item["severity"] == "error"]
    assert set(paths) >= {"colour", "processing.0.parameters.fft_lenght", "learning.0.inputs.0"}


def test_window_sizes_tell_what_they_would_give(untrained: Any) -> None:
    found = untrained.get("design/window-sizes")
    assert [item["is_recommended"] for item in found].count(True) == 1
    for item in found:
        assert sum(item["per_label"].values()) == item["windows"] > 0


def test_a_preview_shows_what_the_window_holds_and_what_blocks_make_of_it(
    untrained: Any, design: dict[str, Any]
) -> None:
    number = untrained.training[4]
    response = _preview(untrained, design, number, window=3, with_raw=True)
    assert response.status_code == 200, response.text
    found = response.json()
    context = untrained.server.context
    with context.database.read() as session:
        every = load_samples(session, untrained.project, context.blobs.path)
    key = untrained.get(f"samples/{number}")["name"]
    sample = next(item for item in every if item.name == key)
    windows = make_windows([sample], WindowSpec(500, 250, interval_ms=10))
    assert np.array_equal(np.array(found["raw"], np.float32), windows.values[3])
    impulse = parse_impulse(design)
    planned = plan_blocks(impulse, window_format([sample], impulse))
    features = extract_features(planned, windows.values[3:4])
    for block in found["blocks"]:
        wanted = features[block["id"]][0]
        assert np.array_equal(np.array(block["features"], np.float32), wanted)
        assert len(block["labels"]) == len(wanted)
    assert (found["windows"], found["start_ms"]) == (7, 750.0)


def test_a_preview_needs_no_learning_block(untrained: Any, design: dict[str, Any]) -> None:
    design["learning"] = []
    assert _preview(untrained, design, untrained.training[0]).status_code == 200


def test_costs_are_told_once_they_have_been_measured(
    untrained: Any, design: dict[str, Any]
) -> None:
    number = untrained.training[0]
    costs: dict[str, list[Any]] = {}
    for wanted in ("none", "known", "measure", "known"):
        blocks = _preview(untrained, design, number, cost=wanted).json()["blocks"]
        costs.setdefault(wanted, []).append([block["cost"] for block in blocks])
    assert costs["none"] == [[None, None]]
    before, after = costs["known"]
    assert [cost["instructions"] for cost in before] == [None, None]
    assert after == costs["measure"][0]
    assert all(cost["instructions"] > 1000 and cost["milliseconds"] > 0 for cost in after)


@pytest.mark.slow
def test_a_preview_refuses_what_is_not_there(untrained: Any, design: dict[str, Any]) -> None:
    assert _preview(untrained, design, 10**9).status_code == 404
    response = _preview(untrained, design, untrained.training[0], window=7)
    assert response.status_code == 422
    assert "0 to 6" in response.json()["error"]["hint"]
    design["processing"][0]["parameters"]["fft_length"] = 7
    assert _preview(untrained, design, untrained.training[0]).status_code == 422


def test_proposed_settings_come_with_reasons_and_work(
    untrained: Any, design: dict[str, Any]
) -> None:
    client, url = untrained.server.client, untrained.url("design/autotune")
    body = {"block": "spectral_analysis", "input": design["input"]}
    proposals = client.post(url, json=body).json()
    assert all(item["reason"] for item in proposals)
    design["processing"][0]["parameters"] = {item["parameter"]: item["value"] for item in proposals}
    response = client.post(untrained.url("impulses"), json={"design": design})
    assert response.status_code == 201, response.text
    wrong = {**body, "input": {**design["input"], "window_ms": -1}}
    response = client.post(url, json=wrong)
    assert response.json()["error"]["fields"][0]["path"] == "body.input.window_ms"
    assert client.post(url, json={**body, "block": "magic"}).status_code == 422


@pytest.mark.slow
@pytest.mark.parametrize(
    ("folder", "block"), [("motion-gestures-cbor", "spectral_analysis"), ("keywords", "mfcc")]
)
def test_previews_of_real_recordings_are_quick_once_the_core_is_compiled(
    server: Any, shared_data: Path, folder: str, block: str
) -> None:
    project = server.project()
    files = sorted((shared_data / folder).rglob("*.*"))
    files = [path for path in files if path.suffix in (".cbor", ".wav")][:20]
    sent = [("files", (path.name, path.read_bytes())) for path in files]
    base = f"/api/v1/projects/{project}"
    report = server.client.post(f"{base}/samples", files=sent).json()
    numbers = [item["sample_id"] for item in report["files"] if item["sample_id"]]
    design = server.client.get(f"{base}/design/suggestion").json()["design"]
    design["processing"] = [{"id": "block", "type": block}]
    times = []
    for number in (numbers[0], *numbers):
        started = time.perf_counter()
        response = server.client.post(
            f"{base}/design/preview", json={"design": design, "sample_id": number}
        )
        times.append(1000 * (time.perf_counter() - started))
        assert response.status_code == 200, response.text
    median = statistics.median(times[1:])
    sys.stdout.write(f"\n{folder}: first {times[0]:.0f} ms, then {median:.1f} ms (median)\n")
    assert median < 100
