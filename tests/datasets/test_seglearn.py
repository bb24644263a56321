"""Reading the demonstration's recordings without trusting their pickle."""

from __future__ import annotations

import io
import os
import pickle
import zipfile
from pathlib import Path

import numpy as np
import pytest

from tinsmith.core.errors import DatasetError, DecodeError
from tinsmith.core.hashing import hash_bytes
from tinsmith.datasets.seglearn import (
    WATCH_MEMBER,
    read_object_npy,
    read_watch,
    read_watch_wheel,
)


def _npy(content: object) -> bytes:
    file = io.BytesIO()
    np.save(file, np.array(content, dtype=object), allow_pickle=True)
    return file.getvalue()


def _watch() -> dict[str, object]:
    return {
        "X": [np.arange(12.0).reshape(2, 6), np.ones((3, 6)), np.zeros((4, 6))],
        "y": np.array([0, 1, 1]),
        "subject": np.array([7, 10, 10]),
        "side": np.array([1.0, 0.0, 0.0]),
        "X_labels": ["ax", "ay", "az", "wx", "wy", "wz"],
        "y_labels": ["PEN", "ABD"],
    }


def test_recordings_have_label_subject_and_side() -> None:
    data = _npy(_watch())
    dataset = read_watch(data, sha256=hash_bytes(data))
    assert [sample.name for sample in dataset.samples] == [
        "abduction.s10L", "abduction.s10L.2", "pendulum.s07R",
    ]  # fmt: skip
    last = dataset.samples[-1]
    assert (last.label, last.metadata) == ("pendulum", {"subject": "07", "side": "R"})
    signal = last.load_signal()
    assert signal.interval_ms == 20
    assert [sensor.name for sensor in signal.sensors[2:4]] == ["accZ", "gyrX"]
    np.testing.assert_array_equal(signal.values, np.arange(12).reshape(2, 6))


def test_another_file_is_refused_before_it_is_unpickled() -> None:
    with pytest.raises(DecodeError, match="has the hash"):
        read_watch(_npy(_watch()))


class _Evil:
    def __reduce__(self) -> tuple[object, tuple[str]]:
        return os.system, ("touch /tmp/tinsmith-was-here",)


@pytest.mark.parametrize("content", [_Evil(), [_Evil()], Path("x"), np.random.default_rng(0)])
def test_a_pickle_cannot_run_anything(content: object) -> None:
    with pytest.raises(DecodeError, match="only NumPy arrays are allowed"):
        read_object_npy(_npy({"X": content}))
    assert not Path("/tmp/tinsmith-was-here").exists()


def test_builtins_cannot_be_reached() -> None:
    head = _npy(None)
    start = head.index(b"\n") + 1
    evil = head[:start] + b"cbuiltins\neval\n(S'1+1'\ntR."
    with pytest.raises(DecodeError, match=r"builtins\.eval"):
        read_object_npy(evil)
    codec = head[:start] + b"c_codecs\nencode\n(X\x01\x00\x00\x00aX\x03\x00\x00\x00zlbtR."
    with pytest.raises(DecodeError, match="the codec 'zlb'"):
        read_object_npy(codec)


@pytest.mark.parametrize("keep", [0, 5, 40, 200, 400])
def test_truncated_files_are_clear_errors(keep: int) -> None:
    with pytest.raises(DecodeError):
        read_object_npy(_npy(_watch())[:keep])


def test_plain_arrays_and_old_pickles() -> None:
    file = io.BytesIO()
    np.save(file, np.arange(3))
    with pytest.raises(DecodeError, match="expected one object"):
        read_object_npy(file.getvalue())
    start = _npy(None).index(b"\n") + 1
    for protocol in range(pickle.HIGHEST_PROTOCOL):
        body = pickle.dumps(np.array({"a": np.arange(3.0)}, dtype=object), protocol=protocol)
        content = read_object_npy(_npy(None)[:start] + body)
        np.testing.assert_array_equal(content["a"], [0, 1, 2])


def test_wheel_without_the_data(tmp_path: Path) -> None:
    wheel = tmp_path / "other.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        archive.writestr("other.txt", "x")
    with pytest.raises(DatasetError, match="holds no"):
        read_watch_wheel(wheel)
    wheel.write_bytes(b"no zip")
    with pytest.raises(DatasetError, match="holds no"):
        read_watch_wheel(wheel)
    with zipfile.ZipFile(wheel, "w") as archive:
        archive.writestr(WATCH_MEMBER, _npy(_watch()))
    with pytest.raises(DecodeError, match="hash"):
        read_watch_wheel(wheel)
