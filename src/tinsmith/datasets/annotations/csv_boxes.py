"""Plain CSV boxes: a row a box, corners in pixels."""

from __future__ import annotations

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
)
from tinsmith.datasets.annotations.table import has_columns, table_rows
from tinsmith.datasets.index import Entry
from tinsmith.datasets.sample import Box

_COLUMNS = ("file_name", "classes", "xmin", "ymin", "xmax", "ymax")


def detect(name: str, head: bytes) -> bool:
    """Whether it is a table of boxes."""
    return has_columns(name, head, _COLUMNS)


def read(name: str, data: bytes, names: Names) -> Reading:  # noqa: ARG001 - one form for all
    """One entry per picture; a row with several classes (`cat;dog`) counts for each of them.

    Raises:
        DatasetError: No such table.
    """
    problems = Problems(name)
    boxes: dict[str, list[Box]] = {}
    for line, row in table_rows(data, _COLUMNS):
        try:
            picture = path_of(row["file_name"], "file_name")
            found = _boxes(row)
        except DatasetError as error:
            problems.add(f"line {line}", error)
            continue
        boxes.setdefault(picture, []).extend(found)
    entries = tuple(Entry(picture, boxes=tuple(found)) for picture, found in boxes.items())
    return Reading(entries, problems.listed())


def _boxes(row: dict[str, str]) -> list[Box]:
    if not any(row[key] for key in _COLUMNS[1:]):
        return []  # a picture without objects
    left, top, right, bottom = (number_of(row[key], key) for key in _COLUMNS[2:])
    return [
        pixel_box(label_of(label, "class"), left, top, right - left, bottom - top)
        for label in row["classes"].split(";")
    ]


FORMAT = Format("csv-boxes", "CSV with boxes", detect, read)
