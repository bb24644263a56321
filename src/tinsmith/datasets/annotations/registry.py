"""The annotation formats, in the order in which they win over each other."""

from __future__ import annotations

from tinsmith.datasets.annotations import (
    coco,
    csv_boxes,
    csv_labels,
    info_labels,
    open_images,
    pascal_voc,
    remo,
    side_labels,
    yolo,
)
from tinsmith.datasets.annotations.base import Format

_ALL = (
    info_labels.FORMAT,
    *side_labels.FORMATS,
    coco.FORMAT,
    pascal_voc.FORMAT,
    yolo.FORMAT,
    open_images.FORMAT,
    csv_boxes.FORMAT,
    csv_labels.FORMAT,
    remo.FORMAT,
)
FORMATS: dict[str, Format] = {item.key: item for item in _ALL}


def find_format(name: str, head: bytes) -> Format | None:
    """The format of a file by its name and its first bytes, or None if it is no annotation."""
    return next((item for item in FORMATS.values() if item.detect(name, head)), None)
