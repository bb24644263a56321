"""A packed data set comes back as it was, and the same samples give the same bytes."""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tinsmith.core.errors import DatasetError
from tinsmith.datasets import Box, Dataset, Sample, sample_from_signal
from tinsmith.datasets.archive import extract
from tinsmith.datasets.crop import crop
from tinsmith.datasets.exchange import pack, pack_to
from tinsmith.datasets.folder import FolderOptions, read_folder
from tinsmith.signals import DecodeOptions, Image, Segment, Signal


def again(samples: tuple[Sample, ...], folder: Path) -> Dataset:
    pack_to(samples, folder / "set.zip")
    return read_folder(extract(folder / "set.zip", folder / "out").root)


def facts(sample: Sample) -> dict[str, Any]:
    kept = ("name", "label", "category", "segments", "boxes", "metadata", "enabled", "content_hash")
    return {name: getattr(sample, name) for name in (*kept, "format", "id")}


@pytest.fixture
def samples(tmp_path: Path, write_csv) -> tuple[Sample, ...]:
    """Recordings and a picture with everything a sample can have."""
    root = tmp_path / "in"
    for number, name in enumerate("abcd"):
        write_csv(root / f"{name}.csv", seed=number)
    (root / "plain.csv").write_text("x;y\n1,5;2\n3;4\n2;2\n")
    picture = np.arange(48, dtype=np.uint8).reshape(4, 4, 3)
    from PIL import Image as Pillow

    Pillow.fromarray(picture).save(root / "p.png")
    options = FolderOptions(decode=DecodeOptions(interval_ms=20.0))
    a, b, c, d, p, plain = read_folder(root, options).samples
    return (
        a.with_(name="ein Ä/b?", label="up.left", category="training", metadata={"who": "me"}),
        b.with_(segments=(Segment(0, 4, "on"), Segment(8, 19, "off")), label="", enabled=False),
        c.with_(segments=(Segment(0, 4, "on"),), label="both", category="testing"),
        d.with_(label="", category="validation"),
        p.with_(boxes=(Box("cat", 1, 0.5, 2, 3),), label="", category="training"),
        plain.with_(label="7"),
    )


def test_a_packed_data_set_comes_back_as_it_was(
    samples: tuple[Sample, ...], tmp_path: Path
) -> None:
    found = again(samples, tmp_path)
    assert found.problems == ()
    before = sorted(map(facts, samples), key=lambda fact: fact["id"])
    assert sorted(map(facts, found.samples), key=lambda fact: fact["id"]) == before
    for old in samples:
        (new,) = (sample for sample in found.samples if sample.id == old.id)
        content, expected = new.load(), old.load()
        if isinstance(expected, Signal):
            assert isinstance(content, Signal)
            assert content.interval_ms == expected.interval_ms
            np.testing.assert_array_equal(content.values, expected.values)


def test_the_same_samples_give_the_same_bytes(samples: tuple[Sample, ...]) -> None:
    assert b"".join(pack(samples)) == b"".join(pack(samples))


def test_the_layout_is_the_one_others_read(samples: tuple[Sample, ...]) -> None:
    with zipfile.ZipFile(io.BytesIO(b"".join(pack(samples)))) as archive:
        assert archive.testzip() is None
        index = json.loads(archive.read("info.labels"))
        names = archive.namelist()
    assert index["version"] == 1
    assert names == ["info.labels", *(entry["path"] for entry in index["files"])]
    assert {entry["category"] for entry in index["files"]} == {
        "training", "testing", "validation", "split",
    }  # fmt: skip
    assert index["files"][0]["label"] == {"type": "label", "label": "up.left"}
    assert index["files"][1]["label"]["type"] == "multi-label"
    assert index["files"][3]["label"] == {"type": "unlabeled"}
    assert index["files"][4]["boundingBoxes"] == [
        {"label": "cat", "x": 1, "y": 0.5, "width": 2, "height": 3}
    ]


def test_crops_and_samples_from_memory_become_files(
    samples: tuple[Sample, ...], make_sample, tmp_path: Path
) -> None:
    cropped = crop(samples[0], 5, 15)
    made = make_sample("made", "idle").with_(category="testing")
    picture = sample_from_signal(Image(np.full((3, 5, 3), 9, np.uint8)), name="grey", label="g")
    found = {sample.name: sample for sample in again((cropped, made, picture), tmp_path).samples}
    assert found[cropped.name].facts.frames == 10
    np.testing.assert_array_equal(
        found[cropped.name].load_signal().values, cropped.load_signal().values
    )
    np.testing.assert_array_equal(found["made"].load_signal().values, made.load_signal().values)
    np.testing.assert_array_equal(found["grey"].load_image().pixels, picture.load_image().pixels)
    assert found["made"].category == "testing"


def test_a_large_data_set_has_one_entry_a_line(
    samples: tuple[Sample, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tinsmith.datasets.exchange._MANY_FILES", 2)
    found = again(samples, tmp_path)
    assert [fact["label"] for fact in map(facts, found.samples)].count("up.left") == 1
    assert len(found) == len(samples)
    assert found.problems == ()


def test_a_file_that_changed_stops_the_packing(samples: tuple[Sample, ...], tmp_path: Path) -> None:
    (tmp_path / "in" / "c.csv").write_text("timestamp,x\n0,1\n1,2\n")
    with pytest.raises(DatasetError, match="has changed"):
        pack_to(samples, tmp_path / "set.zip")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["in"]


@pytest.mark.parametrize(
    ("decode", "message"),
    [({"max_bytes": 1}, "unknown options"), ({"interval_ms": "x"}, "option interval_ms")],
)
def test_options_in_an_index_are_checked(
    tmp_path: Path, write_csv, decode: dict[str, Any], message: str
) -> None:
    write_csv(tmp_path / "a.csv")
    entry = {"path": "a.csv", "label": {"type": "unlabeled"}, "decode": decode}
    (tmp_path / "info.labels").write_text(json.dumps({"files": [entry]}))
    (problem,) = read_folder(tmp_path).problems
    assert message in problem.message
