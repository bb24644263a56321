"""Samples are edited, cut, split and read without losing anything."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
import pytest

_SEGMENT = {"start_index": 0, "end_index": 799, "label": "click"}


@pytest.mark.slow
def test_a_sample_is_edited_cropped_split_deleted_and_restored(
    any_project: Any, wav: Any, png: Any
) -> None:
    project = any_project
    number = project.add(wav(1), "on.one.wav")
    picture = project.add(png(), "cup.png")
    _edit(project, number, picture)
    _crop(project, number)
    _split(project, number)
    _trash(project)
    _plan(project, wav)


def _edit(project: Any, number: int, picture: int) -> None:
    read = project.call("GET", f"/{number}")
    tag = read.headers["etag"]
    change = {"label": "off", "metadata": {"subject": "ü"}, "segments": [_SEGMENT]}
    edited = project.call("PATCH", f"/{number}", json=change, headers={"if-match": tag})
    assert edited.status_code == 200
    assert edited.json() == {
        **read.json(), **change, "revision": 2, "updated_at": edited.json()["updated_at"],
    }  # fmt: skip
    late = project.call("PATCH", f"/{number}", json={"name": "x"}, headers={"if-match": tag})
    assert late.status_code == 412
    box = {"label": "cup", "x": 1, "y": 2, "width": 39, "height": 28}
    wrong: list[tuple[int, dict[str, Any]]] = [
        (number, {"segments": [_SEGMENT, {**_SEGMENT, "start_index": 799}]}),
        (number, {"segments": [{**_SEGMENT, "end_index": 1600}]}),
        (number, {"segments": [{**_SEGMENT, "start_index": 5, "end_index": 4}]}),
        (number, {"boxes": [box]}),
        (picture, {"boxes": [{**box, "width": 39.5}]}),
        (picture, {"segments": [_SEGMENT]}),
        (number, {"name": ""}),
        (number, {"label": "a\0b"}),
        (number, {"other": 1}),
        (number, {"category": "train"}),
        (number, {"metadata": {"": "x"}}),
    ]
    for sample, body in wrong:
        assert project.call("PATCH", f"/{sample}", json=body).status_code == 422, body
    assert project.call("PATCH", f"/{picture}", json={"boxes": [box]}).status_code == 200
    assert project.names(label="cup") == ["cup"]
    assert project.get(f"/{number}")["revision"] == 2


def _crop(project: Any, number: int) -> None:
    before = project.get(f"/{number}")
    cropped = project.post(f"/{number}/crop", {"start": 400, "end": 1200})
    assert (cropped["frames"], cropped["span"]) == (800, {"start": 400, "end": 1200})
    assert cropped["segments"] == [{**_SEGMENT, "end_index": 399}]
    assert project.get("", query="label:off")["items"][0]["length_ms"] == 50
    assert project.post(f"/{number}/crop", {"start": 5, "end": 5}, 422)
    back = project.post(f"/{number}/uncrop", {})
    assert back["segments"] == before["segments"]
    assert (back["frames"], back["span"]) == (1600, None)


def _split(project: Any, number: int) -> None:
    found = project.post(f"/{number}/events", {"window_ms": 20})
    assert isinstance(found["spans"], list)
    part = project.post(f"/{number}/segment", {"start_ms": 10, "length_ms": 20}, 201)
    assert (part["parent_id"], part["frames"]) == (number, 320)
    spans = [{"start": 0, "end": 400}, {"start": 400, "end": 1600}]
    parts = project.post(f"/{number}/split", {"spans": spans}, 201)
    assert [item["frames"] for item in parts] == [400, 1200]
    assert len({item["key"] for item in [*parts, part]}) == 3
    assert project.call("GET", f"/{number}").status_code == 404
    values = project.get(f"/{parts[1]['id']}/values", start=0, end=2)["values"]
    whole = project.get(f"/{part['id']}/values", start=240, end=242)["values"]
    assert values == whole


def _trash(project: Any) -> None:
    assert [item["name"] for item in project.get("", trash=True)["items"]] == ["on.one"]
    assert project.post("/restore", {"select": {"query": "name:on.one"}}) == {"changed": 1}
    assert len(project.get("")["items"]) == 5
    change = {"select": {"query": "label:off"}, "change": {"metadata": {"room": "1"}}}
    assert project.post("/bulk-edit", change) == {"changed": 4}
    assert len(project.names(metadata=["room=1"])) == 4
    ids = [item["id"] for item in project.get("", label="off")["items"]][:2]
    assert project.post("/bulk-delete", {"select": {"ids": [*ids, 999]}}) == {"changed": 2}
    assert project.post("/empty-trash", {}) == {"changed": 2}
    assert project.post("/restore", {"select": {"ids": ids}}) == {"changed": 0}
    for wrong in ({}, {"ids": [1], "query": ""}, {"ids": [0]}, {"query": "length>x"}):
        assert project.call("POST", "/bulk-delete", json={"select": wrong}).status_code == 422
    assert sum(count["samples"] for count in project.get("/counts")) == 3


def _plan(project: Any, wav: Any) -> None:
    for seed in range(10, 20):
        project.add(wav(seed, 400), f"{'on' if seed % 2 else 'off'}.{seed}.wav")
    wanted = {"method": "stratify", "training": 50, "testing": 50}
    plan = project.post("/split-plan", wanted)
    assert plan == project.post("/split-plan", wanted)
    assert plan["moves"] > 0
    stale = {**wanted, "plan": "0" * 64}
    assert project.post("/split-plan/apply", stale, 409)["error"]["code"] == "conflict"
    made = project.post("/split-plan/apply", {**wanted, "plan": plan["plan"]})
    assert made == {"changed": plan["moves"]}
    assert project.post("/split-plan", wanted)["moves"] == 0
    assert len(project.names(category="testing")) == sum(plan["after"]["testing"].values())


def test_what_is_in_a_sample_is_read(project: Any, wav: Any, png: Any) -> None:
    data = wav(3, 20_000)
    number = project.add(data, "long.wav")
    values = np.array(project.get(f"/{number}/values")["values"])
    detail = project.get(f"/{number}/detail", points=100)
    edges = np.arange(0, 20_000, detail["step"])
    assert 50 < len(edges) <= 100
    assert detail["minimum"][0] == np.minimum.reduceat(values[:, 0], edges).tolist()
    assert detail["maximum"][0] == np.maximum.reduceat(values[:, 0], edges).tolist()
    array = project.call("GET", f"/{number}/values.npy", params={"start": 5, "end": 10})
    assert np.load(io.BytesIO(array.content)).tolist() == values[5:10].tolist()
    assert project.call("GET", f"/{number}/file").content == data
    assert project.call("GET", f"/{number}/file", params={"form": "wav"}).content[:4] == b"RIFF"
    lines = project.call("GET", f"/{number}/file", params={"form": "csv"}).content.splitlines()
    assert len(lines) == 20_001
    view = project.get(f"/{number}/spectrogram", columns=10)
    assert len(view["levels_db"]) <= 10
    drawing = project.call("GET", f"/{number}/thumbnail")
    assert drawing.headers["content-type"].startswith("image/svg+xml")
    same = {"if-none-match": drawing.headers["etag"]}
    assert project.call("GET", f"/{number}/thumbnail", headers=same).status_code == 304
    picture = project.add(png(), "cup.png")
    assert project.call("GET", f"/{picture}/thumbnail").content[8:12] == b"WEBP"
    for path in ("detail", "values", "values.npy", "spectrogram"):
        assert project.call("GET", f"/{picture}/{path}").status_code == 422
        assert project.call("GET", f"/{number}/{path}?start=20000").status_code == 422


def test_samples_of_other_projects_are_not_there(server: Any, project: Any, wav: Any) -> None:
    number = project.add(wav(1))
    other = type(project)(server, server.project())
    paths = ["", "/detail", "/values", "/values.npy", "/spectrogram", "/thumbnail", "/file"]
    for path in paths:
        assert other.call("GET", f"/{number}{path}").status_code == 404
    assert other.call("PATCH", f"/{number}", json={"label": "x"}).status_code == 404
    assert other.call("DELETE", f"/{number}").status_code == 404
    assert other.post("/bulk-delete", {"select": {"ids": [number]}}) == {"changed": 0}
    assert project.get(f"/{number}")["revision"] == 1
