"""COCO JSON: pictures, categories and boxes in three lists."""

from __future__ import annotations

import re
from collections.abc import Callable
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

_LISTS = re.compile(rb'"(images|annotations|categories|licenses|info)"\s*:')
_FIELDS = re.compile(rb'"(file_name|bbox|image_id|category_id|supercategory|coco_url)"')


def detect(name: str, head: bytes) -> bool:
    """Whether it is JSON with the lists and fields of COCO near its beginning."""
    is_object = head.removeprefix(b"\xef\xbb\xbf").lstrip()[:1] == b"{"
    return (
        extension_of(name) == "json"
        and is_object
        and bool(_LISTS.search(head) and _FIELDS.search(head))
    )


def read(name: str, data: bytes, names: Names) -> Reading:  # noqa: ARG001 - one form for all
    """One entry per picture, also for pictures without boxes.

    Raises:
        DatasetError: No JSON object with a list of images.
    """
    content = json_of(data)
    if not isinstance(content, dict) or not isinstance(content.get("images"), list):
        raise DatasetError('has no list "images"', hint="export the annotations as COCO JSON")
    problems = Problems(name)
    files = _named(content["images"], "image", "file_name", path_of, problems)
    categories = _list(content, "categories")
    classes = _named(categories, "category", "name", label_of, problems)
    boxes: dict[str, list[Box]] = {file: [] for file in files.values()}
    for number, item in enumerate(_list(content, "annotations"), start=1):
        try:
            file, found = _annotation(item, files, classes)
        except DatasetError as error:
            problems.add(f"annotation {number}", error)
            continue
        boxes[file] += found
    entries = tuple(Entry(file, boxes=tuple(found)) for file, found in boxes.items())
    return Reading(entries, problems.listed())


def _list(content: dict[str, Any], key: str) -> list[Any]:
    value = content.get(key, [])
    if not isinstance(value, list):
        raise DatasetError(f'"{key}" is {shown(value)}; expected a list')
    return value


def _named(
    items: list[Any], what: str, field: str, check: Callable[[Any, str], str], problems: Problems
) -> dict[str, str]:
    """What a list of images or categories says in a field, by their ids."""
    found = {}
    for number, item in enumerate(items, start=1):
        try:
            if not isinstance(item, dict):
                raise DatasetError(f"is {shown(item)}; expected id and {field}")
            found[_id(item.get("id"))] = check(item.get(field), field)
        except DatasetError as error:
            problems.add(f"{what} {number}", error)
    return found


def _id(value: Any) -> str:
    """An id as text: writers mix numbers and texts."""
    if isinstance(value, bool) or not isinstance(value, int | str):
        raise DatasetError(f"the id is {shown(value)}; expected a number or a text")
    try:
        return str(value)
    except ValueError:
        raise DatasetError("the id is a number of thousands of digits") from None


def _annotation(item: Any, files: dict[str, str], classes: dict[str, str]) -> tuple[str, list[Box]]:
    if not isinstance(item, dict):
        raise DatasetError(f"is {shown(item)}; expected image_id, category_id and bbox")
    image, category = _id(item.get("image_id")), _id(item.get("category_id"))
    if image not in files:
        raise DatasetError(f"is about image {shown(image)}, which is not listed")
    if category not in classes:
        raise DatasetError(f"has category {shown(category)}, which is not listed")
    raw = item.get("bbox")
    if not isinstance(raw, list):
        raise DatasetError(f"the bbox is {shown(raw)}; expected [x, y, width, height]")
    corners = raw if raw and all(isinstance(part, list) for part in raw) else [raw]
    return files[image], [_box(classes[category], part) for part in corners]


def _box(label: str, raw: list[Any]) -> Box:
    if len(raw) != 4:
        raise DatasetError(f"the bbox has {len(raw)} numbers; expected x, y, width, height")
    x, y, width, height = (number_of(value, "the bbox") for value in raw)
    return pixel_box(label, x, y, width, height)


FORMAT = Format("coco", "COCO JSON", detect, read)
