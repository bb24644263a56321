"""`info.labels`: the index of an exported data set, with everything about each file."""

from __future__ import annotations

from pathlib import PurePosixPath

from tinsmith.datasets.annotations.base import Format, Names, Reading
from tinsmith.datasets.index import INDEX_NAME, parse_index
from tinsmith.datasets.sample import Problem


def detect(name: str, head: bytes) -> bool:  # noqa: ARG001 - the name decides
    """Whether the file has the name of an index."""
    return PurePosixPath(name).name == INDEX_NAME


def read(name: str, data: bytes, names: Names) -> Reading:  # noqa: ARG001 - one form for all
    """One entry per listed file.

    Raises:
        DatasetError: No JSON, or without a list of files.
    """
    index = parse_index(name, data)
    notes = tuple(Problem(name, note) for note in index.notes)
    return Reading(tuple(index.entries.values()), (*index.problems, *notes))


FORMAT = Format("info-labels", "Index of a data set", detect, read)
