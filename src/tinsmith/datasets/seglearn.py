"""The smartwatch recordings inside the PyPI package `seglearn`, for the demonstration.

They come as a pickle inside a `.npy` file. Pickles can run any program, so the file is compared
with the published version's hash and then read by an unpickler that can only build arrays.

D. M. Burns et al., "Shoulder physiotherapy exercise recognition: machine learning the inertial
signals from a smartwatch", Physiological Measurement 2018; package licence BSD-3-Clause.
"""

from __future__ import annotations

import io
import pickle
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from tinsmith.core.errors import DatasetError, DecodeError
from tinsmith.core.hashing import hash_bytes
from tinsmith.datasets.sample import Dataset, Sample, sample_from_signal
from tinsmith.signals import Sensor, Signal

WATCH_MEMBER = "seglearn/data/watch_dataset.npy"
WATCH_SHA256 = "eb122f23cdf06ef6bd6c6c5312958ec5cf9d038e2e6d457b8081662c75a42537"

_INTERVAL_MS = 20.0
_SENSORS = (
    *(Sensor(f"acc{axis}", "g") for axis in "XYZ"),
    *(Sensor(f"gyr{axis}", "rad/s") for axis in "XYZ"),
)
_EXERCISES = {
    "PEN": "pendulum",
    "ABD": "abduction",
    "FEL": "forward_elevation",
    "IR": "internal_rotation",
    "ER": "external_rotation",
    "TRAP": "trapezius_extension",
    "ROW": "upright_row",
}


def read_watch_wheel(wheel: str | Path) -> Dataset:
    """The recordings from the package's wheel file; nothing of the package is installed or run.

    Raises:
        DatasetError: The file is no wheel of the package.
        DecodeError: The data is not the published version.
    """
    try:
        with zipfile.ZipFile(wheel) as archive:
            data = archive.read(WATCH_MEMBER)
    except (OSError, KeyError, zipfile.BadZipFile) as error:
        raise DatasetError(
            f"holds no {WATCH_MEMBER}: {error}",
            hint="download it with: pip download seglearn==1.2.5 --no-deps",
            path=wheel,
        ) from error
    return read_watch(data)


def read_watch(data: bytes, *, sha256: str = WATCH_SHA256) -> Dataset:
    """140 recordings of seven exercises, with `subject` (two digits) and `side` (L or R).

    Args:
        data: Content of `watch_dataset.npy`.
        sha256: The hash `data` must have.

    Raises:
        DecodeError: The data has another hash, or is not what it claims to be.
    """
    if (found := hash_bytes(data)) != sha256:
        raise DecodeError(
            f"watch_dataset.npy has the hash {found[:16]}...; expected {sha256[:16]}...",
            hint="use seglearn 1.2.5",
        )
    content = read_object_npy(data)
    if not isinstance(content, dict):
        raise DecodeError(f"watch_dataset.npy holds {type(content).__name__}; expected a dict")
    names = [_EXERCISES[name] for name in content["y_labels"]]
    takes: dict[str, int] = {}
    samples = []
    rows = zip(content["X"], content["y"], content["subject"], content["side"], strict=True)
    for values, target, subject, side in rows:
        # The package says: 1 = right, 0 = left.
        metadata = {"subject": f"{int(subject):02d}", "side": "R" if side else "L"}
        samples.append(_sample(values, names[int(target)], metadata, takes))
    return Dataset(tuple(sorted(samples, key=lambda sample: sample.name)))


def _sample(values: Any, label: str, metadata: Mapping[str, str], takes: dict[str, int]) -> Sample:
    name = f"{label}.s{metadata['subject']}{metadata['side']}"
    takes[name] = takes.get(name, 0) + 1
    if takes[name] > 1:
        name = f"{name}.{takes[name]}"
    signal = Signal(np.ascontiguousarray(values, dtype=np.float32), _INTERVAL_MS, _SENSORS)
    return sample_from_signal(signal, name=name, label=label, metadata=metadata)


def read_object_npy(data: bytes) -> Any:
    """The single object of an `.npy` file of dtype object, built from arrays and plain values only.

    Raises:
        DecodeError: Not such a file, or its pickle asks for anything but NumPy arrays.
    """
    file = io.BytesIO(data)
    try:
        if np.lib.format.read_magic(file) != (1, 0):
            raise DecodeError("the .npy file has a version other than 1.0")
        shape, _, dtype = np.lib.format.read_array_header_1_0(file)
    except ValueError as error:
        raise DecodeError(f"is no .npy file: {error}") from error
    if dtype.kind != "O" or shape != ():
        raise DecodeError(f"holds {dtype} of shape {shape}; expected one object")
    try:
        return _ArrayUnpickler(file).load().item()
    except DecodeError:
        raise
    except Exception as error:
        raise DecodeError(f"the pickle is damaged: {error}") from error


class _ArrayUnpickler(pickle.Unpickler):
    """Builds arrays, dtypes and plain values; refuses every other name."""

    def find_class(self, module: str, name: str, /) -> Any:
        found = _allowed().get((module, name))
        if found is None:
            raise DecodeError(
                f"the pickle asks for {module}.{name}; only NumPy arrays are allowed",
                hint="the file is not the data set it claims to be",
            )
        return found


def _allowed() -> dict[tuple[str, str], Callable[..., Any]]:
    from numpy._core.multiarray import _reconstruct

    return {
        ("numpy.core.multiarray", "_reconstruct"): _reconstruct,
        ("numpy._core.multiarray", "_reconstruct"): _reconstruct,
        ("numpy", "ndarray"): np.ndarray,
        ("numpy", "dtype"): np.dtype,
        ("_codecs", "encode"): _latin1,
    }


def _latin1(text: str, encoding: str) -> bytes:
    """Python 2 strings in a pickle; any other codec is refused."""
    if encoding != "latin1":
        raise DecodeError(f"the pickle asks for the codec {encoding!r}; expected latin1")
    return text.encode("latin1")
