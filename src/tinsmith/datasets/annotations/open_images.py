"""Open Images CSV: a row a box in shares of the picture, class codes explained in a second file."""

from __future__ import annotations

import csv
import io

from tinsmith.core.errors import DatasetError
from tinsmith.datasets.annotations.base import (
    Format,
    Names,
    Problems,
    Reading,
    label_of,
    number_of,
    path_of,
    relative_box,
    text_of,
)
from tinsmith.datasets.annotations.table import has_columns, table_rows
from tinsmith.datasets.index import Entry
from tinsmith.datasets.sample import Box

NAME_FILES = ("class-descriptions.csv", "class-descriptions-boxable.csv")
_COLUMNS = ("imageid", "labelname", "xmin", "xmax", "ymin", "ymax")


def detect(name: str, head: bytes) -> bool:
    """Whether it is a table with the columns of Open Images."""
    return has_columns(name, head, _COLUMNS)


def read(name: str, data: bytes, names: Names) -> Reading:
    """One entry per picture; pictures are named without extension.

    Raises:
        DatasetError: No such table, or the class descriptions are damaged.
    """
    classes = _descriptions(name, names)
    problems = Problems(name)
    boxes: dict[str, list[Box]] = {}
    for line, row in table_rows(data, _COLUMNS):
        try:
            picture = path_of(row["imageid"], "ImageID")
            box = _box(row, classes)
        except DatasetError as error:
            problems.add(f"line {line}", error)
            continue
        boxes.setdefault(picture, []).append(box)
    entries = tuple(
        Entry(picture, boxes=tuple(found), relative=True, by_stem=True)
        for picture, found in boxes.items()
    )
    return Reading(entries, problems.listed())


def _box(row: dict[str, str], classes: dict[str, str]) -> Box:
    code = label_of(row["labelname"], "LabelName")
    left, right, top, bottom = (
        number_of(row[key], key) for key in ("xmin", "xmax", "ymin", "ymax")
    )
    return relative_box(classes.get(code, code), left, top, right, bottom)


def _descriptions(name: str, names: Names) -> dict[str, str]:
    """Class name by code."""
    for ending in NAME_FILES:
        found = names.nearest(name, ending)
        if found is None:
            continue
        path, data = found
        try:
            rows = csv.reader(io.StringIO(text_of(data), newline=""), strict=True)
            pairs = [row for row in rows if len(row) >= 2]
        except csv.Error as error:
            raise DatasetError(f"is no readable table: {error}", path=path) from None
        except DatasetError as error:
            raise error.at(path) from None
        return {row[0].strip(): label_of(row[1], "class name") for row in pairs}
    return {}


FORMAT = Format("open-images", "Open Images CSV", detect, read)
