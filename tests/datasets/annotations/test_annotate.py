"""Every annotation format gives back the golden boxes, and files find each other."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path, PurePosixPath
from typing import Any

import pytest

from tinsmith.core.errors import DatasetError, DesignError
from tinsmith.datasets import Box
from tinsmith.datasets.annotations import FORMATS, AnnotateOptions, annotate, pascal_voc
from tinsmith.datasets.annotations.base import Names
from tinsmith.signals import Segment

Write = Callable[[Any], dict[str, bytes]]


def name(path: str) -> str:
    return PurePosixPath(path).name


def stem(path: str) -> str:
    return PurePosixPath(path).stem


def write_coco(golden: Any) -> dict[str, bytes]:
    paths = list(golden.boxes)
    content = {
        "images": [
            {"id": number, "file_name": name(path), "width": size[0], "height": size[1]}
            for number, (path, size) in enumerate(golden.sizes.items())
        ],
        "annotations": [
            {
                "image_id": paths.index(path),
                "category_id": 10 + golden.classes.index(box.label),
                "bbox": [box.x, box.y, box.width, box.height],
            }
            for path, boxes in golden.boxes.items()
            for box in boxes
        ],
        "categories": [{"id": 10 + n, "name": label} for n, label in enumerate(golden.classes)],
    }
    return {"annotations.json": json.dumps(content).encode()}


def corners(box: Box) -> tuple[float, float, float, float]:
    return box.x, box.y, box.x + box.width, box.y + box.height


def write_voc(golden: Any) -> dict[str, bytes]:
    written = {}
    for path, boxes in golden.boxes.items():
        objects = "".join(
            f"<object><name>{box.label}</name><bndbox><xmin>{x0}</xmin><ymin>{y0}</ymin>"
            f"<xmax>{x1}</xmax><ymax>{y1}</ymax></bndbox></object>"
            for box in boxes
            for x0, y0, x1, y1 in [corners(box)]
        )
        text = f'<?xml version="1.0" encoding="ISO-8859-1"?>\n<annotation><filename>{name(path)}'
        text += f"</filename>{objects}</annotation>"
        written[f"xml/{stem(path)}.xml"] = text.encode()
    return written


def write_yolo(golden: Any, names: str = "classes.txt") -> dict[str, bytes]:
    written = {}
    for path, boxes in golden.boxes.items():
        width, height = golden.sizes[path]
        lines = [
            f"{golden.classes.index(box.label)} {(box.x + box.width / 2) / width:.8f} "
            f"{(box.y + box.height / 2) / height:.8f} {box.width / width:.8f} "
            f"{box.height / height:.8f}\n"
            for box in boxes
        ]
        written[str(PurePosixPath("labels", path).with_suffix(".txt"))] = "".join(lines).encode()
    listed = {
        "classes.txt": "\n".join(golden.classes) + "\n",
        "coco.names": "\n".join(golden.classes),
        "data.yaml": "train: a\nnames: [" + ", ".join(golden.classes) + "]\n",
        "sub/dataset.yaml": "names:\n"
        + "".join(f"  {number}: {label}\n" for number, label in enumerate(golden.classes)),
    }
    return written | {names: listed[names].encode()}


def write_open_images(golden: Any) -> dict[str, bytes]:
    lines = ["ImageID,Source,LabelName,Confidence,XMin,XMax,YMin,YMax"]
    for path, boxes in golden.boxes.items():
        width, height = golden.sizes[path]
        for box in boxes:
            x0, y0, x1, y1 = corners(box)
            code = f"/m/{golden.classes.index(box.label)}"
            shares = f"{x0 / width:.8f},{x1 / width:.8f},{y0 / height:.8f},{y1 / height:.8f}"
            lines.append(f"{stem(path)},x,{code},1,{shares}")
    codes = "".join(f"/m/{number},{label}\n" for number, label in enumerate(golden.classes))
    return {
        "boxes.csv": "\n".join(lines).encode(),
        "class-descriptions.csv": codes.encode(),
    }


def write_csv_boxes(golden: Any) -> dict[str, bytes]:
    lines = ["file_name\tclasses\txmin\tymin\txmax\tymax"]
    for path, boxes in golden.boxes.items():
        rows = ([name(path), box.label, *map(str, corners(box))] for box in boxes)
        lines.extend("\t".join(row) for row in rows)
        if not boxes:
            lines.append(f"{name(path)}\t\t\t\t\t")
    return {"boxes.csv": "\n".join(lines).encode()}


def write_remo(golden: Any) -> dict[str, bytes]:
    items = [
        {
            "file_name": name(path),
            "task": "Object detection",
            "annotations": [
                {
                    "classes": [box.label],
                    "bbox": dict(zip(("xmin", "ymin", "xmax", "ymax"), corners(box), strict=True)),
                }
                for box in boxes
            ],
        }
        for path, boxes in golden.boxes.items()
    ]
    return {"remo.json": json.dumps(items).encode()}


def as_objects(boxes: tuple[Box, ...]) -> list[dict[str, Any]]:
    return [vars(box) for box in boxes]


def write_side(golden: Any) -> dict[str, bytes]:
    boxes = {f"../{path}": as_objects(found) for path, found in golden.boxes.items()}
    content = {"version": 1, "type": "bounding-box-labels", "boundingBoxes": boxes}
    return {"labels/bounding_boxes.labels": json.dumps(content).encode()}


def write_index(golden: Any) -> dict[str, bytes]:
    files = [
        {"path": path, "label": {"type": "unlabeled"}, "boundingBoxes": as_objects(boxes),
         "category": "testing" if path.startswith("val") else "training"}
        for path, boxes in golden.boxes.items()
    ]  # fmt: skip
    return {"info.labels": json.dumps({"version": 1, "files": files}).encode()}


WRITERS: dict[str, Write] = {
    "coco": write_coco,
    "pascal-voc": write_voc,
    "yolo": write_yolo,
    "open-images": write_open_images,
    "csv-boxes": write_csv_boxes,
    "remo": write_remo,
    "bounding-boxes": write_side,
    "info-labels": write_index,
}
BOX_COLUMNS = b"file_name,classes,xmin,ymin,xmax,ymax\n"
# Formats in which a picture without boxes is not mentioned.
SILENT = {"open-images", "info-labels"}


def near(found: tuple[Box, ...] | None, expected: tuple[Box, ...]) -> bool:
    numbers = [[*corners(box)] for box in found or ()]
    labels = [box.label for box in found or ()]
    return labels == [box.label for box in expected] and numbers == [
        pytest.approx(corners(box), abs=1e-3) for box in expected
    ]


@pytest.mark.parametrize("key", WRITERS)
def test_a_format_gives_back_the_golden_boxes(golden: Any, key: str) -> None:
    found = annotate(golden.pictures | WRITERS[key](golden))
    assert found.problems == ()
    assert set(found.used.values()) - {"names"} == {key}
    assert set(found.files) == set(golden.pictures)
    for path, boxes in golden.boxes.items():
        assert near(found.files[path].boxes, boxes), path
        if boxes or key not in SILENT:
            assert found.files[path].formats == (key,)
    assert found.files["train/cat.01.png"].category == "training"
    assert found.files["val/cat.02.png"].category == "testing"


@pytest.mark.parametrize("key", WRITERS)
def test_places_on_disk_read_the_same_as_bytes(golden: Any, tmp_path: Path, key: str) -> None:
    files: Mapping[str, bytes] = golden.pictures | WRITERS[key](golden)
    for path, content in files.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_bytes(content)
    assert annotate({path: tmp_path / path for path in files}) == annotate(files)


@pytest.mark.parametrize("names", ["coco.names", "data.yaml", "sub/dataset.yaml"])
def test_class_names_come_from_any_of_the_usual_files(golden: Any, names: str) -> None:
    found = annotate(golden.pictures | write_yolo(golden, names))
    assert found.problems == ()
    assert near(found.files["val/cat.02.png"].boxes, golden.boxes["val/cat.02.png"])


def test_numbered_classes_without_names_ask_for_them(golden: Any) -> None:
    files = golden.pictures | write_yolo(golden)
    del files["classes.txt"]
    found = annotate(files)
    boxes = found.files["train/dog.01.png"].boxes
    assert boxes is not None
    assert [box.label for box in boxes] == ["1", "0"]
    assert all("class names" in problem.message for problem in found.problems)
    given = annotate(files, AnnotateOptions(class_names=golden.classes))
    assert near(given.files["train/dog.01.png"].boxes, golden.boxes["train/dog.01.png"])
    assert given.problems == ()


def test_every_format_is_written_by_these_tests_or_carries_no_boxes() -> None:
    assert set(FORMATS) - set(WRITERS) == {"csv-labels", "structured-labels", "label-map"}


def test_single_labels_come_from_a_table_or_from_remo(golden: Any) -> None:
    table = b"file_name;class_name\ncat.01.png;cat\nnone.png;\nlost.png;dog\n"
    found = annotate(golden.pictures | {"labels.csv": table})
    assert found.files["train/cat.01.png"].label == "cat"
    assert found.files["val/none.png"].label == ""
    assert found.unmatched == ("train/dog.01.png", "val/cat.02.png")
    (problem,) = found.problems
    assert "lost.png" in problem.message
    items = [{"file_name": "cat.01.png", "task": "Image classification", "classes": ["cat"]}]
    found = annotate(golden.pictures | {"r.json": json.dumps(items).encode()})
    assert found.files["train/cat.01.png"].label == "cat"
    assert found.files["train/cat.01.png"].boxes is None


def test_labels_over_time_and_metadata_come_from_side_files() -> None:
    files = {
        "a/one.csv": b"timestamp,x\n0,1\n10,2\n",
        "a/structured_labels.labels": json.dumps(
            {"structuredLabels": {"one.csv": [{"startIndex": 0, "endIndex": 1, "label": "up"}]}}
        ).encode(),
        "a/label_map.labels": b'{"labels": {"one.csv": {"speed": "3"}}}',
    }
    found = annotate(files).files["a/one.csv"]
    assert found.segments == (Segment(0, 1, "up"),)
    assert found.metadata == {"speed": "3"}
    assert found.boxes is None


def test_the_same_part_wins_over_the_same_folder(golden: Any) -> None:
    pictures = {
        f"{part}/a.png": golden.pictures["val/none.png"]
        for part in ("images/train", "images/val", "labels/val")
    }
    files = pictures | {"labels/val/a.txt": b"0 .5 .5 1 1", "labels/train/a.txt": b"1 .5 .5 1 1"}
    found = annotate(files, AnnotateOptions(class_names=("zero", "one")))
    assert found.files["images/train/a.png"].boxes == (Box("one", 0, 0, 40, 40),)
    assert found.files["labels/val/a.png"].boxes == (Box("zero", 0, 0, 40, 40),)
    assert found.files["images/val/a.png"].boxes is None


def test_a_name_that_fits_two_files_equally_is_a_problem(golden: Any) -> None:
    pictures = {f"{part}/a.png": golden.pictures["val/none.png"] for part in ("p", "q")}
    found = annotate(pictures | {"labels.csv": b"file_name,class_name\na.png,cat\n"})
    assert found.unmatched == ("p/a.png", "q/a.png")
    assert "can be p/a.png or q/a.png" in found.problems[0].message
    found = annotate(pictures | {"labels.csv": b"file_name,class_name\nq/a.png,cat\n"})
    assert found.files["q/a.png"].label == "cat"


def test_two_formats_about_the_same_pictures_do_not_double_boxes(golden: Any) -> None:
    found = annotate(golden.pictures | write_coco(golden) | write_yolo(golden))
    assert near(found.files["train/dog.01.png"].boxes, golden.boxes["train/dog.01.png"])
    (problem,) = found.problems
    assert "4 files have boxes in coco and in yolo; coco was used" in problem.message
    only = annotate(
        golden.pictures | write_coco(golden) | write_yolo(golden), AnnotateOptions("yolo")
    )
    assert set(only.used.values()) == {"yolo", "names"}
    assert only.problems == ()


@pytest.mark.parametrize(
    ("file", "content", "message"),
    [
        ("x.txt", b"0 .5 .5 1 1\n" * 18 + b"7 .5 .5 1 1", "line 19: the class is 7"),
        ("x.txt", b"0 .5 .5 1 1\n" * 19 + b"0 .5 .5 3 1", "line 20: the box covers -1 to 2"),
        ("b.csv", BOX_COLUMNS + b"x.png,a,1,1,nan,4", "line 2: xmax is"),
        ("b.csv", BOX_COLUMNS + b"x.png,a,5,1,1,4", "line 2: the box is -4"),
        ("v.xml", b"<annotation><filename>x.png</filename><object><name>a</name><bndbox>"
         b"<xmin>-1</xmin><ymin>1</ymin><xmax>3</xmax><ymax>3</ymax></bndbox></object>"
         b"</annotation>", "object 1: the box begins at -1"),
        ("v.xml", b'<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><annotation>&b;'
         b"</annotation>", "declares a document type"),
        ("v.xml", b"<annotation><filename>", "is no readable XML"),
        ("c.json", b'{"images": [{"id": 1, "file_name": "x.png"}], '
         b'"annotations": [{"image_id": 2}]}', "annotation 1"),
        ("c.json", b'{"images": 3, "annotations": [{"bbox": 1}]}', 'has no list "images"'),
        ("r.json", b'[{"file_name": "x.png", "task": "object detection", "annotations": [{}]}]',
         "picture 1: the bbox is None"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_with_its_place(
    golden: Any, file: str, content: bytes, message: str
) -> None:
    pictures = {"x.png": golden.pictures["val/none.png"]}
    found = annotate(pictures | {file: content, "classes.txt": b"only\n"})
    assert [problem for problem in found.problems if message in problem.message], found.problems


def test_entities_are_refused_in_every_encoding() -> None:
    text = '<!DOCTYPE a [<!ENTITY b "c">]><annotation>&b;</annotation>'
    for encoding in ("utf-8", "utf-16"):
        with pytest.raises(DatasetError, match="declares a document type"):
            pascal_voc.read("v.xml", text.encode(encoding), Names())


def test_a_table_of_numbers_without_a_picture_stays_data() -> None:
    found = annotate({"x.txt": b"0 0.5 0.5 0.1 0.2\n", "classes.txt": b"1 2\n"})
    assert found.used == {}
    assert found.unmatched == ("classes.txt", "x.txt")


def test_an_unknown_format_is_refused() -> None:
    with pytest.raises(DesignError, match="no annotation format 'cocoa'"):
        annotate({}, AnnotateOptions("cocoa"))


def test_a_boxed_picture_whose_size_is_unknown_is_reported() -> None:
    found = annotate({"x.png": b"no picture", "x.txt": b"0 .5 .5 1 1", "classes.txt": b"only\n"})
    assert "its size cannot be read" in found.problems[0].message


def test_coco_and_yolo_of_real_pictures_agree(shared_data: Path) -> None:
    root = shared_data / "coco-mini-boxes"
    files = {path.relative_to(root).as_posix(): path for path in root.rglob("*.*")}
    coco, yolo = (annotate(files, AnnotateOptions(key)) for key in ("coco", "yolo"))
    assert sum(len(item.boxes or ()) for item in coco.files.values()) == 222
    assert coco.unmatched == yolo.unmatched == ()
    for path, item in coco.files.items():
        assert near(yolo.files[path].boxes, item.boxes or ())


def test_real_pascal_voc_is_read_whole(shared_data: Path) -> None:
    root = shared_data / "blood-cells-voc"
    files = {path.relative_to(root).as_posix(): path for path in root.rglob("*.*")}
    found = annotate(files)
    assert sum(len(item.boxes or ()) for item in found.files.values()) == 2942
    assert len(found.problems) == 2, "two boxes without area"
