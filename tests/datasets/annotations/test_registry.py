"""No bytes make a reader fail in any other way than with an error of ours."""

from __future__ import annotations

import gc
import json
import time
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tinsmith.core.errors import DatasetError
from tinsmith.datasets.annotations.base import Names
from tinsmith.datasets.annotations.registry import FORMATS, find_format

MAX_SECONDS = 1.0
NAMES = {
    "info-labels": "info.labels",
    "bounding-boxes": "bounding_boxes.labels",
    "structured-labels": "structured_labels.labels",
    "label-map": "label_map.labels",
    "coco": "a.json",
    "pascal-voc": "a.xml",
    "yolo": "a.txt",
    "open-images": "a.csv",
    "csv-boxes": "a.csv",
    "csv-labels": "a.csv",
    "remo": "a.json",
}
WORDS = st.sampled_from([
    "images", "annotations", "categories", "id", "file_name", "bbox", "image_id", "category_id",
    "name", "files", "path", "label", "type", "multi-label", "labels", "startIndex", "endIndex",
    "boundingBoxes", "structuredLabels", "x", "y", "width", "height", "a.png", "task", "classes",
    "object detection", "image classification", "xmin", "ymin", "xmax", "ymax", "metadata",
    "category", "training", "enabled", "decode",
])  # fmt: skip
LEAVES = st.none() | st.booleans() | st.integers() | st.floats() | WORDS | st.text(max_size=5)
JSON = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(WORDS, inner, max_size=6),
    max_leaves=25,
)
CELLS = st.text(alphabet="0123456789.-+eE,;\t \"'\nabcnaif/\\", max_size=80)
HEADERS = {
    "open-images": "ImageID,LabelName,XMin,XMax,YMin,YMax\n",
    "csv-boxes": "file_name,classes,xmin,ymin,xmax,ymax\n",
    "csv-labels": "file_name,class_name\n",
}
TAGS = st.lists(
    st.sampled_from([
        "<annotation>", "</annotation>", "<object>", "</object>", "<name>a</name>", "<bndbox>",
        "</bndbox>", "<xmin>1</xmin>", "<ymin>1</ymin>", "<xmax>9</xmax>", "<ymax>9</ymax>",
        "<filename>a/b.png</filename>", "&lt;", "&#0;", "<![CDATA[", "]]>", "<!--", "-->", "<?x?>",
    ]),
    max_size=20,
)  # fmt: skip


def read(key: str, data: bytes, names: Names | None = None) -> Any:
    """What a reader says, or None where it refuses; slowness fails."""
    # A search for what other tests left behind is none of its doing.
    gc.disable()
    started = time.thread_time()
    try:
        item = FORMATS[key]
        item.detect(NAMES[key], data)
        return item.read(NAMES[key], data, names or Names())
    except DatasetError:
        return None
    finally:
        taken = time.thread_time() - started
        gc.enable()
        assert taken < MAX_SECONDS


@pytest.mark.parametrize("key", FORMATS)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(key: str, data: bytes) -> None:
    read(key, data)
    find_format(NAMES[key], data)


@pytest.mark.slow
@pytest.mark.parametrize(
    "key", [key for key, name in NAMES.items() if name[-4:] in ("json", "bels")]
)
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(content=JSON)
def test_any_json_is_read_or_refused(key: str, content: Any) -> None:
    read(key, json.dumps(content).encode())


@pytest.mark.parametrize("key", HEADERS)
@settings(max_examples=150, deadline=None)
@given(body=CELLS)
def test_any_table_is_read_or_refused(key: str, body: str) -> None:
    read(key, (HEADERS[key] + body).encode())


@settings(max_examples=200, deadline=None)
@given(body=CELLS, names=st.text(alphabet="names:[]{}-&*<!\n 0123abc'\"", max_size=60))
def test_any_lines_and_class_names_are_read_or_refused(body: str, names: str) -> None:
    for file in ("data.yaml", "classes.txt"):
        read("yolo", body.encode(), Names({file: names.encode()}))


@settings(max_examples=200, deadline=None)
@given(tags=TAGS)
def test_any_tags_are_read_or_refused(tags: list[str]) -> None:
    read("pascal-voc", ("<annotation>" + "".join(tags) + "</annotation>").encode())


@pytest.mark.parametrize(
    ("key", "data"),
    [
        ("coco", b"[" * 100_000),
        ("coco", b'{"images": [{"id": ' + b"9" * 5000 + b', "file_name": "a"}]}'),
        ("pascal-voc", b"<annotation>" + b"<a>" * 100_000),
        ("csv-boxes", HEADERS["csv-boxes"].encode() + b'"' + b"a" * 1_000_000),
        ("csv-labels", HEADERS["csv-labels"].encode() + b"a,b\n" * 20_000),
        ("yolo", b"9" * 100_000 + b" 1 1 1 1"),
        ("yolo", b"0 .5 .5 " + b"1" * 10_000 + b" 1"),
    ],
    ids=["deep", "long-number", "deep-tags", "open-quote", "many-rows", "long-class", "long-share"],
)
def test_hostile_sizes_end_soon(key: str, data: bytes) -> None:
    read(key, data)


def test_yaml_that_would_grow_is_not_built() -> None:
    lines = ["a0: &a0 {x: 1, y: 2}"]
    lines += [f"a{n}: &a{n} {{<<: [*a{n - 1}, *a{n - 1}, *a{n - 1}]}}" for n in range(1, 40)]
    names = Names({"data.yaml": "\n".join([*lines, "names: [cat]"]).encode()})
    found = read("yolo", b"0 .5 .5 1 1", names)
    assert found.entries[0].boxes[0].label == "cat"
