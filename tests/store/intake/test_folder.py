"""A folder of uploaded files as arrivals."""

from __future__ import annotations

import io
import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image as Pillow

from tinsmith.core.errors import InputError
from tinsmith.datasets import FileSource
from tinsmith.datasets.annotations import AnnotateOptions
from tinsmith.datasets.import_rule import ImportRule
from tinsmith.signals import Sensor, Signal, encode_acquisition, encode_wav
from tinsmith.store.intake.folder import Found, IntakeOptions, read_upload


def wav(seed: int, frames: int = 160) -> bytes:
    values = np.random.default_rng(seed).integers(-9000, 9000, (frames, 1)).astype(np.float32)
    return encode_wav(Signal(values, 1000 / 16000, (Sensor("audio", "wav"),)))


def png(seed: int, width: int = 20, height: int = 10) -> bytes:
    pixels = np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8)
    buffer = io.BytesIO()
    Pillow.fromarray(pixels).save(buffer, "png")
    return buffer.getvalue()


def table(rows: int, start: int = 0) -> bytes:
    lines = [f"{10 * row},{row % 7},{-row}" for row in range(start, start + rows)]
    return "\n".join(["timestamp,x,y", *lines, ""]).encode()


def read(folder: Path, files: dict[str, bytes], options: IntakeOptions | None = None) -> Found:
    root, aside = folder / "files", folder / "aside"
    aside.mkdir()
    for name, data in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    return read_upload(root, aside, options or IntakeOptions())


def labels(found: Found) -> dict[str, str]:
    return {item.path: item.sample.label for item in found.arrivals}


def test_labels_come_from_folders_and_parts_from_theirs(tmp_path: Path) -> None:
    found = read(tmp_path, {"training/on/a.wav": wav(1), "testing/off/b.wav": wav(2)})
    assert labels(found) == {"training/on/a.wav": "on", "testing/off/b.wav": "off"}
    assert [item.sample.category for item in found.arrivals] == ["testing", "training"]
    assert found.formats == {}
    assert found.unmatched == ()


def test_annotations_are_named_by_format_and_what_they_leave_out(tmp_path: Path) -> None:
    coco = {
        "images": [{"id": 1, "file_name": "a.png", "width": 20, "height": 10}],
        "annotations": [{"image_id": 1, "category_id": 3, "bbox": [1, 2, 3, 4]}],
        "categories": [{"id": 3, "name": "cup"}],
    }
    files = {"a.png": png(1), "b.png": png(2), "coco.json": json.dumps(coco).encode()}
    found = read(tmp_path, files)
    assert found.formats == {"coco.json": "coco"}
    assert found.unmatched == ("b.png",)
    boxes = {item.path: item.sample.boxes for item in found.arrivals}
    assert [(box.label, box.x) for box in boxes["a.png"]] == [("cup", 1.0)]
    assert boxes["b.png"] == ()


def test_names_of_numbered_classes_can_be_given(tmp_path: Path) -> None:
    files = {"a.png": png(1), "a.txt": b"1 0.5 0.5 0.2 0.2\n"}
    options = IntakeOptions(annotations=AnnotateOptions(class_names=("dog", "cat")))
    (arrival,) = read(tmp_path, files, options).arrivals
    assert [box.label for box in arrival.sample.boxes] == ["cat"]


def test_a_table_that_is_one_sample_by_rule_keeps_its_bytes(tmp_path: Path) -> None:
    data = b"t;a;b\n0;1,5;2\n20;2,5;3\n40;3,5;4\n"
    rule = ImportRule(delimiter=";", decimal=",", time_column="t", time_unit="ms")
    (arrival,) = read(tmp_path, {"walk.1.csv": data}, IntakeOptions(rule=rule)).arrivals
    sample = arrival.sample
    assert isinstance(sample.source, FileSource)
    assert sample.source.data() == data
    assert (sample.format, sample.label, sample.facts.interval_ms) == ("csv", "walk", 20.0)
    assert sample.load_signal().values[:, 0].tolist() == [1.5, 2.5, 3.5]


def test_a_long_table_is_split_by_rule_and_says_where_each_part_was(tmp_path: Path) -> None:
    rule = ImportRule(max_rows=40)
    found = read(tmp_path, {"log/walk.csv": table(100)}, IntakeOptions(rule=rule))
    samples = [item.sample for item in found.arrivals]
    assert [sample.facts.frames for sample in samples] == [40, 40, 20]
    assert [sample.metadata["source_lines"] for sample in samples] == ["2-41", "42-81", "82-101"]
    assert {sample.metadata["source_file"] for sample in samples} == {"walk.csv"}
    assert {sample.label for sample in samples} == {"walk"}
    assert np.concatenate([s.load_signal().values[:, 1] for s in samples]).tolist() == [
        -row for row in range(100)
    ]


def test_labels_over_time_of_a_table_become_labels_over_time(tmp_path: Path) -> None:
    lines = [
        "timestamp,x,state",
        *(f"{row * 10},{row},{'on' if row > 5 else 'off'}" for row in range(12)),
    ]
    rule = ImportRule(label_column="state")
    data = ("\n".join(lines) + "\n").encode()
    (arrival,) = read(tmp_path, {"a.csv": data}, IntakeOptions(rule=rule)).arrivals
    assert [(s.start_index, s.end_index, s.label) for s in arrival.sample.segments] == [
        (0, 5, "off"), (6, 11, "on"),
    ]  # fmt: skip
    assert arrival.sample.label == ""


def test_annotation_tables_are_never_data_for_the_rule(tmp_path: Path) -> None:
    files = {"a.wav": wav(1), "labels.csv": b"file_name,class_name\na.wav,bell\n"}
    found = read(tmp_path, files, IntakeOptions(rule=ImportRule()))
    assert labels(found) == {"a.wav": "bell"}
    assert found.problems == ()


def test_a_table_the_rule_does_not_fit_is_a_problem_and_leaves_no_part(tmp_path: Path) -> None:
    broken = table(500) + b"5000,zwei,3\n"
    rule = ImportRule(max_rows=20)
    found = read(tmp_path, {"a.csv": broken, "b.wav": wav(1)}, IntakeOptions(rule=rule))
    assert [item.path for item in found.arrivals] == ["b.wav"]
    assert [problem.path for problem in found.problems] == ["a.csv"]
    assert "502" in found.problems[0].message


def test_a_video_becomes_pictures_at_the_rate_asked_for(tmp_path: Path) -> None:
    av = pytest.importorskip("av")
    path = tmp_path / "clip.mp4"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("mpeg4", rate=10)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        for shade in range(20):
            pixels = np.full((48, 64, 3), shade * 12, dtype=np.uint8)
            for packet in stream.encode(av.VideoFrame.from_ndarray(pixels, format="rgb24")):
                container.mux(packet)
        for packet in stream.encode():
            container.mux(packet)
    found = read(
        tmp_path,
        {"cup/clip.mp4": path.read_bytes(), "pen/a.wav": wav(1)},
        IntakeOptions(video_rate_hz=5),
    )
    pictures = [item for item in found.arrivals if item.sample.facts.kind == "image"]
    assert [item.path for item in pictures] == [
        f"cup/clip.{number:06d}.png" for number in range(1, 11)
    ]
    assert {item.sample.label for item in pictures} == {"cup"}
    assert found.problems == ()


def test_a_damaged_video_is_a_problem_and_leaves_no_picture(tmp_path: Path) -> None:
    pytest.importorskip("av")
    files = {"clip.mp4": b"\0\0\0\x18ftypmp42" + bytes(200), "a.wav": wav(1)}
    found = read(tmp_path, files)
    assert [item.path for item in found.arrivals] == ["a.wav"]
    assert [problem.path for problem in found.problems] == ["clip.mp4"]


def test_a_label_that_no_row_holds_is_a_problem_of_its_file(tmp_path: Path) -> None:
    rows = f"file_name,class_name\na.wav,{'x' * 300}\nb.wav,ok\n"
    files = {"a.wav": wav(1), "b.wav": wav(2), "labels.csv": rows.encode()}
    found = read(tmp_path, files)
    assert labels(found) == {"b.wav": "ok"}
    assert found.problems[0].path == "a.wav"


def test_an_index_that_is_no_json_refuses_everything(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="JSON"):
        read(tmp_path, {"info.labels": b"{", "a.wav": wav(1)})


@pytest.mark.parametrize(("key", "state"), [("k" * 32, "valid"), ("x" * 32, "invalid")])
def test_signatures_of_devices_are_checked(tmp_path: Path, key: str, state: str) -> None:
    signal = Signal(np.ones((4, 1), np.float32), 10.0, (Sensor("x", "m/s2"),))
    data = encode_acquisition(signal, hmac_key="k" * 32)
    (arrival,) = read(tmp_path, {"a.cbor": data}, IntakeOptions(hmac_keys=(key,))).arrivals
    assert arrival.signature == state
    assert "signature" not in arrival.sample.metadata


def test_a_signature_nobody_has_a_key_for_is_unchecked(tmp_path: Path) -> None:
    signal = Signal(np.ones((4, 1), np.float32), 10.0, (Sensor("x", "m/s2"),))
    files = {
        "a.cbor": encode_acquisition(signal, hmac_key="k" * 32),
        "b.cbor": encode_acquisition(signal),
    }
    found = read(tmp_path, files)
    assert {item.path: item.signature for item in found.arrivals} == {
        "a.cbor": "unchecked", "b.cbor": "unsigned",
    }  # fmt: skip


def test_features_of_a_table_become_a_sample_a_row(tmp_path: Path) -> None:
    data = b"a,b,class\n1,2,on\n3,4,off\n5,6,on\n"
    rule = ImportRule(kind="features", label_column="class", time_column="")
    found = read(tmp_path, {"rows.csv": data}, IntakeOptions(rule=rule))
    assert [item.sample.label for item in found.arrivals] == ["on", "off", "on"]
    assert [item.sample.load_signal().values.tolist() for item in found.arrivals] == [
        [[1, 2]], [[3, 4]], [[5, 6]],
    ]  # fmt: skip
