"""Pascal VOC XML: one file a picture, corners in pixels."""

from __future__ import annotations

import re
from pathlib import PurePosixPath
from xml.etree import ElementTree

from tinsmith.core.errors import DatasetError
from tinsmith.datasets.annotations.base import (
    Format,
    Names,
    Problems,
    Reading,
    label_of,
    number_of,
    path_of,
    pixel_box,
    text_of,
)
from tinsmith.datasets.index import Entry
from tinsmith.datasets.sample import Box
from tinsmith.signals import extension_of

_MAX_BYTES = 16 * 1024 * 1024
_DECLARATION = re.compile(r"\s*<\?xml[^>]{0,200}\?>")


def detect(name: str, head: bytes) -> bool:
    """Whether it is XML that begins with an annotation."""
    return extension_of(name) == "xml" and b"<annotation" in head


def read(name: str, data: bytes, names: Names) -> Reading:  # noqa: ARG001 - one form for all
    """One entry; without a `filename` the data file has the stem of the annotation.

    Raises:
        DatasetError: Damaged, too large, or with a document type, which could declare entities.
    """
    root = _parse(data)
    if root.tag != "annotation":
        raise DatasetError(f"begins with <{root.tag[:40]}>; expected <annotation>")
    problems = Problems(name)
    boxes = []
    for number, item in enumerate(root.iter("object"), start=1):
        try:
            boxes.append(_box(item))
        except DatasetError as error:
            problems.add(f"object {number}", error)
    given = (root.findtext("filename") or "").strip()
    if given:
        # Only the name: writers put another machine's folder before it.
        file = PurePosixPath(path_of(given, "filename")).name
        entry = Entry(file, boxes=tuple(boxes), by_stem="." not in file)
    else:
        entry = Entry(PurePosixPath(name).stem, boxes=tuple(boxes), by_stem=True)
    return Reading((entry,), problems.listed())


def _parse(data: bytes) -> ElementTree.Element:
    """The document; without a document type there are no entities to expand or to fetch."""
    if len(data) > _MAX_BYTES:
        raise DatasetError(f"has {len(data) >> 20} MB; the limit is {_MAX_BYTES >> 20} MB")
    text = _DECLARATION.sub("", text_of(data), count=1)  # its encoding no longer holds
    if "<!DOCTYPE" in text or "<!ENTITY" in text:
        raise DatasetError(
            "declares a document type; expected plain Pascal VOC XML",
            hint="remove the <!DOCTYPE ...> line",
        )
    try:
        return ElementTree.fromstring(text)
    except (ElementTree.ParseError, ValueError, RecursionError) as error:
        raise DatasetError(f"is no readable XML: {str(error)[:100]}") from None


def _box(item: ElementTree.Element) -> Box:
    label = label_of(item.findtext("name") or "", "name")
    box = item.find("bndbox")
    if box is None:
        raise DatasetError(f"{label!r} has no bndbox")
    left, top, right, bottom = (
        number_of((box.findtext(key) or "").strip(), key)
        for key in ("xmin", "ymin", "xmax", "ymax")
    )
    return pixel_box(label, left, top, right - left, bottom - top)


FORMAT = Format("pascal-voc", "Pascal VOC XML", detect, read)
