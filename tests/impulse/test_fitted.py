"""A trained impulse survives being written, and damage is noticed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tinsmith.core.errors import DesignError
from tinsmith.core.shapes import FeatureShape
from tinsmith.impulse.design import ProcessingBlock
from tinsmith.impulse.fitted import (
    FittedImpulse,
    WindowFormat,
    joint_shape,
    load_fitted,
    plan_block,
    save_fitted,
)


@pytest.fixture
def folder(fitted: FittedImpulse, tmp_path: Path) -> Path:
    save_fitted(fitted, tmp_path / "model")
    return tmp_path / "model"


def test_what_is_written_is_read_back_bit_for_bit(fitted: FittedImpulse, folder: Path) -> None:
    found = load_fitted(folder)
    assert found.key == fitted.key
    assert (found.design, found.window, found.classes) == (
        fitted.design,
        fitted.window,
        fitted.classes,
    )
    assert found.network == fitted.network
    assert found.warnings == fitted.warnings
    for name, scaler in fitted.scalers.items():
        assert found.scalers[name].mean.tobytes() == scaler.mean.tobytes()
        assert found.scalers[name].scale.tobytes() == scaler.scale.tobytes()
    assert found.clusters is not None
    assert fitted.clusters is not None
    for name in ("axes", "mean", "scale", "centres", "radius"):
        one, other = getattr(found.clusters.model, name), getattr(fitted.clusters.model, name)
        assert (one.dtype, one.shape, one.tobytes()) == (other.dtype, other.shape, other.tobytes())


def test_the_files_are_plain(folder: Path) -> None:
    names = sorted(path.name for path in folder.iterdir())
    assert names == ["fitted.json", "float32.tflite", "impulse.toml", "int8.tflite"]
    meta = json.loads((folder / "fitted.json").read_text(encoding="utf-8"))
    assert meta["classes"] == ["idle", "rattling", "turning"]


def test_writing_twice_gives_the_same_bytes(
    fitted: FittedImpulse, folder: Path, tmp_path: Path
) -> None:
    save_fitted(load_fitted(folder), tmp_path / "again")
    for path in folder.iterdir():
        assert (tmp_path / "again" / path.name).read_bytes() == path.read_bytes()


def test_nothing_trained_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(DesignError, match="nothing has been trained yet") as caught:
        load_fitted(tmp_path)
    assert caught.value.hint == "run `tinsmith train`"


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-20])


@pytest.mark.parametrize("name", ["fitted.json", "float32.tflite", "int8.tflite", "impulse.toml"])
def test_a_damaged_file_is_noticed(folder: Path, name: str) -> None:
    cut(folder / name)
    with pytest.raises(DesignError) as caught:
        load_fitted(folder)
    assert caught.value.hint


@pytest.mark.parametrize("name", ["float32.tflite", "int8.tflite", "impulse.toml"])
def test_a_missing_file_is_noticed(folder: Path, name: str) -> None:
    (folder / name).unlink()
    with pytest.raises(DesignError):
        load_fitted(folder)


@pytest.mark.parametrize("key", ["window", "classes", "scalers", "network", "sha256"])
def test_a_missing_entry_is_noticed(folder: Path, key: str) -> None:
    path = folder / "fitted.json"
    meta = json.loads(path.read_text(encoding="utf-8"))
    del meta[key]
    path.write_text(json.dumps(meta), encoding="utf-8")
    with pytest.raises(DesignError, match=f"damaged: '{key}' is missing") as caught:
        load_fitted(folder)
    assert caught.value.hint == "run `tinsmith train` again"


@pytest.mark.parametrize("text", ["[]", "null", '{"window": 3}', "{"])
def test_a_document_of_another_kind_is_noticed(folder: Path, text: str) -> None:
    (folder / "fitted.json").write_text(text, encoding="utf-8")
    with pytest.raises(DesignError, match="the trained impulse is damaged"):
        load_fitted(folder)


def test_features_are_named_by_axis() -> None:
    window = WindowFormat(100, ("accX", "accY"), 10.0)
    block = plan_block(ProcessingBlock(id="a", type="flatten", axes=("accY",)), window)
    assert block.labels[0] == "accY Average"
    assert block.plan.num_features == len(block.labels) == 7
    raw = plan_block(ProcessingBlock(id="b", type="raw"), window)
    assert len(raw.labels) == raw.plan.num_features == 200


def test_several_blocks_lie_flat_side_by_side() -> None:
    window = WindowFormat(100, ("accX", "accY"), 10.0)
    raw = plan_block(ProcessingBlock(id="a", type="raw"), window)
    flat = plan_block(ProcessingBlock(id="b", type="flatten"), window)
    assert joint_shape((raw,)) == FeatureShape("series", (100, 2))
    assert joint_shape((raw, flat)) == FeatureShape("flat", (214,))
