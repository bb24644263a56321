"""What deployment needs to know of a compiled impulse and its test windows, and nothing more."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from tinsmith.core.errors import DatasetError
from tinsmith.emulation import Layout
from tinsmith.toolchain import Generated

FloatArray = npt.NDArray[np.float32]
LearningKind = Literal["classification", "regression", "none"]
ResizeMode = Literal["none", "fit-short", "fit-long", "squash"]


@dataclass(frozen=True)
class Subject:
    """One variant of a fitted impulse, ready to be built and packaged.

    Args:
        name: C identifier of the library.
        title: The design's name.
        variant: `float32` or `int8`.
        learning: What its network does; `none` when it only scores anomalies.
        labels: Of the network's values, in order.
        network_offset: Index of the network's first value.
        anomaly_offset: Index of the anomaly score among the values, if there is one.
        num_frames, axis_names, interval_ms: Of a window; interval 0 for images.
        image_size: (height, width), or None for a time series.
        resize_mode: How pictures were fitted to that size.
        sources: Generated files.
        core_sources: Files of the C core, relative to `runtime/src`.
        layout: Sizes of window, results and scratch.
        markers: Symbols of its stages and layers.
    """

    name: str
    title: str
    variant: Literal["float32", "int8"]
    learning: LearningKind
    labels: tuple[str, ...]
    network_offset: int
    anomaly_offset: int | None
    num_frames: int
    axis_names: tuple[str, ...]
    interval_ms: float
    sources: tuple[Generated, ...]
    core_sources: tuple[str, ...]
    layout: Layout
    markers: tuple[str, ...]
    image_size: tuple[int, int] | None = None
    resize_mode: ResizeMode = "none"

    @property
    def num_axes(self) -> int:
        """Values of a frame."""
        return len(self.axis_names)

    @property
    def has_anomaly(self) -> bool:
        """Whether there is an anomaly score."""
        return self.anomaly_offset is not None


@dataclass(frozen=True)
class TestWindows:
    """Windows nothing was trained on.

    Args:
        values: float32 [n, window length].
        labels: The true label of each; empty where it is not known.
    """

    __test__ = False  # not a test class, whatever pytest thinks of the name

    values: FloatArray
    labels: tuple[str, ...]


def check_windows(subject: Subject, tests: TestWindows) -> None:
    """Refuses windows that cannot prove anything about this impulse.

    Raises:
        DatasetError: There is none, their length is wrong, or a value is not finite.
    """
    if tests.values.ndim != 2 or len(tests.values) == 0:
        raise DatasetError(
            "there is no test window; a deployment is verified on at least one",
            hint="put recordings into the testing category",
        )
    length = tests.values.shape[1]
    if length != subject.layout.window_length:
        raise DatasetError(
            f"test windows have {length} values; the impulse takes {subject.layout.window_length}",
            hint="make the windows with the impulse's own input block",
        )
    if len(tests.labels) != len(tests.values):
        raise DatasetError(f"{len(tests.values)} test windows come with {len(tests.labels)} labels")
    finite = np.isfinite(tests.values).all(axis=1)
    if not finite.all():
        raise DatasetError(
            f"test window {int(np.argmin(finite))} has a value that is NaN or infinite",
            hint="remove or repair the recording",
        )
