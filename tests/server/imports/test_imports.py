"""Data sets with annotations: what is found, what is stored, and taking it back."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

pytestmark = pytest.mark.slow  # each runs jobs in processes of their own

Make = dict[str, Callable[..., bytes]]

VOC = (
    b"<annotation><filename>a.png</filename><size><width>20</width><height>10</height></size>"
    b"<object><name>cup</name><bndbox><xmin>1</xmin><ymin>2</ymin><xmax>5</xmax><ymax>8</ymax>"
    b"</bndbox></object></annotation>"
)
COCO = json.dumps({
    "images": [{"id": 1, "file_name": "a.png", "width": 20, "height": 10}],
    "annotations": [{"image_id": 1, "category_id": 3, "bbox": [1, 2, 4, 6]}],
    "categories": [{"id": 3, "name": "cup"}],
}).encode()  # fmt: skip
BOXES = json.dumps({
    "version": 1, "type": "bounding-box-labels",
    "boundingBoxes": {"a.png": [{"label": "cup", "x": 1, "y": 2, "width": 4, "height": 6}]},
}).encode()  # fmt: skip
ANNOTATIONS = {
    "pascal-voc": {"a.xml": VOC},
    "coco": {"instances.json": COCO},
    "yolo": {"a.txt": b"0 0.15 0.5 0.2 0.6\n", "classes.txt": b"cup\n"},
    "open-images": {
        "boxes.csv": b"ImageID,LabelName,XMin,XMax,YMin,YMax\na,/m/1,0.05,0.25,0.2,0.8\n",
        "class-descriptions.csv": b"/m/1,cup\n",
    },
    "csv-boxes": {"boxes.csv": b"file_name,classes,xmin,ymin,xmax,ymax\na.png,cup,1,2,5,8\n"},
    "bounding-boxes": {"bounding_boxes.labels": BOXES},
}


@pytest.mark.parametrize("key", ANNOTATIONS)
def test_boxes_come_from_every_format_which_is_named(imports: Any, make: Make, key: str) -> None:
    result = imports.run({"a.png": make["png"](1), "b.png": make["png"](2), **ANNOTATIONS[key]})
    found = {sample["name"]: sample["boxes"] for sample in imports.samples()}
    assert [(b["label"], b["x"], b["y"], b["width"], b["height"]) for b in found["a"]] == [
        ("cup", 1, 2, 4, 6)
    ]
    assert found["b"] == []
    assert len(result["formats"]) <= 2
    assert set(result["annotation_files"]) == set(ANNOTATIONS[key])
    assert (result["added"], result["unmatched"], result["failed"]) == (2, 1, 0)


def test_labels_come_from_a_table_folders_and_labels_over_time(imports: Any, make: Make) -> None:
    segments = {"a.wav": [{"startIndex": 0, "endIndex": 79, "label": "on"},
                          {"startIndex": 80, "endIndex": 159, "label": "off"}]}  # fmt: skip
    side = {"version": 1, "type": "structured-labels", "structuredLabels": segments}
    result = imports.run({
        "one/a.wav": make["wav"](1), "one/structured_labels.labels": json.dumps(side).encode(),
        "two/b.wav": make["wav"](2), "two/c.wav": make["wav"](3),
        "labels.csv": b"file_name,class_name\nb.wav,bell\n",
    })  # fmt: skip
    found = {sample["name"]: sample for sample in imports.samples()}
    assert [(s["start_index"], s["label"]) for s in found["a"]["segments"]] == [
        (0, "on"),
        (80, "off"),
    ]
    assert (found["b"]["label"], found["c"]["label"]) == ("bell", "two")
    assert result["formats"] == {"csv-labels": 1, "structured-labels": 1}


def test_a_preview_stores_nothing_and_is_applied_afterwards(imports: Any, make: Make) -> None:
    files = {"training/on/a.wav": make["wav"](1), "testing/off/b.wav": make["wav"](2)}
    number = imports.start(files, apply=False)
    seen = imports.wait(number)["result"]
    assert (seen["applied"], seen["files"], seen["added"]) == (False, 2, 0)
    assert seen["labels"] == {"on": 1, "off": 1}
    assert seen["categories"] == {"testing": 1, "training": 1}
    assert imports.samples() == []
    response = imports.server.client.post(imports.url(f"data-imports/{number}/apply"))
    assert response.status_code == 202, response.text
    done = imports.wait(response.json()["id"])["result"]
    assert (done["applied"], done["added"]) == (True, 2)
    assert imports.labels() == {"a": "on", "b": "off"}
    again = imports.wait(imports.start(files, apply=False))["result"]
    assert again["duplicates"] == 2


def test_an_import_is_taken_back_and_only_that(imports: Any, make: Make) -> None:
    imports.run({"a.wav": make["wav"](1)})
    number = imports.start({"b.wav": make["wav"](2), "c.wav": make["wav"](3)})
    assert imports.wait(number)["state"] == "succeeded"
    response = imports.server.client.delete(imports.url(f"data-imports/{number}/samples"))
    assert (response.status_code, response.json()) == (200, {"removed": 2})
    assert list(imports.labels()) == ["a"]
    again = imports.server.client.delete(imports.url(f"data-imports/{number}/samples"))
    assert again.json() == {"removed": 0}


def test_every_problem_is_told_and_the_rest_is_stored(imports: Any, make: Make) -> None:
    number = imports.start({
        "good.wav": make["wav"](1), "cut.wav": make["wav"](2)[:40], "text.wav": b"hello",
        "nan.csv": b"timestamp,x\n0,1\n10,nan\n20,inf\n", "empty.wav": b"", "odd.xyz": b"1",
    })  # fmt: skip
    result = imports.wait(number)["result"]
    assert (result["added"], result["failed"]) == (1, 5)
    listed = imports.server.client.get(imports.url(f"data-imports/{number}/files")).json()["items"]
    assert [item["path"] for item in listed if item["status"] == "read"] == ["good.wav"]
    problems = {item["path"] for item in listed if item["status"] == "problem"}
    assert problems == {"cut.wav", "text.wav", "nan.csv", "empty.wav", "odd.xyz"}
    assert all(item["message"] for item in listed if item["status"] == "problem")


def test_the_report_comes_in_pages(imports: Any, make: Make) -> None:
    number = imports.start({f"{n}.wav": make["wav"](n) for n in range(5)})
    imports.wait(number)
    url, names, cursor = imports.url(f"data-imports/{number}/files"), [], None
    while True:
        page = imports.server.client.get(
            url, params={"limit": 2, "cursor": cursor} if cursor else {"limit": 2}
        ).json()
        names += [item["name"] for item in page["items"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert names == ["0", "1", "2", "3", "4"]


def test_an_archive_may_wrap_the_data_set_and_lie_beside_files(imports: Any, make: Make) -> None:
    inner = make["zip"](
        {"set/training/on/a.wav": make["wav"](1), "set/testing/off/b.wav": make["wav"](2)}
    )
    result = imports.run({"data.zip": inner})
    assert (result["added"], result["categories"]) == (2, {"testing": 1, "training": 1})
    beside = make["zip"]({"d.wav": make["wav"](4)})
    assert imports.run({"more.zip": beside, "c.wav": make["wav"](3)})["added"] == 2


def test_the_rule_of_the_project_reads_tables_in_archives(imports: Any, make: Make) -> None:
    rows = "".join(f"{n * 10};{n},5\n" for n in range(50))
    rule = {"delimiter": ";", "decimal": ",", "max_rows": 20}
    assert imports.server.client.put(imports.url("import-rule"), json=rule).status_code == 200
    result = imports.run({"data.zip": make["zip"]({"walk.csv": f"timestamp;x\n{rows}".encode()})})
    assert result["added"] == 3
    assert [sample["frames"] for sample in imports.samples()] == [20, 20, 10]
    assert imports.samples()[1]["metadata"]["source_lines"] == "22-41"


def test_what_the_uploader_says_wins(imports: Any, make: Make) -> None:
    files = {"training/on/a.wav": make["wav"](1), "training/on/b.wav": make["wav"](2)}
    imports.run(files, label="bell", category="validation", metadata={"room": "7"})
    for sample in imports.samples():
        assert (sample["label"], sample["category"]) == ("bell", "validation")
        assert sample["metadata"] == {"room": "7"}


@pytest.mark.parametrize(
    ("files", "options", "status"),
    [
        ({}, {}, (400, 422)),
        ({"../a.wav": b"x"}, {}, (422,)),
        ({"/etc/a.wav": b"x"}, {}, (422,)),
        ({"x" * 300 + ".wav": b"x"}, {}, (422,)),
        ({"a.wav": b"x"}, {"labels": "x"}, (422,)),
        ({"a.wav": b"x"}, {"video_rate_hz": 0}, (422,)),
        ({"a.wav": b"x"}, {"label": "x" * 201}, (422,)),
        ({"a.wav": b"x"}, {"metadata": {"a": 1}}, (422,)),
        ({"a.wav": b"x"}, {"label": "a\0b"}, (422,)),
    ],
)
def test_requests_that_make_no_sense_start_nothing(
    imports: Any, files: dict[str, bytes], options: dict[str, Any], status: tuple[int, ...]
) -> None:
    response = imports.post(files, **options)
    assert response.status_code in status, response.text
    assert response.json()["error"]["message"]
    assert imports.server.client.get(imports.url("jobs")).json()["items"] == []


def test_equal_names_and_too_many_files_are_refused(imports: Any, make: Make) -> None:
    parts = [("files", ("a.wav", make["wav"](n))) for n in range(2)]
    response = imports.server.client.post(imports.url("data-imports"), files=parts)
    assert (response.status_code, response.json()["error"]["code"]) == (422, "unusable")
    many = {f"{n}.wav": b"x" for n in range(1001)}
    assert imports.post(many).status_code == 413


def test_imports_belong_to_their_project(imports: Any, make: Make) -> None:
    number = imports.start({"a.wav": make["wav"](1)})
    imports.wait(number)
    other = f"/api/v1/projects/{imports.server.project()}/data-imports/{number}"
    client = imports.server.client
    assert client.get(f"{other}/files").status_code == 404
    assert client.delete(f"{other}/samples").status_code == 404
    assert client.post(f"{other}/apply").status_code == 404


def test_an_import_that_is_no_preview_or_no_import_is_not_applied(imports: Any, make: Make) -> None:
    number = imports.start({"a.wav": make["wav"](1)})
    imports.wait(number)
    response = imports.server.client.post(imports.url(f"data-imports/{number}/apply"))
    assert (response.status_code, response.json()["error"]["code"]) == (409, "conflict")


def test_formats_are_listed(imports: Any) -> None:
    keys = [item["key"] for item in imports.server.client.get("/api/v1/import-formats").json()]
    assert {"coco", "yolo", "pascal-voc", "info-labels", "csv-labels"} <= set(keys)
