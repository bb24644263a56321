"""`bounding_boxes.labels`, `structured_labels.labels`, `label_map.labels`: one aspect per file."""

from __future__ import annotations

from functools import partial
from pathlib import PurePosixPath

from tinsmith.datasets.annotations.base import Format, Names, Reading
from tinsmith.datasets.index import parse_side_file

_KINDS = {
    "bounding_boxes.labels": ("bounding-boxes", "Bounding boxes"),
    "structured_labels.labels": ("structured-labels", "Labels over time"),
    "label_map.labels": ("label-map", "Label map"),
}


def detect(kind: str, name: str, head: bytes) -> bool:  # noqa: ARG001 - the name decides
    """Whether the file has the name of the side file `kind`."""
    return PurePosixPath(name).name == kind


def read(kind: str, name: str, data: bytes, names: Names) -> Reading:  # noqa: ARG001
    """One entry per named file.

    Raises:
        DatasetError: It is no such side file.
    """
    entries, problems = parse_side_file(kind, name, data, {})
    return Reading(tuple(entries.values()), tuple(problems))


FORMATS = tuple(
    Format(key, title, partial(detect, kind), partial(read, kind))
    for kind, (key, title) in _KINDS.items()
)
