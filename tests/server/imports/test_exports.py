"""Data sets out of a project and into another one."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable
from typing import Any

import pytest

pytestmark = pytest.mark.slow  # each runs jobs in processes of their own

Make = dict[str, Callable[..., bytes]]
SAME = ("name", "label", "category", "enabled", "format", "content_hash", "segments", "boxes",
        "metadata", "frames", "interval_ms", "sensors")  # fmt: skip


def told(sample: dict[str, Any]) -> str:
    """What an export keeps of a sample."""
    return json.dumps({name: sample[name] for name in SAME}, sort_keys=True)


def export(imports: Any, query: str = "") -> bytes:
    """The zip file of an export."""
    response = imports.server.client.post(imports.url("data-exports"), json={"query": query})
    assert response.status_code == 202, response.text
    number = response.json()["id"]
    job = imports.wait(number)
    assert job["state"] == "succeeded", job
    answer = imports.server.client.get(imports.url(f"data-exports/{number}/download"))
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/zip")
    assert len(answer.content) == job["result"]["size_bytes"]
    content: bytes = answer.content
    return content


def other(imports: Any) -> Any:
    """Another project of the same server."""
    return type(imports)(imports.server, imports.server.project("Other"))


def test_what_is_exported_comes_back_the_same(imports: Any, make: Make) -> None:
    segments = {"c.wav": [{"startIndex": 0, "endIndex": 79, "label": "a.b"},
                          {"startIndex": 80, "endIndex": 159, "label": "off"}]}  # fmt: skip
    side = {"version": 1, "type": "structured-labels", "structuredLabels": segments}
    imports.run({
        "training/on/a.wav": make["wav"](1), "testing/off/b.wav": make["wav"](2),
        "training/x/c.wav": make["wav"](3),
        "training/x/structured_labels.labels": json.dumps(side).encode(),
        "validation/p.png": make["png"](4),
        "labels.csv": b"file_name,class_name\np.png,with.dots and spaces\n",
    }, metadata={"room": "7"})  # fmt: skip
    semicolons = b"t;a\n0;1,5\n20;2,5\n40;3,5\n"
    rule = {"delimiter": ";", "decimal": ",", "time_column": "t", "time_unit": "ms"}
    imports.server.client.put(imports.url("import-rule"), json=rule)
    imports.run({"walk.csv": semicolons})
    data = export(imports)
    target = other(imports)
    result = target.run({"set.zip": data})
    assert (result["added"], result["failed"], result["formats"]) == (5, 0, {"info-labels": 1})
    assert sorted(map(told, target.samples())) == sorted(map(told, imports.samples()))
    assert export(target) == data, "the same samples give the same bytes"


def test_an_export_holds_the_samples_that_are_asked_for(imports: Any, make: Make) -> None:
    imports.run({"training/on/a.wav": make["wav"](1), "testing/off/b.wav": make["wav"](2)})
    with zipfile.ZipFile(io.BytesIO(export(imports, "category:testing"))) as archive:
        names = archive.namelist()
        assert len(names) == 2
        assert names[1].startswith("testing/b.")
        assert archive.read(names[1]) == make["wav"](2)


def test_the_layout_of_other_platforms_is_read(imports: Any, make: Make) -> None:
    index = {"version": 1, "files": [
        {"path": "training/a.wav.1.wav", "name": "a", "category": "training",
         "label": {"type": "label", "label": "on.off"}, "metadata": {"site": "b"}},
        {"path": "testing/b.png.2.png", "name": "b", "category": "testing",
         "label": {"type": "unlabeled"},
         "boundingBoxes": [{"label": "cup", "x": 1, "y": 2, "width": 3, "height": 4}]},
        {"path": "split/c.wav.3.wav", "name": "c", "category": "split",
         "label": {"type": "multi-label", "labels": [
             {"startIndex": 0, "endIndex": 159, "label": "x"}]}},
    ]}  # fmt: skip
    files = {
        "info.labels": json.dumps(index).encode(),
        "training/a.wav.1.wav": make["wav"](1),
        "testing/b.png.2.png": make["png"](2),
        "split/c.wav.3.wav": make["wav"](3),
    }
    result = imports.run({"export.zip": make["zip"](files)})
    assert result["added"] == 3
    found = {sample["name"]: sample for sample in imports.samples()}
    assert (found["a"]["label"], found["a"]["metadata"]) == ("on.off", {"site": "b"})
    assert found["b"]["boxes"][0]["label"] == "cup"
    assert found["c"]["segments"][0]["label"] == "x"
    assert found["c"]["category"] in ("training", "testing")


def test_a_data_set_that_lists_one_content_twice_keeps_both(imports: Any, make: Make) -> None:
    same = make["wav"](1)
    index = {"version": 1, "files": [
        {"path": f"training/{name}.wav", "name": name, "category": "training",
         "label": {"type": "label", "label": name}} for name in ("on", "off")
    ]}  # fmt: skip
    files = {
        "info.labels": json.dumps(index).encode(),
        "training/on.wav": same,
        "training/off.wav": same,
    }
    assert imports.run({"export.zip": make["zip"](files)})["added"] == 2
    assert imports.labels() == {"on": "on", "off": "off"}
    assert imports.run({"export.zip": make["zip"](files)})["duplicates"] == 2


@pytest.mark.parametrize(
    ("query", "state"), [("label:none-of-them", "failed"), ("length>>", "failed")]
)
def test_an_export_of_nothing_fails_and_says_so(
    imports: Any, make: Make, query: str, state: str
) -> None:
    imports.run({"a.wav": make["wav"](1)})
    response = imports.server.client.post(imports.url("data-exports"), json={"query": query})
    if response.status_code == 202:
        number = response.json()["id"]
        assert imports.wait(number)["state"] == state
        url = imports.url(f"data-exports/{number}/download")
        assert imports.server.client.get(url).status_code == 404
    else:
        assert response.status_code == 422
