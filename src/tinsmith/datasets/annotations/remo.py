"""Remo JSON: a list of pictures, whose `task` says whether they carry boxes or one label."""

from __future__ import annotations

import re
from typing import Any

from tinsmith.core.errors import DatasetError
from tinsmith.datasets.annotations.base import (
    Format,
    Names,
    Problems,
    Reading,
    json_of,
    label_of,
    number_of,
    path_of,
    pixel_box,
    shown,
)
from tinsmith.datasets.index import Entry
from tinsmith.datasets.sample import Box
from tinsmith.signals import extension_of

_TASK = re.compile(rb'"task"\s*:\s*"(object detection|image classification)"', re.IGNORECASE)


def detect(name: str, head: bytes) -> bool:
    """Whether it is a JSON list with a task and file names near its beginning."""
    is_list = head.removeprefix(b"\xef\xbb\xbf").lstrip()[:1] == b"["
    named = b'"file_name"' in head
    return extension_of(name) == "json" and is_list and named and bool(_TASK.search(head))


def read(name: str, data: bytes, names: Names) -> Reading:  # noqa: ARG001 - one form for all
    """One entry per picture.

    Raises:
        DatasetError: No JSON list.
    """
    content = json_of(data)
    if not isinstance(content, list):
        raise DatasetError(f"is {shown(content)}; expected a list of pictures")
    problems = Problems(name)
    entries = []
    for number, item in enumerate(content, start=1):
        try:
            entries.append(_entry(item))
        except DatasetError as error:
            problems.add(f"picture {number}", error)
    return Reading(tuple(entries), problems.listed())


def _entry(item: Any) -> Entry:
    if not isinstance(item, dict):
        raise DatasetError(f"is {shown(item)}; expected file_name, task and annotations")
    file = path_of(item.get("file_name"), "file_name")
    task = str(item.get("task", "")).lower()
    raw = item.get("annotations", [])
    if not isinstance(raw, list) or not all(isinstance(part, dict) for part in raw):
        raise DatasetError("the annotations are no list of objects")
    if task == "object detection":
        return Entry(file, boxes=tuple(box for part in raw for box in _boxes(part)))
    if task == "image classification":
        return Entry(file, label=_label([item, *raw]))
    raise DatasetError(f"the task is {shown(item.get('task'))}; expected boxes or one label")


def _label(parts: list[dict[str, Any]]) -> str:
    labels = {label for part in parts for label in _classes(part)}
    if len(labels) > 1:
        raise DatasetError(f"has {len(labels)} labels; expected one")
    return labels.pop() if labels else ""


def _classes(part: dict[str, Any]) -> list[str]:
    value = part.get("classes", [])
    if isinstance(value, str):
        value = [value]
    if not isinstance(value, list):
        raise DatasetError(f"the classes are {shown(value)}; expected a list")
    return [label_of(item, "class") for item in value]


def _boxes(part: dict[str, Any]) -> list[Box]:
    corners = part.get("bbox")
    if not isinstance(corners, dict):
        raise DatasetError(f"the bbox is {shown(corners)}; expected xmin, ymin, xmax, ymax")
    left, top, right, bottom = (
        number_of(corners.get(key), key) for key in ("xmin", "ymin", "xmax", "ymax")
    )
    labels = _classes(part)
    if not labels:
        raise DatasetError("a box has no class")
    return [pixel_box(label, left, top, right - left, bottom - top) for label in labels]


FORMAT = Format("remo", "Remo JSON", detect, read)
