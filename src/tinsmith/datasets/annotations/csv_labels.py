"""Plain CSV labels: a row a data file and its label."""

from __future__ import annotations

from tinsmith.core.errors import DatasetError
from tinsmith.datasets.annotations.base import (
    Format,
    Names,
    Problems,
    Reading,
    label_of,
    path_of,
)
from tinsmith.datasets.annotations.table import has_columns, table_rows
from tinsmith.datasets.index import Entry

_COLUMNS = ("file_name", "class_name")


def detect(name: str, head: bytes) -> bool:
    """Whether it is a table of labels."""
    return has_columns(name, head, _COLUMNS)


def read(name: str, data: bytes, names: Names) -> Reading:  # noqa: ARG001 - one form for all
    """One entry per row; an empty label says "unlabelled".

    Raises:
        DatasetError: No such table.
    """
    problems = Problems(name)
    labels: dict[str, str] = {}
    for line, row in table_rows(data, _COLUMNS):
        try:
            file = path_of(row["file_name"], "file_name")
            label = label_of(row["class_name"], "class_name") if row["class_name"] else ""
            if labels.setdefault(file, label) != label:
                raise DatasetError(f"{file} was {labels[file]!r} before and is {label!r} here")
        except DatasetError as error:
            problems.add(f"line {line}", error)
    entries = tuple(Entry(file, label=label) for file, label in labels.items())
    return Reading(entries, problems.listed())


FORMAT = Format("csv-labels", "CSV with labels", detect, read)
